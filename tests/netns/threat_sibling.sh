#!/bin/bash
# Malicious sibling: a machine of the account, with root and any program it likes, against the others.
# Its key writes below its own name and nowhere else, as "autotunnel zone bind" and "autotunnel zone
# knot" set the servers up; by IKE it gets its own address and no other's, with its certificate or one
# that it signed itself.
#
#    laptop .5, the sibling; nas .6, tv .7 ── Internet ── ns .53
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/charon.sh"
lab_require named knotd nsupdate charon-systemd swanctl openssl

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host tv internet 7
lab_account bind laptop nas tv

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
lab_ns_stop
lab_zone bind laptop nas tv | lab_bind $LAB_DOMAIN

# ---- by IKE ----

LAB_ALLOW=any
lab_daemon laptop nas tv
lab_ready laptop nas tv
check "tv reaches nas" lab_ping tv nas
check "and laptop" lab_ping tv laptop
laptop=$(lab_ula laptop) nas=$(lab_ula nas) tv=$(lab_ula tv)
lab_daemon_stop laptop KILL || :
lab_exec laptop nft flush ruleset

# become ID OUR-TS: charon on laptop says that it is this one, and wants these packets.
become() {
	lab_charon laptop "$1" "$2" tv.$LAB_DOMAIN "$tv/128" 11.22.33.7
	lab_exec laptop ip addr add "$laptop/128" dev ipsec0 nodad
	lab_exec laptop ip addr add "$nas/128" dev ipsec0 nodad
}

call() {
	lab_exec laptop swanctl --initiate --child peer --timeout 5
}

# What the tunnel carries, by charon's own account.
carries() {
	lab_exec laptop swanctl --list-sas | sed -n 's/^ *local  *\([0-9a-f:]*\/[0-9]*\).*/\1/p'
}

tv_says() {
	grep -E "$1" "$(lab_log tv autotunneld)"
}

become laptop.$LAB_DOMAIN "$laptop/128"
check_soon "as itself: let in" 15 call
become laptop.$LAB_DOMAIN "$nas/128"
check_not "with the address of nas: no tunnel" call
become laptop.$LAB_DOMAIN "$laptop/128,$nas/128"
call >$LAB/both 2>&1 || :
check_equal "with both addresses: its own alone" "$laptop/128" "$(carries)"
become laptop.$LAB_DOMAIN ::/0
call >$LAB/all 2>&1 || :
check_equal "with all addresses: its own alone" "$laptop/128" "$(carries)"
become nas.$LAB_DOMAIN "$nas/128"
check_not "with the name of nas: no tunnel" call

# A certificate for nas, signed with its own key, its own certificate beside it.
lab_exec laptop sh -c "cd /etc/swan && openssl genpkey -algorithm ed25519 -out private/nas.key 2>/dev/null &&
	openssl req -new -key private/nas.key -subj /CN=nas.$LAB_DOMAIN -out nas.csr &&
	printf 'subjectAltName = DNS:nas.$LAB_DOMAIN, IP:$nas\n' >nas.ext &&
	openssl x509 -inform \$(head -c 1 x509/device.crt | grep -q - && echo pem || echo der) -in x509/device.crt -out laptop.pem &&
	openssl x509 -req -in nas.csr -CA laptop.pem -CAkey x509/../private/device.key -CAkeyform \$(head -c 1 private/device.key | grep -q - && echo pem || echo der) \
		-CAcreateserial -extfile nas.ext -days 30 -out nas.crt &&
	rm private/device.key && cp nas.crt x509/device.crt && cp laptop.pem x509ca" ||
	lab_die "the certificate cannot be made"
become nas.$LAB_DOMAIN "$nas/128"
check_not "with a certificate for nas that it signed itself: no tunnel" call
check "tv says why" tv_says "refused \"nas.*signed by another CA than this account's"
check "the real nas is reached" lab_ping tv nas
check_not "laptop's packets do not come as those of nas" lab_is_up tv laptop
