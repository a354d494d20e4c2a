#!/bin/bash
# How the DNS worker learns of changes from autotunnel-dnsd: by Push over TLS, by long-lived queries,
# by looking; and what happens when the server dies, events get lost, or a channel comes or goes.
# dns_drive plays the manager.
. "${0%/*}/lab.sh"
lab_require named knotd dig nsupdate nft
. "$LAB_DIR/lib/dns_worker.sh"

contact=4500

# serve yes|no: with or without subscriptions; the zone stays.
serve() {
	dnsd_conf "$1" | LAB_DNSD="tls-listen = $LAB_NS" lab_dnsd $zone
}

dnsd_conf() {
	local key

	echo "[zone $zone]"
	echo "services = $1"
	echo "address = $LAB_NS"
	echo "private = yes"
	echo "account-key = hmac-sha256:account:$base64"
	for key in laptop nas box; do
		echo "device-key = hmac-sha256:$key.$domain:$base64"
	done
}

# The zone is private: who asks must have a key of it.
lab_ns_answers() {
	lab_exec ns dig "@$LAB_NS" -y "hmac-sha256:account:$base64" +short +time=1 +tries=1 $zone SOA | grep -q .
}

source_is() {
	said "$1" " source=$2 "
}

# Another contact for laptop; it is published when publish.c thinks fit.
move() {
	local before

	before=$(epoch_of laptop)
	contact=$((contact + 1))
	say laptop publish ${ula}1 60 1 11.22.33.5:$contact
	lab_wait_until 20 moved $before || lab_die "laptop does not publish"
}

epoch_of() {
	said "$1" . | sed 's/.* epoch=\([0-9]*\) .*/\1/'
}

moved() {
	said laptop 'published=1 ' && [ "$(epoch_of laptop)" -gt "$1" ]
}

# ... and nas must know within so many seconds; a second is less than between two looks.
changes() {
	move
	check_soon "$1" "$2" told nas laptop "at 11.22.33.5:$contact\$"
}

# kill -9, and a new one
server_dies() {
	kill -KILL "$(lab_pid ns dns)"
	lab_ns_stop
	lab_ns_restart
}

start() {
	worker laptop
	worker nas
	zone laptop "$@"
	say laptop publish ${ula}1 60 1 11.22.33.5:$contact
	zone nas "$@"
	say nas publish ${ula}2 60 1 11.22.33.6
	check_soon "$channel: laptop learns nas" 9 told laptop nas 'at 11.22.33.6:4500'
	check_soon "$channel: nas learns laptop" 9 told nas laptop "at 11.22.33.5:$contact"
}

end() {
	for host in nas laptop; do
		say $host quit
		check_soon "$channel: $host: QUIT ends the worker" 3 ended_well $host
	done
}

# What each channel must do.
story() {
	channel=$1
	shift
	start "$@"
	check_soon "$channel: is the channel of nas" 9 source_is nas $channel
	check_soon "$channel: and of laptop" 9 source_is laptop $channel
	sleep 2 # now looks are rare
	changes "$channel: a change is told at once" 1
	changes "$channel: and another" 1
	list add box
	check_soon "$channel: a machine more" 1 told nas box 'present .* at$'
	account "update add box.$domain 60 AAAA ${ula}3
		update add _autotunnel._udp.box.$domain 60 SRV 0 0 4501 at.box.$domain.
		update add at.box.$domain 60 A 11.22.33.7
		update add _autotunnel._udp.box.$domain 60 TXT v=1 e=3"
	check_soon "$channel: its first records" 1 told nas box 'epoch=3 .* at 11.22.33.7:4501'
	account "update del at.box.$domain A
		update add at.box.$domain 60 A 127.0.0.1
		update add at.box.$domain 60 A 11.22.33.8
		update del _autotunnel._udp.box.$domain TXT
		update add _autotunnel._udp.box.$domain 60 TXT v=1 e=4"
	check_soon "$channel: of new addresses those we may send to" 1 told nas box 'epoch=4 .* at 11.22.33.8:4501'
	account "update del at.box.$domain A
		update add at.box.$domain 60 A 11.22.33.9
		update del _autotunnel._udp.box.$domain TXT
		update add _autotunnel._udp.box.$domain 60 TXT v=1 e=2"
	sleep 1
	check "$channel: an epoch that goes back is not believed" told nas box 'epoch=4 .* at 11.22.33.8:4501'
	list del box
	check_soon "$channel: struck off" 1 told nas box gone
	account "update del box.$domain
		update del at.box.$domain
		update del _autotunnel._udp.box.$domain"

	server_dies
	[ $channel != push ] || check_soon "push: the server was killed and is back: so is Push" 9 source_is nas push
	sleep 1
	move
	# What was lost over UDP the next look finds, at most a minute later.
	[ $channel != llq ] || say nas hurry 1
	check_soon "$channel: the first change after the server's death" 4 told nas laptop "at 11.22.33.5:$contact\$"
	sleep 2
	changes "$channel: the next one at once again" 1
}

