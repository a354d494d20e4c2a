#!/bin/bash
# Beside ufw and firewalld, both of which refuse what nobody allowed: what comes in over the tunnels must be let
# in by them and by us; neither undoes the other's rules, also when it is reloaded or goes.
#
#    laptop .5, nas .6 (ufw), tv .7 (firewalld) ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require nft socat ufw firewalld

lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host tv internet 7
lab_account dnsd laptop nas tv

# As their packages would be installed: iptables is a choice between two, and some files are in /etc.
install_files() {
	local name

	[ ! -d "$AT_SERVERS/etc" ] || lab_exec "$1" cp -an "$AT_SERVERS/etc/." /etc/
	lab_exec "$1" sh -c 'cp /usr/share/ufw/iptables/*.rules /usr/share/ufw/*.init /usr/share/ufw/ufw.conf /etc/ufw'
	for name in iptables ip6tables iptables-restore ip6tables-restore iptables-save ip6tables-save; do
		lab_exec "$1" ln -sf xtables-nft-multi "/usr/sbin/$name"
	done
}
ufw() {
	lab_exec nas ufw "$@"
}
install_files nas
check "ufw comes up" ufw --force enable
for rule in 4500/udp 22/tcp 9999/tcp; do
	check "ufw lets in $rule" ufw allow $rule
done

firewall() {
	lab_exec tv firewall-cmd "$@"
}
install_files tv
lab_exec tv sh -c 'mkdir -p /run/dbus /run/firewalld; cat >/run/dbus/conf' <<-'CONF'
	<busconfig>
	  <type>system</type>
	  <listen>unix:path=/run/dbus/system_bus_socket</listen>
	  <auth>EXTERNAL</auth>
	  <policy context="default">
	    <allow own="*"/> <allow send_destination="*"/> <allow receive_sender="*"/>
	  </policy>
	</busconfig>
CONF
lab_start tv dbus dbus-daemon --config-file=/run/dbus/conf --nofork --nopidfile
check_soon "a message bus for firewalld" 10 lab_exec tv test -S /run/dbus/system_bus_socket
lab_start tv firewalld firewalld --nofork --nopid
check_soon "firewalld comes up" 30 eval '[ "$(firewall --state)" = running ]'
for port in 4500/udp 9999/tcp; do
	check "firewalld lets in $port" firewall --permanent --add-port=$port
done
check "its rules are loaded" firewall --reload

LAB_ALLOW="ssh 80" lab_daemon laptop nas tv
lab_ready laptop nas tv
for host in nas tv; do
	for port in 22 80 9999; do
		lab_start $host "tcp$port" socat "TCP6-LISTEN:$port,fork,reuseaddr" "SYSTEM:echo port $port"
	done
done
get() {
	lab_exec laptop timeout 3 socat -t 2 - "TCP6:[$(lab_ula "$1")]:$2" </dev/null | grep "port $2"
}
# works HOST FIREWALL: 22 is let in by both, 9999 by the firewall only, 80 by us only.
works() {
	check_soon "$1: ssh comes in" 20 get "$1" 22
	check "and ICMP" lab_ping laptop "$1"
	check_not "not what only $2 allows" get "$1" 9999
	check_not "nor what only [allow] does" get "$1" 80
}
works nas ufw
works tv firewalld

ours() {
	lab_exec "$1" nft list table inet autotunnel | sed 's/packets [0-9]* bytes [0-9]*//'
}
ours nas >$LAB/nas.before
ours tv >$LAB/tv.before
check "ufw is reloaded" ufw reload
check "firewalld is reloaded, wholly" firewall --complete-reload
for host in nas tv; do
	check_equal "our rules on $host are as they were" "$(cat $LAB/$host.before)" "$(ours $host)"
done
works nas ufw
works tv firewalld

check "we go, and ufw stays" eval 'lab_daemon_stop nas; ufw status | grep "22/tcp.*ALLOW"'
check "and so does firewalld" eval 'lab_daemon_stop tv; firewall --list-ports | grep 9999/tcp'
LAB_ALLOW="ssh 80" lab_daemon nas tv
check_soon "back again" 30 lab_ping laptop nas
check "ufw goes" ufw disable
check "firewalld goes" lab_stop tv firewalld
check_soon "then we alone decide: 80 comes in" 20 get nas 80
check_soon "on both" 20 get tv 80
check_not "and 9999 does not" get nas 9999
check_not "on either" get tv 9999
