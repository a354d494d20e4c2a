#!/bin/bash
# The lab's name servers, without our programs: BIND and Knot take a device's update below its own
# name and refuse one below another's.
#
#    laptop .5 ── Internet ── ns .53
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require named knotd dig nsupdate

domain=alice.example.com
secret=$(head -c 32 /dev/urandom | base64)

lab_internet
lab_ns
lab_host laptop internet 5
for name in laptop nas; do
	printf 'key "%s" {\n\talgorithm hmac-sha256;\n\tsecret "%s";\n};\n' \
		"$name.$domain" "$secret" | lab_exec laptop tee "/etc/$name.key" >/dev/null
done

bind_conf() {
	cat $LAB/machine/laptop/upper/etc/*.key
	echo "zone \"$domain\" { type primary; file \"$domain.zone\";"
	echo 'update-policy { grant * selfsub * A AAAA SRV TXT; }; };'
}

knot_conf() {
	echo 'key:'
	printf '  - id: %s\n    algorithm: hmac-sha256\n    secret: '"$secret"'\n' \
		"laptop.$domain" "nas.$domain"
	printf '%s\n' 'acl:' '  - id: devices' '    action: update' \
		"    key: [laptop.$domain, nas.$domain]" '    update-owner: key' \
		'    update-owner-match: sub-or-equal' '    update-type: [A, AAAA, SRV, TXT]' \
		'zone:' "  - domain: $domain" '    acl: devices'
}

add() {
	printf 'server %s\nzone %s\nupdate add %s\nsend\n' $LAB_NS $domain "$2" |
		lab_update laptop "/etc/$1.key"
}

try() {
	check "$1: own record" add laptop "at.laptop.$domain 60 A 11.22.33.5"
	check "$1: it is there" test "$(lab_exec laptop dig +short at.laptop.$domain A)" = 11.22.33.5
	check_not "$1: another's record is refused" add laptop "at.nas.$domain 60 A 11.22.33.5"
	check_not "$1: a type not granted is refused" add laptop "laptop.$domain 60 MX 1 x."
	check "$1: the server restarts" eval 'lab_ns_stop; lab_ns_restart'
	check "$1: nothing was lost" test "$(lab_exec laptop dig +short at.laptop.$domain A)" = 11.22.33.5
}

bind_conf | lab_bind $domain
try BIND
lab_ns_stop
knot_conf | lab_knot $domain
try Knot
