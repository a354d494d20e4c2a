#!/bin/bash
# The data plane alone, with fixed keys (esp_drive), over a real wire and real tunnel devices.
#
#    laptop 11.22.33.5, fd01:203:405::a ── Internet ── nas 11.22.33.6, fd01:203:405::b
#
# The laptop is side A, the nas side B.
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require ping tshark ethtool busybox nft

cp "${DRIVE:-$AT_BUILD/tests/netns/esp_drive}" $LAB/esp_drive
net=fd01:203:405::
lab_internet
lab_host laptop internet 5
lab_host nas internet 6

# drive HOST a|b REMOTE [ALGORITHM [esn]]: with OPTIONS, at0 having mtu.  Its log begins anew, or the
# "ready" of the one before would count.
OPTIONS=() mtu=1280
drive() {
	: >"$(lab_log "$1" drive)"
	lab_start "$1" drive $LAB/esp_drive "${OPTIONS[@]}" "$2" 4500 "${@:3}"
	lab_wait_until 5 logged "$1" ready || lab_die "esp_drive does not start"
	ip -n "$1" link set dev at0 mtu $mtu
	ip -n "$1" link set dev at0 addrgenmode none
	ip -n "$1" addr add "$net$2/48" dev at0 nodad
	ip -n "$1" link set dev at0 up
}

logged() {
	grep -qE "$2" "$(lab_log "$1" drive)"
}

# Kilobytes.
memory() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(lab_pid "$1" drive)/status"
}

ping_nas() {
	lab_exec laptop ping -n -q -W 2 "$@" ${net}b
}

# renumber HOST ADDRESS: as if it had been carried to another network.
renumber() {
	ip -n "$1" addr flush dev eth0
	ip -n "$1" addr add "$2/24" dev eth0
	ip -n "$1" route add default via 11.22.33.1
}

stop_both() {
	local host

	for host in laptop nas; do
		lab_stop $host drive
	done
}

# Wireshark, which shares no code with us, decrypts with the same keys.
decrypted() {
	local keys=()

	keys+=(-o "uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc0000001\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x0102030405060708090a0b0c0d0e0f1000000000\",\"NULL\",\"\",\"32-bit\"")
	keys+=(-o "uat:esp_sa:\"IPv4\",\"*\",\"*\",\"0xc0000002\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x02030405060708090a0b0c0d0e0f101100000000\",\"NULL\",\"\",\"32-bit\"")
	tshark -n -r "$LAB/pcap/wire.pcap" -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "${keys[@]}" -Y "$1" 2>/dev/null | wc -l
}

# The wire sees each packet by itself.
lab_cut laptop
lab_cut nas
LAB_SNAPLEN=2000 lab_capture wire udp port 4500
drive nas b 11.22.33.5
drive laptop a 11.22.33.6
check "the first packet brings the tunnel up and is answered" ping_nas -c 1
check "the nas was asked for once" eval '[ $(grep -c "acquire fd01:203:405::b" "$(lab_log laptop drive)") = 1 ]'
check "packets of all sizes" eval 'for size in 0 1 2 3 4 5 100 1232; do
	ping_nas -c 1 -s $size || exit 1
done'
check "more than fits is fragmented inside" ping_nas -c 2 -s 4000
lab_capture_stop wire
seen=$(lab_packets wire 'udp port 4500')
check "the wire carried ESP" test "$seen" -gt 20
check_equal "Wireshark verifies and decrypts all of it" "$seen" \
	"$(decrypted 'esp.icv_good == 1 && ipv6.addr == fd01:203:405::/48')"

# The laptop moves: its next packet tells the nas, which answers to the new place.
renumber laptop 11.22.33.7
check "ping after the laptop moved" ping_nas -c 1
check "the nas followed" logged nas "moved to 11.22.33.7:4500"
# It moves again and has nothing to send: an empty packet tells.
renumber laptop 11.22.33.8
kill -USR1 "$(lab_pid laptop drive)"
check_soon "the nas follows an empty packet" 5 logged nas "moved to 11.22.33.8:4500"
check "ping from the nas" lab_exec nas ping -n -q -c 1 -W 2 ${net}a

# Floods: through the tunnel, and to a machine that does not exist.
flood() {
	ping_nas -f -c "$1" -l 64 -s 1200 || :
	lab_exec laptop ping -n -q -f -c "$1" -l 64 -s 1200 -w 3 ${net}dead || :
} >/dev/null
flood 2000
before=$(($(memory laptop) + $(memory nas)))
flood 50000
check_within "memory both took for a flood" 100 $(($(memory laptop) + $(memory nas) - before)) kB
check "ping goes on" ping_nas -c 3 -i 0.2
stop_both
check "nothing was refused" eval '! logged nas "dropped (auth|replay|inner|selector|short)"'

for variant in 2 3 "1 esn" "3 esn"; do
	drive nas b 11.22.33.8 $variant
	drive laptop a 11.22.33.6 $variant
	check "algorithm $variant" ping_nas -c 3 -i 0.05
	stop_both
done

# What the kernel lacks is done without, and so is what may not be used; the bytes are the same.
# ESP_IO_VNET 1, USO 2, SEGMENT 4, GRO 8, MERGE 16.
offload_of() {
	sed -n 's/.* offload \([0-9]*\)$/\1/p' "$(lab_log "$1" drive)"
}

