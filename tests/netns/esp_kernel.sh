#!/bin/bash
# Our ESP against the kernel's, with fixed keys, under a stock Debian kernel in a virtual machine.
#
#    laptop 11.22.33.5, fd01:203:405::a ── Internet ── nas 11.22.33.6, fd01:203:405::b
#           2001:db8::5                                    2001:db8::6
#         esp_drive, user space                            ip xfrm, the kernel
if [ -z "${LAB_IN_VM:-}" ]; then
	set -euo pipefail
	dir=$(cd "$(dirname "$0")" && pwd)
	export AT_BUILD=${AT_BUILD:-${dir%/tests/netns}/build}
	mkdir -p "$AT_BUILD/lab"
	export LAB_IN_VM=1 LAB_DRIVE=${DRIVE:-$AT_BUILD/tests/netns/esp_drive}
	exec "$dir/run-in-vm.sh" -o "$AT_BUILD/lab" "$dir/esp_kernel.sh"
fi
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require ping ethtool

cp "$LAB_DRIVE" $LAB/esp_drive
a=fd01:203:405::a b=fd01:203:405::b
laptop=11.22.33.5 nas=11.22.33.6 # where the two are
lab_internet
lab_host laptop internet 5
lab_host nas internet 6
ip -n nas addr add $b/128 dev lo nodad
ip -n nas -6 route add $a dev eth0 src $b

# octets FIRST COUNT: that many in hexadecimal, each one more than the last.
octets() {
	local i

	for ((i = $1; i < $1 + $2; i++)); do
		printf %02x $i
	done
}

# state SRC DST SPI KEY-START: one direction.  Keys as in esp_drive, salt zero.
state() {
	ip -n nas xfrm state add src "$1" dst "$2" proto esp spi "$3" mode tunnel flag af-unspec \
		"${flags[@]}" replay-window 64 encap espinudp 4500 4500 0.0.0.0 \
		aead "$cipher" "0x$(octets "$4" "$len")00000000" 128
}

policy() {
	ip -n nas xfrm policy add src "$1" dst "$2" dir "$3" \
		tmpl src "$4" dst "$5" proto esp mode tunnel
}

OPTIONS=()
# kernel_side CIPHER KEY-LENGTH [FLAG...]
kernel_side() {
	local cipher=$1 len=$2 flags=("${@:3}")

	ip -n nas xfrm state flush
	ip -n nas xfrm policy flush
	state $laptop $nas 0xc0000001 1
	state $nas $laptop 0xc0000002 2
	policy $a $b in $laptop $nas
	policy $b $a out $nas $laptop
}

user_side() {
	: >"$(lab_log laptop drive)"
	lab_start laptop drive $LAB/esp_drive "${OPTIONS[@]}" a 4500 $nas "$@"
	lab_wait_until 10 grep -q ready "$(lab_log laptop drive)" || lab_die "esp_drive does not start"
	ip -n laptop link set dev at0 mtu 1280
	ip -n laptop link set dev at0 addrgenmode none
	ip -n laptop addr add $a/48 dev at0 nodad
	ip -n laptop link set dev at0 up
}

# try WHAT ALGORITHM: ping both ways, all paddings; then nothing may have been refused.
try() {
	user_side $2
	check "$1: first packet" lab_exec laptop ping -n -q -c 1 -W 5 $b
	check "$1: all paddings" eval 'for size in 0 1 2 3 1000 1232; do
		lab_exec laptop ping -n -q -c 1 -W 5 -s $size $b || exit 1
	done'
	check "$1: from the kernel's side" lab_exec nas ping -n -q -c 20 -i 0.02 -W 5 $a
	lab_stop laptop drive
	check "$1: nothing refused" eval '! grep -E "dropped (auth|replay|inner|selector|short|no-sa)" \
		"$(lab_log laptop drive)"'
}

