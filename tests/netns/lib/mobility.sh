# Machines that move, and what a connection notices of it.  For scripts that have sourced lab.sh.
#
#    laptop ── home .2, cafe .4 ─┐  Internet  ┌─ office .3, hotel .5 ── nas
#                                └── ns .53 ──┘
#
# Each machine has a wire to two NATs, eth0 and eth1, and uses one of them.  All have IPv6, too, which is
# off until a move wants it.  A move is a function, move_NAME; it sets moved_ms when the network can
# carry again: what is measured from there is ours.

# The name server is ours, and pushes changes to both.
mobility_dnsd() {
	local pin host

	LAB_DNSD="tls-listen = $LAB_NS"
	mobility_pair dnsd
	pin=$(lab_exec ns autotunnel-dnsd --pin)
	for host in laptop nas; do
		printf '[daemon]\nlog = debug\n[account]\ntls-pin = %s\n[allow]\neveryone = any\n' "$pin" |
			lab_config "$host"
	done
}

# The caller has heard of the called one's IPv6 address.
mobility_knows_ip6() {
	lab_peer laptop nas '[.records.contacts[].address] | index("2a00:3::10")'
}

mobility_pushed() {
	[ "$(lab_status laptop .dns.source) $(lab_status nas .dns.source)" = "push push" ]
}

# mobility_pair dnsd|bind|knot: the picture, an account, no daemon.
mobility_pair() {
	lab_internet
	lab_ns
	lab_nat home 11.22.33.2 192.168.1.1/24 none
	lab_nat office 11.22.33.3 192.168.2.1/24 none
	lab_nat cafe 11.22.33.4 192.168.3.1/24
	lab_nat hotel 11.22.33.5 192.168.4.1/24
	lab_host laptop home
	lab_host nas office
	mobility_second laptop cafe
	mobility_second nas hotel
	mobility_ip6 home 2 laptop
	mobility_ip6 office 3 nas
	lab_miniupnpd home both
	lab_miniupnpd office both
	lab_account "$1" laptop nas
}

# A second wire, that nobody uses yet.
mobility_second() {
	ip link add eth1 netns "$1" type veth peer name "$1" netns "$2"
	ip -n "$2" link set "$1" master lan up
	ip -n "$1" link set eth1 addrgenmode none
}

# mobility_ip6 NAT N HOST: 2a00:N::/64 behind it, the Internet in between routes.  (Who forwards asks for
# neighbours with a link-local address, or not at all.)
mobility_ip6() {
	sysctl -qw net.ipv6.conf.all.forwarding=1
	ip addr replace 2a00:ff::1/64 dev internet nodad
	ip addr replace fe80::1/64 dev internet nodad
	ip route add "2a00:$2::/64" via "2a00:ff::$2"
	ip -n "$1" addr add "2a00:ff::$2/64" dev wan nodad
	ip -n "$1" addr add "fe80::$2/64" dev wan nodad
	ip -n "$1" route add default via 2a00:ff::1
	lab_ip6 "$1" "2a00:$2" "$3"
	mobility_ip6_off "$3"
}

mobility_ip6_off() {
	ip -n "$1" -6 addr flush dev eth0 scope global
	ip -n "$1" -6 route flush default
}

# mobility_ip6_on HOST NUMBER
mobility_ip6_on() {
	ip -n "$1" -6 -batch - <<-BATCH
		addr replace 2a00:$2::10/64 dev eth0 nodad
		route replace default via fe80::1 dev eth0
	BATCH
}

# mobility_use HOST IFACE ADDRESS/24: the one network of the host from now on, as a DHCP client sets
# it: when the link carries.  (A bridge hears of a carrier up to a second late.)
mobility_use() {
	local other=eth0 addr=$3

	[ "$2" != eth0 ] || other=eth1
	ip -n "$1" -force -batch - <<-BATCH
		link set $other down
		addr flush dev $other scope global
		link set $2 up
	BATCH
	lab_wait_until 3 mobility_carries "$1" "$2" || lab_die "$1: $2 does not carry"
	ip -n "$1" -force -batch - <<-BATCH
		addr flush dev $2 scope global
		addr add $addr dev $2
		route add default via ${addr%.*}.1 dev $2
	BATCH
}

