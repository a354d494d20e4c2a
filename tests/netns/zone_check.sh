#!/bin/bash
# "autotunnel zone check" against every server as our own command configures it, and against wrong
# configurations.
#
#    two machines for each server ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named knotd pdns_server kdig

lab_internet
lab_ns

out=$LAB/check.out
number=10

# zone_check STATUS: it ends with this status; what it says is in $out.
zone_check() {
	local status=0

	lab_exec $host autotunnel zone check >$out 2>&1 || status=$?
	cat $out
	[ "$status" = "$1" ]
}

says() {
	grep -E "^$1 +$2 .*$3" $out
}

# A machine of the account by this server, fresh.
for kind in dnsd bind knot powerdns; do
	number=$((number + 2))
	host=$kind-a
	lab_host $host internet $number
	lab_host $kind-b internet $((number + 1))
	[ $kind != dnsd ] || LAB_DNSD="tls-listen = $LAB_NS"
	lab_account $kind $host $kind-b
	lab_config $host <<<"[daemon]
log = debug"
	lab_daemon $host
	check_soon "$kind: published" 20 lab_is_published $host
	check "$kind: nothing is bad" zone_check 0
	check "$kind: the server answers" says server ok "$LAB_NS:53 answers"
	check "$kind: our records" says update ok .
	check "$kind: not those of others" says isolation ok .
	check "$kind: delegated, one server in step" eval 'says delegation ok "1 name server" && says secondary ok "in step"'
	check "$kind: the resolver gives the address out" says resolver ok $host
	case $kind in
	dnsd) check "$kind: a lease" says lease ok 'granted'
		check "$kind: TLS, with its pin" says tls note 'tls-pin = [A-Za-z0-9+/]{43}='
		pin=$(grep -oE '[A-Za-z0-9+/]{43}=' $out)
		lab_config $host <<<"[daemon]
log = debug
[account]
tls-pin = $pin"
		check "$kind: with the pin, the server is known" eval 'zone_check 0 && says tls ok .'
		lab_config $host <<<"[daemon]
log = debug
[account]
tls-pin = ${pin/[A-Z]/a}"
		check "$kind: with another pin, it is not" eval 'zone_check 1 && says tls BAD "not the pinned one"'
		lab_config $host <<<"[daemon]
log = info
[account]
tls-pin = $pin"
		check "$kind: the daemon takes the pin over" lab_exec $host autotunnel reload
		check_soon "$kind: status names TLS and Push" 10 eval \
			'lab_exec $host autotunnel status | grep -E "answers over TLS, .*pushed; published, leased for"'
		# As autotunnel-records(7) says.
		check "$kind: kdig knows the server by its pin" eval \
			'lab_exec $host kdig @$LAB_NS +tls +tls-pin=$pin $LAB_DOMAIN SOA | grep -q "status: NOERROR"'
		check "$kind: and by no other" eval \
			'! lab_exec $host kdig @$LAB_NS +tls +tls-pin=${pin/[A-Z]/a} $LAB_DOMAIN SOA | grep -q "status: NOERROR"'
		check "$kind: kdig shows the pin" eval \
			'lab_exec $host kdig -d @$LAB_NS +tls $LAB_DOMAIN SOA 2>&1 | grep -F "SHA-256 PIN: $pin"'
		check "$kind: kdig shows where changes are pushed" eval \
			'lab_exec $host kdig @$LAB_NS +tls +short _dns-push-tls._tcp.$LAB_DOMAIN SRV | grep " 853 "'
		check "$kind: a signed question" eval \
			'lab_exec $host dig @$LAB_NS -k /var/lib/autotunnel/tsig.key $LAB_DOMAIN SOA | grep -q "status: NOERROR"'
		check "$kind: TLS is remembered" lab_exec $host grep -q tls-seen /var/lib/autotunnel/server ;;
	*) check "$kind: no leases" says lease note 'no leases'
		check "$kind: nobody is told of changes" says push note 'each 5 to' ;;
	esac
	check "$kind: before sleep" lab_exec $host autotunnel sleep
	check "$kind: the address is gone when that returns" eval '[ -z "$(lab_dig $host $host.$LAB_DOMAIN AAAA)" ]'
	check "$kind: after it" lab_exec $host autotunnel wake
	check_soon "$kind: published again" 3 eval 'lab_dig $host $host.$LAB_DOMAIN AAAA | grep -q fd'
	check "$kind: nothing is left in the zone" eval '[ -z "$(lab_dig $host autotunnel-check.$host.$LAB_DOMAIN TXT)" ]'
	lab_daemon_stop $host
	lab_ns_stop
	[ $kind != bind ] || lab_exec ns sed -i 's/grant \* selfsub \* A AAAA SRV TXT;/grant * zonesub ANY;/' /etc/bind/autotunnel.conf
	if [ $kind = bind ]; then
		lab_ns_restart
		check "$kind: a policy that lets everybody write is found out" eval \
			'zone_check 1 && says isolation BAD "any machine can take another"'
		check "$kind: and nothing is left of the attempt" eval '[ -z "$(lab_dig $host autotunnel-check.$LAB_DOMAIN TXT)" ]'
		lab_ns_stop
	fi
done