# The mean length outside of what the kernel has sent, by its wire's counters.
octets_each() {
	local before after

	user_side 1
	lab_exec laptop ping -n -q -c 1 -W 5 $b >&2
	before=$(sent_by_nas)
	lab_exec laptop ping -n -q -c 20 -i 0.02 -W 5 $b >&2
	after=$(sent_by_nas)
	lab_stop laptop drive
	echo $(((${after% *} - ${before% *}) / (${after#* } - ${before#* })))
}

sent_by_nas() {
	lab_exec nas cat /sys/class/net/eth0/statistics/tx_bytes /sys/class/net/eth0/statistics/tx_packets | xargs
}

lab_start nas encap $LAB/esp_drive encap 4500
lab_wait_until 10 grep -q ready "$(lab_log nas encap)" || lab_die "no UDP_ENCAP"
kernel_side 'rfc4106(gcm(aes))' 16
try AES-128-GCM 1
kernel_side 'rfc4106(gcm(aes))' 32
try AES-256-GCM 2
# Trains, for the pings wait for one another; then a device that makes no checksums, where such a
# kernel refuses them (EIO).
kernel_side 'rfc4106(gcm(aes))' 16
user_side 1
check "a packet before" lab_exec laptop ping -n -q -c 1 -W 5 $b
check "trains" lab_exec laptop ping -n -q -f -l 30 -c 300 -s 1000 -W 5 $b
check "UDP_SEGMENT is in use" eval '! grep "UDP_SEGMENT does not work" "$(lab_log laptop drive)"'
lab_exec laptop ethtool -K eth0 tx off >>"$LAB/log/ethtool.log" 2>&1
check "a device without checksums" lab_exec laptop ping -n -q -f -l 30 -c 300 -s 1000 -W 5 $b
check_equal "UDP_SEGMENT is given up, once" 1 \
	"$(grep -c "UDP_SEGMENT does not work" "$(lab_log laptop drive)")"
lab_exec laptop ethtool -K eth0 tx on >>"$LAB/log/ethtool.log" 2>&1
lab_stop laptop drive

kernel_side 'rfc4106(gcm(aes))' 16 flag esn
try "AES-128-GCM with ESN" "1 esn"
# The 2^32nd packet, both ways: with ESN the numbers go on.
before=(replay-seq 0xfffffff0 replay-seq-hi 0 replay-oseq 0xfffffff0 replay-oseq-hi 0)
kernel_side 'rfc4106(gcm(aes))' 16 flag esn "${before[@]}"
OPTIONS=(-s 0xfffffff0)
try "ESN past 2^32" "1 esn"
numbers=$(ip -n nas -s xfrm state | grep -cE 'seq-hi 0x1')
check "the kernel counts beyond" test "$numbers" -ge 1
OPTIONS=()
kernel_side 'rfc7539esp(chacha20,poly1305)' 32
try ChaCha20-Poly1305 3

# The kernel pads what it sends, as RFC 4303 2.7 says (inbound the word means nothing).
kernel_side 'rfc4106(gcm(aes))' 16 tfcpad 1100
try "padded by the kernel" 1
kernel_side 'rfc4106(gcm(aes))' 16 tfcpad 1100
check "it did pad" test "$(octets_each)" -gt 1100

# Over IPv6 we pad probes, and the kernel takes and answers them: they find out that nas takes no
# packets of more than 1404 octets, which nobody says.
laptop=2001:db8::5 nas=2001:db8::6
ip -n laptop addr add $laptop/64 dev eth0 nodad
ip -n nas addr add $nas/64 dev eth0 nodad
kernel_side 'rfc4106(gcm(aes))' 16
OPTIONS=(-m 1418 -t)
try "over IPv6" 1
check "the full size passes" eval '! grep "narrow" "$(lab_log laptop drive)"'
kernel_side 'rfc4106(gcm(aes))' 16
ip -n nas link set dev eth0 mtu 1400
user_side 1
ip -n laptop link set dev at0 mtu 1418
check "a packet over a narrow path" lab_exec laptop ping -n -q -c 1 -W 5 $b
check_soon "probes have found what passes" 20 grep "narrow 1322$" "$(lab_log laptop drive)"
check_not "the sender is told" lab_exec laptop ping -n -q -c 1 -W 1 -M do -s $((1323 - 48)) $b
check "and cuts" lab_exec laptop ping -n -q -c 2 -W 5 -s 1300 $b
lab_stop laptop drive
