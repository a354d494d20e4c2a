#!/bin/bash
# The IKE worker alone, in its sandbox: first packet, refusals, rekeying under traffic, crossing
# calls, a move, a killed worker.  ipsec_drive plays the manager.
#
#    laptop .5 ── Internet ── .6 nas
LAB_PLAIN=1
export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
. "${0%/*}/lab.sh"
lab_require openssl ping

drive=$LAB/ipsec_drive
cp "${DRIVE:-$AT_BUILD/tests/netns/ipsec_drive}" $drive
prefix=fd12:3456:789a
certs=$LAB/certs

# authority NAME: a CA.
authority() {
	openssl req -x509 -newkey ed25519 -nodes -keyout "$certs/$1.key" -out "$certs/$1.pem" \
		-subj "/CN=$1" -days 30 -addext keyUsage=critical,keyCertSign 2>/dev/null
}

# key DIR: a device's key, and the address that follows from it (the last 64 bits do).
key() {
	local d=$certs/$1

	mkdir -p "$d"
	openssl genpkey -algorithm ed25519 -out "$d/key.pem"
	openssl pkey -in "$d/key.pem" -pubout -outform DER | tail -c 32 | sha256sum |
		sed -E "s/^(.{4})(.{4})(.{4})(.{4}).*/$prefix:0:\1:\2:\3:\4/; s/:0+([0-9a-f])/:\1/g" >"$d/ula"
}

# device DIR CA SAN: a certificate for its key, and all as a worker gets them.
device() {
	local d=$certs/$1

	openssl req -new -key "$d/key.pem" -out "$d/req.pem" -subj "/CN=$1" 2>/dev/null
	openssl x509 -req -in "$d/req.pem" -CA "$certs/$2.pem" -CAkey "$certs/$2.key" -out "$d/crt.pem" \
		-days 30 -extfile <(echo "subjectAltName=$3") 2>/dev/null
	openssl pkey -in "$d/key.pem" -outform DER -out "$d/device.key"
	openssl x509 -in "$d/crt.pem" -outform DER -out "$d/device.crt"
	openssl x509 -in "$certs/$2.pem" -outform DER -out "$d/ca.crt"
}

# worker HOST NAME ULA DIR [IDLE CHILD_REKEY IKE_REKEY DPD]
worker() {
	local host=$1 name=$2 address=$3 dir=$certs/$4

	shift 4
	rm -f "$LAB/$host.fifo" "$(lab_log "$host" worker)"
	mkfifo "$LAB/$host.fifo"
	lab_start "$host" worker bash -c "LEVEL=4 exec $drive $name $address 4500 $dir nobody $* \
		<>$LAB/$host.fifo"
	check_soon "$host: ready" 5 grep -q "ipsec ready" "$(lab_log "$host" worker)"
	lab_exec "$host" ip addr add "$address/128" dev at0 nodad
	lab_exec "$host" ip link set at0 mtu 1280 up
	lab_exec "$host" ip route add "$prefix::/48" dev at0 src "$address"
}

say() {
	local host=$1

	shift
	echo "$*" >"$LAB/$host.fifo"
}

said() {
	grep -E ' peer [0-9]+ ' "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$2"
}

logged() {
	grep -F -- "$2" "$(lab_log "$1" worker)"
}

ping_nas() {
	lab_exec laptop ping -6 -q -i 0.05 -c "$1" -W 3 "$b"
}

# A worker that should not get in: what the laptop says of it.
refused() {
	local dir=$1 name=$2 address=$3 why=$4

	worker nas "$name" "$address" "$dir"
	say nas "peer 1 a.x.example $a 1 11.22.33.5:4500"
	check_soon "$dir is refused, and the log says why" 5 logged laptop "$why"
	check "$dir has no tunnel" eval "! said laptop ' up '"
	say nas quit
	check_soon "$dir is gone" 5 eval "! lab_running nas worker"
}

mkdir -p "$certs"
authority account
authority foreign
for dir in laptop nas another-ca another-ula another-key no-ula another-name; do
	key $dir
done
a=$(cat "$certs/laptop/ula")
b=$(cat "$certs/nas/ula")
device laptop account "DNS:a.x.example,IP:$a"
device nas account "DNS:b.x.example,IP:$b"
device another-ca foreign "DNS:b.x.example,IP:$b"
device another-ula account "DNS:b.x.example,IP:$prefix::bb"
device another-key account "DNS:b.x.example,IP:$b"
device no-ula account "DNS:b.x.example"
device another-name account "DNS:c.x.example,IP:$b"
chmod -R a+rX "$certs"

lab_internet
lab_host laptop internet 5
lab_host nas internet 6
worker laptop a.x.example $a laptop 0 4 9 2
say laptop "peer 1 b.x.example $b 0 11.22.33.6:4500"

refused another-ca b.x.example $b "signed by another CA"
refused no-ula b.x.example $b "there is no ULA in its certificate"
refused another-name b.x.example $b "the name b.x.example is not in its certificate"
refused another-ula b.x.example $b "its certificate is for ULA $prefix::bb, DNS says $b"
refused another-key b.x.example $b "the ULA in its certificate is not the one of its key"
refused another-name c.x.example $b "there is no machine of that name"

worker nas b.x.example $b nas 0 4 9 2
say nas "peer 1 a.x.example $a 0 11.22.33.5:4500"
sleep 1 # the laptop's pause after a failed call
check "the first packets are not lost, nor any while keys change" ping_nas 300
check "ESP keys did change" logged laptop "peer b.x.example: new ESP keys"
check "IKE keys did change" logged laptop "peer b.x.example: new IKE keys"

lab_exec nas ip addr del 11.22.33.6/24 dev eth0
lab_exec nas ip addr add 11.22.33.7/24 dev eth0
say nas moved
check_soon "the laptop follows the nas to its new address" 3 logged laptop 'now at 11.22.33.7:4500'
check "and packets cross" ping_nas 20

# Both at once, several times: what stays was called by one and the same on both sides.
one_tunnel() {
	case "$(said laptop ' up ' | grep -oE 'initiator|responder') $(said nas ' up ' |
		grep -oE 'initiator|responder')" in
	'initiator responder' | 'responder initiator') ;;
	*) return 1 ;;
	esac
}
for round in 1 2 3 4 5; do
	say laptop "forget $round"
	say nas "forget $round"
	sleep 0.3
	say laptop "peer $((round + 1)) b.x.example $b 1 11.22.33.7:4500"
	say nas "peer $((round + 1)) a.x.example $a 1 11.22.33.5:4500"
	check_soon "round $round of both at once: one tunnel" 1 one_tunnel
	check "and it carries packets" ping_nas 5
done

say laptop kill
sleep 0.3
say laptop "peer 1 b.x.example $b 1 11.22.33.7:4500"
check_soon "killed and started anew, the laptop is connected" 2 said laptop 'peer 1 up initiator'
check "packets cross" ping_nas 5
for host in laptop nas; do
	say $host quit
	check_soon "$host ends well" 5 logged $host "worker exit 0"
done
