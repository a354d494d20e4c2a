#!/bin/bash
# What ./demo shows, with one name server: demo.sh dnsd|bind|knot.  A lab script like the tests, but one
# that prints what it sees.
. "${0%/*}/../lab.sh"
server=$1
lab_require nft miniupnpd dig ssh scp sshd ss
case $server in
dnsd) name_server=autotunnel-dnsd ;;
bind) name_server=BIND; lab_require named ;;
knot) name_server=Knot; lab_require knotd ;;
esac

heading() {
	printf '\n=== %s\n\n' "$*"
}

# show MACHINE COMMAND LINE: as if typed there.
show() {
	local machine=$1
	shift

	printf '%s# %s\n' "$machine" "$*"
	lab_exec "$machine" sh -c "$*" 2>&1 | sed 's/^/    /'
}

# --keep: tell ./demo through a file that all is well, then hold the lab.
stays() {
	echo 0 >"$1"
	exec >/dev/null 2>&1 3>&1
	trap 'exit 0' TERM
	sleep infinity &
	wait
}

picture() {
	cat <<-PICTURE
	     laptop                                                        nas
	  192.168.1.10                                                 192.168.2.10
	       │                                                            │
	     home  (NAT, miniupnpd)                     (NAT, miniupnpd)  office
	  11.22.33.2                                                   11.22.33.3
	       │                                                            │
	       └───────────────────── "the Internet" ───────────────────────┘
	                                    │
	                          ns 11.22.33.53, $name_server

	PICTURE
	echo "Every box is a network namespace with its own files; nothing leads out of them."
}

enrol() {
	lab_pair $server
	lab_sshd nas laptop
	echo "laptop# autotunnel init --domain $LAB_DOMAIN --server $LAB_NS --name laptop"
	sed 's/^/    /' "$(lab_log laptop init)"
	echo "ns# (what \"autotunnel zone $server $LAB_DOMAIN laptop nas\" printed, secrets left out)"
	sed -E 's/(secret:? +|:)[^: ]*=[;"]*$/\1.../; s/^/    /' $LAB/zone.conf
	echo "nas# autotunnel join $LAB_DOMAIN --server $LAB_NS --name nas"
	sed 's/^/    /' "$(lab_log nas join)"
}

cold_start() {
	local start

	start=$(lab_now_ms)
	lab_daemon laptop nas
	check "a packet to nas.$LAB_DOMAIN is answered" lab_first_byte laptop nas
	cold_ms=$(($(lab_now_ms) - start))
	check_within "cold start of both daemons to first byte by name" 3000 $cold_ms ms
}

warm_start() {
	lab_daemon laptop nas
	lab_ready laptop nas
	first_ms=$(lab_first_reply_ms laptop nas)
	check_within "first packet to its reply, tunnel made in between" 300 "$first_ms" ms
	check "both stop" eval 'lab_daemon_stop laptop && lab_daemon_stop nas'
}

records() {
	local name

	show laptop "dig @$LAB_NS +noall +answer _autotunnel._udp.$LAB_DOMAIN PTR"
	for name in laptop nas; do
		name=$name.$LAB_DOMAIN
		show laptop "dig @$LAB_NS +noall +answer $name AAAA _autotunnel._udp.$name SRV" \
			"_autotunnel._udp.$name TXT at.$name A at1.$name A"
	done
}

transfer() {
	local sum start ms

	sum=$(lab_file laptop 100)
	echo "laptop# scp /tmp/file nas:/tmp/copy      (100 MB of random octets)"
	start=$(lab_now_ms)
	check "100 MB cross" lab_exec laptop scp -q /tmp/file nas:/tmp/copy
	ms=$(($(lab_now_ms) - start))
	copy_speed="$((100000 / (ms > 0 ? ms : 1))) MB/s"
	echo "      $copy_speed, ssh's own encryption included"
	check_equal "the checksum is the same on both machines" "$sum" \
		"$(lab_exec nas sh -c 'sha256sum </tmp/copy')"
}

wire() {
	lab_capture_stop wire
	echo "recorded on the Internet's bridge during all this:"
	lab_traffic wire
	check "ESP in UDP crossed it" test "$(lab_packets wire 'udp port 4500')" -gt 100
	check_equal "nothing else but DNS with the name server did" 0 "$(lab_packets wire "$LAB_FOREIGN")"
}

untouched() {
	local host

	for host in laptop nas; do
		show $host "ss -lunp"
		check_equal "nothing of ours listens on $host but UDP 4500 and announcements" "" "$(lab_listening $host)"
	done
	check_equal "laptop's resolv.conf is as it was" "$resolv" \
		"$(lab_exec laptop sha256sum /etc/resolv.conf)"
}

heading "The lab"
picture
heading "Once: an account, a zone, a second machine"
enrol
resolv=$(lab_exec laptop sha256sum /etc/resolv.conf)
lab_capture wire
heading "Both daemons run, no tunnel yet: the first packet makes it"
warm_start
heading "From nothing: both daemons start"
cold_start
heading "What the zone holds now"
records
heading "What the NATs map"
show home "nft list chain inet filter prerouting_miniupnpd"
show office "nft list chain inet filter prerouting_miniupnpd"
check "both map UDP 4500" eval 'lab_mappings home | grep -q 4500 && lab_mappings office | grep -q 4500'
heading "ssh by name"
show laptop "ssh nas 'hostname; uname -sr; echo \$SSH_CONNECTION'"
check_equal "the shell is on nas" nas "$(lab_exec laptop ssh nas hostname)"
heading "A file"
transfer
heading "What the machines say"
show laptop "autotunnel status"
show nas "autotunnel status"
heading "What crossed the Internet"
wire
heading "What is left alone"
untouched
printf '\nwith %s: first byte %d ms after a cold start, first reply %d ms after the first packet, %s\n' \
	"$name_server" "$cold_ms" "$first_ms" "$copy_speed"
[ -z "${2:-}" ] || stays "$2"
