# The Internet, NATs, hosts, captures.  Part of lab.sh.
#
#    laptop 192.168.1.10 ── home ─┐                        ┌─ office ── nas 192.168.2.10
#        miniupnpd, nft masquerade │  bridge 11.22.33.0/24  │
#                                  └───────── ns .53 ───────┘
#
# 11.22.33.0/24 because miniupnpd refuses to map on private and documentation addresses.

# lab_internet: the bridge, in the lab's own namespace; .1 on it belongs to nobody's machine.  No
# IPv6 on it, so that a capture shows only what somebody meant to send.
lab_internet() {
	ip link add internet type bridge
	ip link set internet addrgenmode none
	ip addr add 11.22.33.1/24 dev internet
	ip link set internet up
}

# lab_plug NAME ADDR/LEN IFACE: connect a machine to the Internet.
lab_plug() {
	ip link add "$3" netns "$1" type veth peer name "$1"
	ip link set "$1" addrgenmode none
	ip link set "$1" master internet up
	ip -n "$1" link set "$3" addrgenmode none
	ip -n "$1" addr add "$2" dev "$3"
	ip -n "$1" link set "$3" up
	ip -n "$1" route add default via 11.22.33.1
}

# lab_nat NAME EXTERNAL LAN-ADDRESS/24 [natpmp|upnp|both|none]: a router that masquerades, with
# miniupnpd speaking these protocols (both).  Its LAN is a bridge, "lan".
lab_nat() {
	local name=$1 speaks=${4:-both}

	lab_machine "$name"
	lab_plug "$name" "$2/24" wan
	ip -n "$name" link add lan type bridge
	ip -n "$name" addr add "$3" dev lan
	ip -n "$name" link set lan up
	lab_exec "$name" sysctl -qw net.ipv4.ip_forward=1
	lab_exec "$name" nft -f - <<-'NFT'
		table inet filter {
			chain forward {
				type filter hook forward priority 0; policy drop;
				ct state established,related accept
				iifname "lan" accept
				jump miniupnpd
			}
			chain miniupnpd { }
			chain prerouting {
				type nat hook prerouting priority -100;
				jump prerouting_miniupnpd
			}
			chain prerouting_miniupnpd { }
			chain postrouting {
				type nat hook postrouting priority 100;
				jump postrouting_miniupnpd
				meta nfproto ipv4 oifname "wan" masquerade
			}
			chain postrouting_miniupnpd { }
		}
	NFT
	[ "$speaks" = none ] || lab_miniupnpd "$name" "$speaks"
}

# lab_miniupnpd NAME natpmp|upnp|both [LINE]: start it on a NAT, with this line more in its configuration;
# stop it with lab_stop NAME miniupnpd.
lab_miniupnpd() {
	local name=$1 natpmp=yes upnp=yes lan

	[ "$2" != upnp ] || natpmp=no
	[ "$2" != natpmp ] || upnp=no
	lan=$(ip -n "$name" -4 -o addr show dev lan | awk '{ print $4 }')
	lab_exec "$name" tee /etc/miniupnpd.conf >/dev/null <<-CONF
		ext_ifname=wan
		listening_ip=lan
		enable_natpmp=$natpmp
		enable_upnp=$upnp
		secure_mode=yes
		upnp_table_name=filter
		upnp_nat_table_name=filter
		upnp_forward_chain=miniupnpd
		upnp_nat_chain=prerouting_miniupnpd
		upnp_nat_postrouting_chain=postrouting_miniupnpd
		uuid=00000000-0000-4000-8000-$(printf '%012x' "$RANDOM$RANDOM")
		allow 1024-65535 ${lan%.*}.0/24 1024-65535
		deny 0-65535 0.0.0.0/0 0-65535
		${3:-}
	CONF
	lab_start "$name" miniupnpd miniupnpd -d -f /etc/miniupnpd.conf -P /run/miniupnpd.pid
	lab_wait_until 5 lab_exec "$name" sh -c "ss -Hlun | grep -q ':5351\|:1900'" ||
		lab_die "miniupnpd on $name does not come up: see $(lab_log "$name" miniupnpd)"
}

# lab_ip6 NAT PREFIX HOST...: IPv6 for a NAT's LAN (PREFIX::1, and fe80::1 for the default route) and
# its hosts (PREFIX::10, ::11 ...).  Before lab_miniupnpd.
lab_ip6() {
	local nat=$1 prefix=$2 host number=10
	shift 2

	lab_exec "$nat" sysctl -qw net.ipv6.conf.all.forwarding=1
	ip -n "$nat" addr add fe80::1/64 dev lan nodad
	ip -n "$nat" addr add "$prefix::1/64" dev lan nodad
	for host; do
		ip -n "$host" addr add "$prefix::$number/64" dev eth0 nodad
		ip -n "$host" -6 route add default via fe80::1 dev eth0
		number=$((number + 1))
	done
}

