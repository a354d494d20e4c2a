#!/bin/bash
# Amplification: questions with a forged source, so that the answers fall on somebody else.  He gets
# less than was sent where a key is needed, and where none is, no more than the limit, however many
# different questions are asked.  The same attempts against a server without the limit succeed.
#
#    victim .7, mallory .99 (who sends as .7) ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require dig nsupdate nft

victim=11.22.33.7
limit=100 # as by default
lab_internet
lab_ns
lab_host victim internet 7
lab_host mallory internet 99

# An address that is not his own: he sends from it, and does not answer for it.
lab_exec mallory sh -c "ip address add $victim/32 dev lo
	sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
	ip route add $LAB_NS dev \$(ip -o -4 route show 11.22.33.0/24 | sed 's/.* dev \([^ ]*\).*/\1/') src $victim"
lab_exec victim nft -f - <<-NFT
	table inet count { chain in { type filter hook input priority 0;
		udp sport { 53, 5352 } ip saddr $LAB_NS counter; }; }
NFT
lab_exec mallory nft -f - <<-NFT
	table inet count { chain out { type filter hook output priority 0;
		udp dport { 53, 5352 } ip daddr $LAB_NS counter; }; }
NFT

secret=$(printf %s 0123456789abcdef0123456789abcdef | base64)
conf() {
	printf '[zone open.example]\naccount-key = hmac-sha256:account.open:%s\naddress = %s\n' "$secret" $LAB_NS
	printf '[zone closed.example]\nprivate = yes\naccount-key = hmac-sha256:account.closed:%s\naddress = %s\n' \
		"$secret" $LAB_NS
}

# 300 machines, and a list of them as long as one packet takes.
fill() {
	local i

	printf 'server %s\nzone %s.example\n' $LAB_NS "$1"
	for ((i = 0; i < 300; i++)); do
		printf 'update add h%d.%s.example 60 TXT "v=1" "e=37" "x=1795312345" "nat=pcp" "in=yes" "os=linux"\n' $i "$1"
		[ $i -ge 21 ] ||
			printf 'update add list.%s.example 60 TXT "h%d ok 0 00112233445566778899aabbccddeeff"\n' "$1" $i
	done
	echo send
}

serve() {
	[ -z "${LAB_NS_ZONE:-}" ] || lab_ns_stop
	conf | LAB_DNSD="rate-limit = $1" lab_dnsd open.example
}