# start_both LAPTOP NAS [ALGORITHM]: with these offloads, at the largest MTU.
start_both() {
	OPTIONS=(-o "$2")
	drive nas b 11.22.33.8 "${@:3}"
	OPTIONS=(-o "$1")
	drive laptop a 11.22.33.6 "${@:3}"
	ping_nas -c 1 >/dev/null
}

# bulk FROM TO: a file through the tunnel by TCP, which must arrive as it was.
bulk() {
	local letter=a pid

	[ "$1" = laptop ] || letter=b
	lab_exec "$1" busybox nc -l -p 7 <$LAB/file &
	pid=$!
	lab_wait_until 5 lab_exec "$1" sh -c 'ss -Hltn | grep -q ":7 "'
	lab_exec "$2" bash -c "exec 5<>/dev/tcp/$net$letter/7; cat <&5" >$LAB/got || return
	wait $pid
	cmp $LAB/file $LAB/got
}

mtu=1438
head -c 30000000 /dev/urandom >$LAB/file
start_both 31 31
has=$(offload_of laptop)
[ "$has" = 31 ] || echo "note  this kernel has offloads $has of 31: the others cannot be tried here"
stop_both
# Sent cut and uncut; uncut is what a network card with segmentation of its own is given.
for host in laptop nas; do
	lab_exec $host ethtool -K eth0 tx-udp-segmentation on
done
for offload in "31 31" "31 0" "0 31" "3 3" "27 27" "23 23" "15 15" "29 31"; do
	start_both $offload
	check_equal "offloads $offload: what is in use" $((${offload% *} & has)) "$(offload_of laptop)"
	check "offloads $offload: a file there" bulk laptop nas
	check "offloads $offload: a file back" bulk nas laptop
	check "offloads $offload: a large datagram" ping_nas -c 3 -i 0.02 -s 20000
	stop_both
	check "offloads $offload: nothing refused" eval '! grep -hE "dropped (auth|inner|selector|short|device)" \
		"$(lab_log laptop drive)" "$(lab_log nas drive)"'
done
for algorithm in 2 3; do
	start_both 31 31 $algorithm esn
	check "algorithm $algorithm: a file" bulk laptop nas
	stop_both
done

# IPv6 outside: twenty octets less inside.
ip -n laptop addr add 2001:db8::8/64 dev eth0 nodad
ip -n nas addr add 2001:db8::6/64 dev eth0 nodad
OPTIONS=(-m 1418)
drive nas b 2001:db8::8
drive laptop a 2001:db8::6
check "over IPv6: the first packet" ping_nas -c 1
check "over IPv6: a file there" bulk laptop nas
check "over IPv6: a file back" bulk nas laptop
check "over IPv6: a packet of 1418" ping_nas -c 1 -W 1 -M do -s $((1418 - 48))
check_not "over IPv6: one of 1419" ping_nas -c 1 -W 1 -M do -s $((1419 - 48))
stop_both

# A device that makes no checksums cannot cut.  This is for the kernel; one before 6.8 or so refuses
# trains then (EIO): esp_kernel.sh has one.
start_both 31 31
lab_exec laptop ethtool -K eth0 tx off >>"$LAB/log/ethtool.log" 2>&1
check "no checksums in the device: a file" bulk laptop nas
lab_exec laptop ethtool -K eth0 tx on >>"$LAB/log/ethtool.log" 2>&1
stop_both

# An interface that carries less than a packet of ours: trains are refused (EINVAL or EMSGSIZE), and
# each packet goes in fragments.
start_both 31 31
ip -n laptop link set dev eth0 mtu 1400
check "an interface of 1400: a file" bulk laptop nas
check "UDP_SEGMENT is not given up for that" eval '! logged laptop "UDP_SEGMENT does not"'
ip -n laptop link set dev eth0 mtu 1500
stop_both

# A path that carries less than the interface: the sender is told, once.
OPTIONS=(-m 1300)
drive nas b 11.22.33.8
drive laptop a 11.22.33.6
ping_nas -c 1 >/dev/null
check "a file over a narrow path" bulk laptop nas
check "the kernel knows its MTU" eval 'lab_exec laptop ip -6 route get ${net}b | grep -q "mtu 1300"'
check "a datagram that is too large is cut by its sender" ping_nas -c 2 -i 0.1 -s 1400
check_not "what must not be cut is not sent" ping_nas -c 1 -W 1 -M do -s 1400

# A router on the way marks congestion (RFC 6040): who understands it is told, who does not loses
# the packet.
lab_exec nas nft -f - <<-'NFT'
	table ip congestion {
		chain marked {
			type filter hook prerouting priority -150;
			udp dport 4500 ip ecn set ce
		}
	}
NFT
lab_start nas tunnel tcpdump -Z root --immediate-mode -l -n -i at0 icmp6 and 'ip6[1] & 0x30 == 0x30'
lab_wait_until 5 grep -q listening "$(lab_log nas tunnel)" || lab_die "tcpdump does not start"
check "marked outside, ECN-capable inside" ping_nas -c 1 -Q 2
check_soon "the mark is inside" 5 grep -q "echo request" "$(lab_log nas tunnel)"
check_not "marked outside, not capable inside" ping_nas -c 1 -W 1
lab_stop nas tunnel INT || :
stop_both
check "and counted" logged nas "dropped congested 1"
check "and so was what was too big" logged laptop "dropped too-big"
