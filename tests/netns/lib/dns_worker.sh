# The DNS worker alone, in its sandbox, with a stock name server.  dns_drive plays the manager.
# Part of dns_bind.sh and dns_knot.sh.
#
#    laptop .5, nas .6, box .7 ── Internet ── ns .53

export ASAN_OPTIONS=detect_leaks=0 # LeakSanitizer traces its process: the sandbox forbids that
drive=$LAB/dns_drive
lab_internet
lab_ns
lab_host laptop internet 5
lab_host nas internet 6
lab_host box internet 7
cp "${DRIVE:-$AT_BUILD/tests/netns/dns_drive}" $drive
domain=alice.example.com
zone=example.com
secret=0123456789abcdef0123456789abcdef
base64=$(printf %s $secret | base64)
ula=fd12:3456:789a::

# worker HOST: start one; then say HOST COMMAND..., said HOST PATTERN, told HOST PATTERN.
worker() {
	rm -f "$LAB/$1.fifo" "$(lab_log "$1" worker)"
	mkfifo "$LAB/$1.fifo"
	lab_start "$1" worker $drive "$LAB/$1.fifo" nobody
}

say() {
	local host=$1
	shift

	echo "$*" >"$LAB/$host.fifo"
}

# The last state is this one.
said() {
	grep -E '^ *[0-9]+ ms state ' "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$2"
}

# The last word about machine $2 is this one.
told() {
	grep -E "^ *[0-9]+ ms peer $2.$domain " "$(lab_log "$1" worker)" | tail -n 1 | grep -E -- "$3"
}

logged() {
	grep -E -- "$2" "$(lab_log "$1" worker)"
}

zone() {
	say "$1" zone $domain "$1.$domain" "$1.$domain" $secret 0 "${@:2}"
}

ended_well() {
	logged "$1" 'worker ended with 0 '
}

dug() {
	lab_exec laptop dig @$LAB_NS +short "$1" "$2" | grep -E -- "$3"
}

not_dug() {
	[ -z "$(lab_exec laptop dig @$LAB_NS +short "$1" "$2")" ]
}

bind_conf() {
	local key

	for key in account laptop.$domain nas.$domain box.$domain; do
		printf 'key "%s" { algorithm hmac-sha256; secret "%s"; };\n' "$key" "$base64"
	done
	echo "zone \"$zone\" { type primary; file \"$zone.zone\";"
	echo 'update-policy { grant account zonesub ANY; grant * selfsub * A AAAA SRV TXT; }; };'
}

knot_conf() {
	local key

	echo 'key:'
	for key in account laptop.$domain nas.$domain box.$domain; do
		printf '  - id: %s\n    algorithm: hmac-sha256\n    secret: '"$base64"'\n' "$key"
	done
	printf '%s\n' 'acl:' '  - id: devices' '    action: update' \
		"    key: [laptop.$domain, nas.$domain, box.$domain]" '    update-owner: key' \
		'    update-owner-match: sub-or-equal' '    update-type: [A, AAAA, SRV, TXT]' \
		'  - id: account' '    action: update' '    key: account' \
		'zone:' "  - domain: $zone" '    acl: [devices, account]'
}

# account COMMAND...: an update by the account's key.
account() {
	printf 'server %s\nzone %s\nttl 60\n%s\nsend\n' $LAB_NS $zone "$*" |
		lab_exec laptop nsupdate -v -t 5 -y "hmac-sha256:account:$base64"
}

list() {
	account update "$1" "_autotunnel._udp.$domain" 60 PTR "_autotunnel._udp.$2.$domain"
}