# question FIRST-OCTETS NAME TYPE: as it is on the wire, in printf's escapes; with EDNS, 4096 octets.
question() {
	local label out=$1

	for label in ${2//./ }; do
		out+=$(printf '\\x%02x%s' ${#label} "$label")
	done
	printf '%s\\x00\\x%02x\\x%02x\\x00\\x01\\x00\\x00\\x29\\x10\\x00\\x00\\x00\\x00\\x00\\x00\\x00' \
		"$out" $(($3 >> 8)) $(($3 & 255))
}

query='\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x01'
octets() {
	lab_exec "$1" nft list table inet count | sed -n 's/.* bytes \([0-9]*\).*/\1/p'
}

# attack WHAT <QUESTIONS: hundreds at a time, over and over for about a second; sets sent and got.
attack() {
	local before_sent before_got

	before_sent=$(octets mallory)
	before_got=$(octets victim)
	cat >"$LAB/questions"
	lab_exec mallory bash -c "mapfile -t q <'$LAB/questions'; exec 3>/dev/udp/$LAB_NS/53
		while [ \${#q[@]} -lt 300 ]; do q+=(\"\${q[@]}\"); done
		end=\$((\${EPOCHREALTIME/./} + 1000000))
		while [ \${EPOCHREALTIME/./} -lt \$end ]; do
			for one in \"\${q[@]}\"; do printf \"\$one\" >&3; done
			sleep 0.005 # or the server's socket overflows
		done"
	sleep 0.5
	sent=$(($(octets mallory) - before_sent))
	got=$(($(octets victim) - before_got))
	echo "note  $1: $sent octets sent, $got arrive at the victim"
}

types() {
	local type

	for type in 255 16 6 2 1 28 33 48 252 12345; do
		question "$query" "$1" $type
		echo
	done
}

machines() {
	local i

	for ((i = 0; i < 300; i++)); do
		question "$query" "h$i.open.example" 16
		echo
	done
}

# Not questions, or not such as are asked by strangers: a notify, an update, stateful operations, an
# answer, an opcode that is none, rubbish.
odd() {
	local flags

	for flags in 2000 2800 3000 8000 7800; do
		question "\\x12\\x34\\x${flags:0:2}\\x${flags:2}\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x01" "$1" 6
		echo
	done
	echo '\x12\x34\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\xff\xff'
	echo 'x'
}

# No more than the limit allows to a network in the time that this takes (a second, and one ahead),
# and half of the rest, cut as short as the question.
is_limited() {
	[ "$got" -lt $((sent * 6 / 10 + 3 * limit * 256)) ]
}

serve 0
lab_exec ns sh -c "cat >/root/open.key; sed s/account.open/account.closed/ /root/open.key >/root/closed.key" \
	<<<"key \"account.open\" { algorithm hmac-sha256; secret \"$secret\"; };"
for zone in open closed; do
	fill $zone | lab_update ns /root/$zone.key || lab_die "the zone cannot be filled"
done
check "the list is long" [ "$(lab_dig victim list.open.example TXT | wc -c)" -gt 1000 ]

question "$query" list.open.example 16 | attack "without the limit, one answer"
check "is an attack" [ "$got" -gt $((5 * sent)) ]
machines | attack "without the limit, all answers"
check "is an attack" [ "$got" -gt $((sent * 12 / 10)) ]

serve $limit
question "$query" list.open.example 16 | attack "the longest answer"
check "is limited" is_limited
machines | attack "300 answers in turn"
check "is limited" is_limited
types open.example | attack "all types"
check "is limited" is_limited
odd open.example | attack "what is no question"
check "multiplies nothing" [ "$got" -le "$sent" ]

serve $limit
types list.closed.example | attack "a private zone"
check "multiplies nothing" [ "$got" -le "$sent" ]
serve 0
types list.closed.example | attack "a private zone without the limit"
check "multiplies nothing" [ "$got" -le "$sent" ]
odd closed.example | attack "what is no question, without the limit"
check "multiplies nothing" [ "$got" -le "$sent" ]
check "the server has seen it all and lives" lab_dig victim h1.open.example TXT

# ---- knocks ----
# Somebody who even has a key, in the victim's name; and as himself, which works.
lab_exec victim nft -f - <<-NFT
	table inet knocks { chain in { type filter hook input priority 0; udp dport 4500 counter; }; }
NFT
lab_exec mallory nft -f - <<-NFT
	table inet knocks { chain in { type filter hook input priority 0; udp dport 4500 counter; }; }
NFT
knocks() {
	lab_exec "$1" nft list table inet knocks | sed -n 's/.* packets \([0-9]*\).*/\1/p'
}
knock_for() {
	lab_exec mallory dig +tries=1 +time=1 @$LAB_NS -y "hmac-sha256:account.open:$secret" "$@" \
		00112233445566778899aabb.4500.whoami.open.example TXT +short || :
}
knock_for +notcp -b $victim >/dev/null
knock_for +notcp -b 11.22.33.99 >"$LAB/udp.txt"
check "by UDP the server says who asks" grep -q '^"11.22.33.99" "[0-9]*"$' "$LAB/udp.txt"
check_equal "and knocks nowhere" "0 0" "$(knocks victim) $(knocks mallory)"
knock_for +tcp -b $victim >/dev/null
check_equal "no connection can be opened in his name" 0 "$(knocks victim)"
check_equal "by TCP, as himself" '"knocked"' "$(knock_for +tcp -b 11.22.33.99 | awk '{ print $3 }')"
check_soon "it knocks" 1 test "$(knocks mallory)" = 1
lab_exec mallory dig +tcp -b 11.22.33.99 @$LAB_NS 00112233445566778899aabb.4500.whoami.open.example TXT >/dev/null
check_equal "without a key, not" 1 "$(knocks mallory)"
