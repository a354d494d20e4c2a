#!/bin/bash
# Long-lived queries at another host than the updates, as the SRV record may say (RFC 8764 section
# 3.1): the first host it names is dead, the second answers.  dns_drive plays the manager.
#
#    laptop .5, nas .6 ── Internet ── ns .53 (updates), also .54 (long-lived queries), .55 (dead)
. "${0%/*}/lab.sh"
lab_require dig nsupdate nft
. "$LAB_DIR/lib/dns_worker.sh"

alone=11.22.33.54
dead=11.22.33.55

dnsd_conf() {
	local key

	printf '%s\n' "[zone $zone]" "services = no" "address = $LAB_NS" \
		"account-key = hmac-sha256:account:$base64"
	for key in laptop nas; do
		echo "device-key = hmac-sha256:$key.$domain:$base64"
	done
}

# start HOST LAST-OCTET
start() {
	worker "$1"
	zone "$1"
	say "$1" publish "$ula$2" 60 1 "11.22.33.$2"
}

lab_exec ns ip address add $alone/24 dev eth0
lab_exec ns ip address add $dead/24 dev eth0
lab_exec ns nft -f - <<-NFT
	table inet block { chain in { type filter hook input priority 0;
		udp dport 5352 ip daddr != $alone drop; }; }
NFT
dnsd_conf | LAB_DNSD="listen = $LAB_NS 0.0.0.0:5352" lab_dnsd $zone
account "update add _dns-llq._udp.$zone SRV 0 0 5352 dead.$zone
update add _dns-llq._udp.$zone SRV 1 0 5352 llq.$zone
update add dead.$zone A $dead
update add llq.$zone A $alone
update add _dns-update._udp.$zone SRV 0 0 53 ns.$zone
update add ns.$zone A $LAB_NS"

list add laptop
list add nas
lab_capture asked udp port 5352 and host 11.22.33.5
start laptop 5
start nas 6
check_soon "the server is found, and it is the one of the updates" 9 said laptop "ok published=1 .*server=$LAB_NS:53 "
check_soon "the first host is dead: long-lived queries at the second" 60 said laptop ' source=llq '
lab_capture_stop asked
check "the first was tried" [ "$(lab_packets asked "dst host $dead")" -gt 0 ]
check "the second answers" [ "$(lab_packets asked "src host $alone")" -gt 0 ]
check_equal "the server of the updates was not troubled" 0 "$(lab_packets asked "dst host $LAB_NS")"
check_soon "laptop knows nas" 9 told laptop nas 'at 11.22.33.6:4500'
say nas publish ${ula}6 60 1 11.22.33.6:4999
check_soon "and a change sooner than by looking" 2 told laptop nas 'at 11.22.33.6:4999'
say laptop quit
say nas quit
check_soon "laptop's worker ends well" 5 ended_well laptop
check_soon "nas's worker ends well" 5 ended_well nas
