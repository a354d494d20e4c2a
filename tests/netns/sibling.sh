#!/bin/bash
# A device's key writes below the device's own name and nowhere else, as "autotunnel zone bind" and
# "autotunnel zone knot" set the servers up.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named knotd nsupdate

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_account bind laptop nas

add() {
	printf 'server %s\nzone %s\nupdate %s\nsend\n' $LAB_NS $LAB_DOMAIN "$1" |
		lab_update laptop /var/lib/autotunnel/tsig.key
}

try() {
	local mine=laptop.$LAB_DOMAIN its=nas.$LAB_DOMAIN

	check "$1: own AAAA" add "add $mine 60 AAAA fd00::1"
	check "$1: own SRV" add "add _autotunnel._udp.$mine 60 SRV 0 0 4500 at.$mine"
	check "$1: own TXT" add "add _autotunnel._udp.$mine 60 TXT v=1"
	check "$1: own contact address" add "add at.$mine 60 A 11.22.33.5"
	check_not "$1: a sibling's AAAA" add "add $its 60 AAAA fd00::1"
	check_not "$1: a sibling's SRV" add "add _autotunnel._udp.$its 60 SRV 0 0 4500 at.$mine"
	check_not "$1: a sibling's contact address" add "add at.$its 60 A 11.22.33.5"
	check_not "$1: deleting a sibling's records" add "delete $its AAAA"
	check_not "$1: the list of machines" add \
		"add _autotunnel._udp.$LAB_DOMAIN 60 PTR _autotunnel._udp.$mine"
	check_not "$1: the zone itself" add "add $LAB_DOMAIN 60 TXT mine"
	check_not "$1: another type" add "add $mine 60 MX 1 $mine"
}

try BIND
lab_ns_stop
lab_zone knot laptop nas | lab_knot $LAB_DOMAIN
try Knot