# Events that never arrive: the look finds the change, and the channel goes on.
lost_events() {
	lab_exec nas nft 'add table ip lost; add chain ip lost in { type filter hook input priority 0; };
		add rule ip lost in udp sport 53 udp length > 100 drop'
	move
	check_not "llq: no event arrives" told nas laptop "at 11.22.33.5:$contact\$"
	lab_exec nas nft delete table ip lost
	say nas hurry 1
	check_soon "llq: the next look finds what was lost" 3 told nas laptop "at 11.22.33.5:$contact\$"
	sleep 2
	changes "llq: the next change is told at once again" 1
}

serve no
list add laptop
list add nas

# No SRV record, no TLS: looks.
channel=poll
start $LAB_NS
check "poll: is the channel while nothing else is offered" source_is nas poll
say nas hurry 30
changes "poll: a change seen within 2 s when in a hurry" 2

# The server goes, and comes back with long-lived queries: nobody has to be told.
lab_ns_stop
say nas hurry 20
check_soon "poll: no server" 15 said nas 'unreachable'
serve yes
say nas hurry 5
check_soon "poll: it comes back with more, and that is used" 15 source_is nas llq
end

# Another address of ours: the server must hear of it.
other_address() {
	lab_exec nas ip address add 11.22.33.66/24 dev eth0
	lab_exec nas ip address del 11.22.33.6/24 dev eth0
	lab_exec nas ip address add 11.22.33.66/24 dev eth0 2>/dev/null || : # it may have been a secondary one
	say nas hurry 5
	check_soon "llq: another address, and long-lived queries again" 5 logged nas 'our address is another one'
	sleep 2
	check "llq: is the channel of nas" source_is nas llq
	list add box
	check_soon "llq: a change is told at once at the new address" 1 told nas box 'present .* at$'
	list del box
	check_soon "llq: and another" 1 told nas box gone
}

story llq $LAB_NS
lost_events
other_address
end

story push tls "pin=$(sed -n 's/.*TLS key pin //p' "$(lab_log ns dns)" | tail -n 1)" $LAB_NS
end

# Servers that know neither: asked for both, over one connection, and no harm done.  (Knot DNS resets
# a connection when it is asked for stateful operations.)
lab_ns_answers() {
	lab_exec ns dig "@$LAB_NS" +short +time=1 +tries=1 $zone SOA | grep -q .
}

connections() {
	grep -c ': connected, TCP$' "$(lab_log nas worker)"
}

harmless() {
	worker nas
	zone nas tcp $LAB_NS
	check_soon "$1: answers over TCP" 3 said nas 'source=poll via=tcp'
	check_soon "$1: has no long-lived queries" 6 logged nas 'long-lived queries: ok, port 0'
	sleep 2
	check "$1: asked for Push once" test "$(connections)" -le 2
	check "$1: changes are looked for" source_is nas poll
	say nas quit
	check_soon "$1: QUIT ends the worker" 3 ended_well nas
	lab_ns_stop
}

lab_ns_stop
bind_conf | lab_bind $zone
harmless BIND
knot_conf | lab_knot $zone
harmless Knot