mobility_carries() {
	local router

	case $1:$2 in
	laptop:eth0) router=home ;;
	laptop:eth1) router=cafe ;;
	nas:eth0) router=office ;;
	nas:eth1) router=hotel ;;
	esac
	lab_exec $router bridge link show dev "$1" | grep -q 'state forwarding'
}

# ---- the moves ----

mobility_mark() {
	moved_ms=$(lab_now_ms)
}

# Another address in the same LAN, of four in turn: the router keeps a mapping for each.
move_address() {
	laptop_number=$((10 + (laptop_number - 9) % 4))
	mobility_use laptop eth0 "192.168.1.$laptop_number/24"
	mobility_mark
}

# One end into another network, and the next time back.
move_network() {
	if [ "$laptop_at" = home ]; then
		laptop_at=cafe
		mobility_use laptop eth1 192.168.3.10/24
	else
		laptop_at=home
		mobility_use laptop eth0 192.168.1.10/24
	fi
	mobility_mark
}

# The same of the end that was called and does not speak by itself.
move_called() {
	if [ "$nas_at" = office ]; then
		nas_at=hotel
		mobility_use nas eth1 192.168.4.10/24
	else
		nas_at=office
		mobility_use nas eth0 192.168.2.10/24
	fi
	mobility_mark
}

move_both() {
	move_called
	move_network
}

# The nas's router is off for a second and comes back with another address.
move_nat_reboot() {
	office_number=$((office_number > 200 ? 23 : office_number + 20))
	lab_reboot_nat office
	ip -n office link set wan down
	sleep 1
	mobility_office_at $office_number
	lab_miniupnpd office both
	mobility_mark
}

# mobility_office_at NUMBER: what the provider gives the nas's router.
mobility_office_at() {
	ip -n office -force -batch - <<-BATCH
		addr flush dev wan scope global
		addr replace 11.22.33.$1/24 dev wan
		addr replace 2a00:ff::3/64 dev wan nodad
		addr replace fe80::3/64 dev wan nodad
		link set wan up
		route replace default via 11.22.33.1
		route replace default via 2a00:ff::1
	BATCH
}

# The nas's router forgets; the old port belongs to another machine when it is back.
move_port() {
	local port

	port=$(lab_status nas .mapping.external.port) || port=4500
	lab_reboot_nat office
	echo "UDP:$port:192.168.2.99:$port:0:other" | lab_exec office tee /etc/leases >/dev/null
	lab_miniupnpd office both lease_file=/etc/leases
	mobility_mark
}

# The same, but the port is free when it is back; meanwhile the caller's packets end at the router itself, in
# a connection that they keep alive.
move_amnesia() {
	lab_reboot_nat office
	sleep 0.3
	lab_miniupnpd office both
	mobility_mark
}

# The same, and while no name server reaches the called one the caller goes home and comes back: to a place
# from which the router still leads it astray (the way in that the called one had opened is forgotten), and of
# which DNS tells the called one nothing new but that it was published again.
move_unheard() {
	[ "$laptop_at" = cafe ] || move_network
	sleep 2
	move_amnesia
	sleep 1
	lab_exec office nft -f - <<-'NFT'
		table inet deaf {
			chain forward { type filter hook forward priority -10; meta l4proto { tcp, udp } th dport { 53, 853 } drop; }
		}
	NFT
	move_network
	kill -KILL "$(lab_pid ns dns)"
	lab_ns_stop
	lab_ns_restart
	sleep 0.5
	lab_exec office conntrack -D -p udp --orig-src 192.168.2.10 --orig-dst 11.22.33.4 >/dev/null
	move_network
	lab_exec office nft delete table inet deaf
	mobility_mark
}

# Two seconds without a link.
move_link() {
	ip -n laptop link set eth0 down
	sleep 2
	mobility_use laptop eth0 192.168.1.$laptop_number/24
	mobility_mark
}

# No IPv4 any more, IPv6 in its place; and the next time back.  The other end has both
# (mobility_ip6_on nas 3), and the caller knows that.
move_family() {
	if [ "$laptop_family" = 4 ]; then
		laptop_family=6
		ip -n laptop -4 addr flush dev eth0
		mobility_ip6_on laptop 2
	else
		laptop_family=4
		mobility_ip6_off laptop
		mobility_use laptop eth0 192.168.1.10/24
	fi
	mobility_mark
}