# What one server must do; $1 is its name.
story() {
	local server=$1 host before

	check "$server: the account lists two machines" eval 'list add laptop; list add nas'
	for host in laptop nas; do
		worker $host
		check_soon "$server: $host: worker locked in" 2 logged $host 'hello with features 3'
	done
	zone laptop $LAB_NS
	say laptop publish ${ula}1 60 2 11.22.33.5:4501 '[2001:db8::5]:4500'
	check_soon "$server: published" 2 said laptop 'ok published=1 withdrawn=0 epoch=1 .*server=11.22.33.53:53 \[\]'
	check "$server: the ULA at the name" dug laptop.$domain AAAA "^${ula}1\$"
	check "$server: SRV with the mapped port" dug _autotunnel._udp.laptop.$domain SRV "^0 0 4501 at.laptop.$domain.\$"
	check "$server: the address it leads to" dug at.laptop.$domain A '^11.22.33.5$'
	check "$server: TXT" dug _autotunnel._udp.laptop.$domain TXT '"v=1" "e=1" "x=[0-9]+" "nat=natpmp" "in=yes" "os=linux"'

	zone nas $LAB_NS
	check_soon "$server: nas learns laptop" 2 told nas laptop "present epoch=1 ula=${ula}1 nat=2 os=linux at 11.22.33.5:4501 \[2001:db8::5\]:4500"
	check_soon "$server: changes are looked for" 1 said nas ' source=poll '
	check_soon "$server: and that this is all" 1 logged nas 'synced with 1'
	check_not "$server: not itself" told nas nas .
	many $server
	say nas publish ${ula}2 60 1 11.22.33.6
	check_soon "$server: laptop learns nas within seconds" 7 told laptop nas "at 11.22.33.6:4500"

	say nas hurry 30
	say laptop publish ${ula}1 60 2 11.22.33.5:4777
	check_soon "$server: a change seen within 2 s when in a hurry" 2 told nas laptop 'epoch=[23] .* at 11.22.33.5:4777$'

	check "$server: a sibling's name is out of reach" siblings
	before=$(epoch laptop)
	outage $server
	keys $server
	say laptop publish ${ula}1 20 2 11.22.33.5:4777
	check_soon "$server: a shorter lease" 3 refreshed
	before=$(epoch laptop)
	check_soon "$server: refreshed by itself before x= passes" 19 refreshed
	restored $server

	say laptop withdraw
	check_soon "$server: withdrawn on demand" 2 said laptop 'published=0 withdrawn=1'
	check "$server: all is gone" eval "not_dug laptop.$domain AAAA && not_dug at.laptop.$domain A &&
		not_dug _autotunnel._udp.laptop.$domain SRV"
	check "$server: but for the epoch" dug _autotunnel._udp.laptop.$domain TXT '^"v=1" "e=[0-9]+" "x=[0-9]+"$'
	say nas hurry 5
	check_soon "$server: nas sees a machine with nowhere to call" 3 told nas laptop 'present epoch=[0-9]+ ula=:: .* at$'
	say nas quit
	check_soon "$server: QUIT ends the worker" 3 ended_well nas
	check "$server: with its records" eval "not_dug nas.$domain AAAA && not_dug _autotunnel._udp.nas.$domain SRV"
	list del nas
	say laptop hurry 5
	check_soon "$server: struck off the list, gone" 3 told laptop nas gone
	say laptop quit
	check_soon "$server: QUIT ends the worker" 3 ended_well laptop
}

# A list longer than a datagram comes by TCP.
many() {
	local i lines=

	for i in {1..60}; do
		lines+="update add _autotunnel._udp.$domain 60 PTR _autotunnel._udp.machine-number-$i.$domain
"
	done
	account "$lines"
	check_soon "$1: sixty more machines, by TCP" 3 told nas machine-number-60 'present .* at$'
	account "${lines//add/del}"
	check_soon "$1: and gone again" 3 told nas machine-number-60 'gone'
}

epoch() {
	lab_exec laptop dig @$LAB_NS +short _autotunnel._udp.$1.$domain TXT | sed 's/.*"e=\([0-9]*\)".*/\1/'
}

refreshed() {
	[ "$(epoch laptop)" -gt "$before" ]
}

# With nas's key nothing can be written for laptop.
siblings() {
	! printf 'server %s\nzone %s\nupdate add at.laptop.%s 60 A 11.22.33.66\nsend\n' $LAB_NS $zone $domain |
		lab_exec nas nsupdate -v -t 5 -y "hmac-sha256:nas.$domain:$base64"
}

outage() {
	lab_ns_stop
	say nas hurry 5
	check_soon "$1: down: it says so" 15 said nas 'unreachable published=1 .*the name server does not answer'
	check "$1: down: nothing is taken away" told nas laptop 'at 11.22.33.5:4777'
	lab_ns_restart
	say nas hurry 5
	check_soon "$1: up again" 9 said nas 'ok published=1'
}

# Somebody deletes our records: a server restored from an old backup does the same.
restored() {
	account "update delete _autotunnel._udp.laptop.$domain"
	say laptop hurry 5
	check_soon "$1: records lost at the server are written again" 5 dug _autotunnel._udp.laptop.$domain SRV 4777
}

# Keys the server does not know, or not so, or not for this.
keys() {
	worker box
	say box zone $domain box.$domain box.$domain ${secret/0/1} 0 $LAB_NS
	say box publish ${ula}3 60 2 11.22.33.7:4501
	check_soon "$1: wrong secret" 9 said box 'refused published=0 .*another secret for the key "box'
	say box zone $domain box.$domain stranger.$domain $secret 0 $LAB_NS
	check_soon "$1: unknown key" 9 said box 'refused published=0 .*does not know the key "stranger'
	say box zone $domain box.$domain nas.$domain $secret 0 $LAB_NS
	check_soon "$1: a sibling's key" 9 said box 'refused published=0 .*(refuses the key "nas|does not know the key "nas)'
	say box zone $domain box.$domain box.$domain $secret 41
	check_soon "$1: the right key, the server found by SOA, epoch from the floor" 12 said box 'ok published=1 .*epoch=42 '
	say box withdraw
	check_soon "$1: and withdrawn" 2 said box 'withdrawn=1'
	account "update add $zone 60 SOA nowhere.$zone. hostmaster.$zone. 1000 3600 600 86400 5
		update add _dns-update._udp.$zone 60 SRV 0 0 53 ns.$zone."
	say box zone $domain box.$domain box.$domain $secret 0
	say box publish ${ula}3 60 2 11.22.33.7:4501
	check_soon "$1: the server found by SRV" 5 said box 'ok published=1 .*epoch=4[4-6] '
	say box vanish
	check_soon "$1: the manager's death ends the worker" 2 logged box 'worker ended'
	check "$1: and leaves the records" dug _autotunnel._udp.box.$domain TXT e=4
}