# lab_pinholes NAME: the holes in a NAT's IPv6 firewall.
lab_pinholes() {
	lab_exec "$1" nft list chain inet filter miniupnpd | grep '@nh,192,128' || :
}

# lab_mappings NAME: the port mappings in force on a NAT, as nft lists them.
lab_mappings() {
	lab_exec "$1" nft list chain inet filter prerouting_miniupnpd | grep dnat || :
}

# lab_reboot_nat NAME: connections and mappings are forgotten, as after a power cut.
lab_reboot_nat() {
	lab_stop "$1" miniupnpd KILL || :
	lab_exec "$1" nft flush chain inet filter prerouting_miniupnpd
	lab_exec "$1" nft flush chain inet filter miniupnpd
	lab_exec "$1" conntrack -F 2>/dev/null
}

# lab_host NAME NAT [NUMBER]: a host in that NAT's LAN, at .NUMBER (.10).
# lab_host NAME internet NUMBER: a host with a public address.
lab_host() {
	local name=$1 nat=$2 number=${3:-10} lan

	lab_machine "$name"
	echo "nameserver 11.22.33.53" | lab_exec "$name" tee /etc/resolv.conf >/dev/null
	if [ "$nat" = internet ]; then
		lab_plug "$name" "11.22.33.$number/24" eth0
		return
	fi
	lan=$(ip -n "$nat" -4 -o addr show dev lan | awk '{ print $4 }')
	ip link add eth0 netns "$name" type veth peer name "$name" netns "$nat"
	ip -n "$nat" link set "$name" master lan up
	ip -n "$name" addr add "${lan%.*}.$number/24" dev eth0
	ip -n "$name" link set eth0 up
	ip -n "$name" route add default via "${lan%/*}"
}

# lab_cut HOST [IFACE]: what a host sends leaves in frames of the MTU, as on a real wire; without it
# large sends pass the lab's links in one piece.  What arrives is put together again, as network
# cards' drivers do.
lab_cut() {
	lab_exec "$1" ethtool -K "${2:-eth0}" tso off tx-udp-segmentation off gro on \
		>>"$LAB/log/ethtool.log" 2>&1
}

# lab_capture FILE [FILTER]: record what crosses the Internet to pcap/FILE.pcap from now on, the
# first LAB_SNAPLEN (200) octets of each packet.
lab_capture() {
	local file=$1
	shift

	tcpdump -Z root --immediate-mode -U -n -s "${LAB_SNAPLEN:-200}" -i internet -w "$LAB/pcap/$file.pcap" "$@" \
		</dev/null >"$LAB/log/capture.$file.log" 2>&1 3>&- &
	echo $! >"$LAB/pid/capture.$file"
	lab_wait_until 5 grep -q listening "$LAB/log/capture.$file.log" ||
		lab_die "tcpdump does not start: $(cat "$LAB/log/capture.$file.log")"
}

lab_capture_stop() {
	lab_stop capture "$1" INT || :
}

# lab_packets FILE FILTER: how many recorded packets match.
lab_packets() {
	tcpdump -n -r "$LAB/pcap/$1.pcap" "$2" 2>/dev/null | wc -l
}

# Neither IKE and ESP on UDP 4500 nor DNS with the name server nor ARP: nothing of that may cross.
# (A question that was repeated is answered twice, the second time at a closed port.)
LAB_FOREIGN="not udp port 4500 and not (host 11.22.33.53 and (port 53 or icmp[icmptype] == icmp-unreach)) and not arp"

# lab_traffic FILE: what a capture holds, a line for each protocol and port of the far end.
lab_traffic() {
	tcpdump -n -q -r "$LAB/pcap/$1.pcap" ip or ip6 2>/dev/null | lab_classify
}

# Each packet counts under its lower port: the well-known one of the two.
lab_classify() {
	awk '
		{ from = $3; to = $5; sub(/:$/, "", to); proto = $6; sub(/,$/, "", proto)
		  n = split(from, f, "."); m = split(to, t, ".")
		  port = (n == 5 && m == 5) ? ((f[5] + 0 < t[5] + 0) ? f[5] : t[5]) : ""
		  count[toupper(proto) (port == "" ? "" : " " port)]++ }
		END { for (k in count) printf "%8d packets  %s\n", count[k], k }' | sort -rn
}