# While the caller has no link, the called one forgets all tunnels: its IKE worker is killed, and is there
# again when the link is.
move_forgotten() {
	ip -n laptop link set eth0 down
	lab_exec nas autotunnel status --json | jq -r '.self.workers[] | select(.name == "ipsec").pid' | read -r worker
	kill -KILL "$worker"
	lab_wait_until 40 lab_status nas \
		".self.workers[] | select(.name == \"ipsec\" and .running and .pid != $worker)" || lab_die "no new IKE worker"
	mobility_use laptop eth0 192.168.1.$laptop_number/24
	mobility_mark
}

# mobility_rest [ip6]: before a run of moves, and where all of them begin; the called one with IPv6, too.
mobility_rest() {
	laptop_at=home laptop_family=4 laptop_number=10 nas_at=office
	: "${office_number:=3}"
	mobility_use laptop eth0 192.168.1.10/24
	mobility_use nas eth0 192.168.2.10/24
	if [ "${1:-}" = ip6 ]; then
		mobility_ip6_on nas 3
	else
		mobility_ip6_off nas
	fi
}

# ---- what a connection notices ----

# mobility_watch [ADDRESS]: a packet each 10 ms from laptop to nas.
mobility_watch() {
	: >"$(lab_log laptop flow)"
	lab_start laptop flow ping -n -D -i 0.01 "${1:-$(lab_ula nas)}"
}

mobility_unwatch() {
	lab_stop laptop flow INT || :
}

# mobility_heard MS: a reply came later than at MS.
mobility_heard() {
	tail -n 2 "$(lab_log laptop flow)" | sed -n 's/^\[\([0-9]*\)\.\([0-9]\{3\}\).* bytes from.*/\1\2/p' |
		awk -v after="$1" '$1 > after { found = 1 } END { exit !found }'
}

# mobility_gap BEGUN MOVED: "the longest silence that began after BEGUN" and "from MOVED to the first
# reply of a packet after that silence", milliseconds.
mobility_gap() {
	sed -n 's/^\[\([0-9.]*\)\] .* bytes from.*/\1/p' "$(lab_log laptop flow)" |
		awk -v begun="$1" -v moved="$2" '
			{ now = $1 * 1000 }
			last && now > begun && now - last > gap { gap = now - last; after = now - moved }
			{ last = now }
			END { gap = gap > 10 ? gap - 10 : 0; printf "%.0f %.0f\n", gap, gap < 20 || after < 0 ? 0 : after }'
}

# mobility_run NAME: let it happen, wait until packets flow again; sets gap_ms and after_ms.
mobility_run() {
	local begun

	begun=$(lab_now_ms)
	"move_$1"
	lab_wait_until "${MOBILITY_PATIENCE:-40}" mobility_heard $((moved_ms + 300)) || {
		gap_ms= after_ms=
		return 1
	}
	sleep 0.3
	mobility_gap "$begun" "$moved_ms" | read -r gap_ms after_ms
}

# ---- a connection ----

# Random octets, a few each MOBILITY_PAUSE seconds (0.02) until $LAB/enough is there, from laptop to nas by one
# connection; both ends make a sum.
mobility_connect() {
	lab_start nas sink busybox nc -ll -p 7 -e sh -c 'sha256sum >/run/lab/arrived.new; mv /run/lab/arrived.new /run/lab/arrived'
	lab_wait_until 5 lab_exec nas sh -c 'ss -Hltn | grep -q ":7 "' || lab_die "nc does not listen"
	lab_start laptop source bash -c "while [ ! -e $LAB/enough ]; do head -c 4000 /dev/urandom; sleep ${MOBILITY_PAUSE:-0.02}; done |
		tee >(sha256sum >$LAB/sent) >/dev/tcp/$(lab_ula nas)/7"
}

mobility_connected() {
	touch $LAB/enough
	check_soon "the connection ends in order" 60 test -e $LAB/arrived
	check_soon "and all octets have arrived as they were sent" 5 cmp $LAB/sent $LAB/arrived
}
