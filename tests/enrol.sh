#!/bin/bash
# Enrolment against the real name servers: what `autotunnel zone` prints is what BIND, Knot and our
# own server are configured with, `init` and `join` talk to them, and then each device's key may write exactly
# what it should.  Everything happens on the loopback interface of a network namespace of its own.
set -eu
. "$top_srcdir/tests/enrol_lib.sh"
enrol_enter "$@"
. "$top_srcdir/tests/servers.sh"
enrol_begin

# The server's own checker reads what zone prints; whatever it is given is on stdout too.
apply_check() {
	local said=

	[ "$1" != knot ] || said="Configuration is valid"
	PATH=${autotunnel%/*}:$PATH expect 0 "*" "$said" "$2" \
		zone --apply-check "$1" $domain laptop nas.$domain
}

# A checker that finds fault: the real one, given other words.
apply_check_fails() {
	mkdir spoilt
	printf '#!/bin/sh\nsed s/algorithm/algorythm/ | exec %s "$@"\n' "$(command -v named-checkconf)" \
		>spoilt/named-checkconf
	chmod +x spoilt/named-checkconf
	PATH=$work/spoilt:$PATH expect 1 "*zone \"$domain\"*" \
		"*unknown option 'algorythm'*named-checkconf does not take this configuration" "$other" \
		zone --apply-check bind $domain nas
}

# Several at the same moment, which is when the stopped server goes on: the roster loses none.
try_at_once() {
	local kind=$1 port=$2 phrase=$3 pids=() pid name

	kill -STOP $server_pid
	for name in a b c d; do
		"$autotunnel" join $domain --server 127.0.0.1:"$port" --name $name --state "$kind/$name" \
			<<<"$phrase" >"$kind/$name.out" 2>&1 &
		pids+=($!)
	done
	sleep 2
	kill -CONT $server_pid
	for pid in "${pids[@]}"; do
		wait "$pid" || fail "four joins at once: $(cat "$kind"/[a-d].out)"
	done
	[ "$(head_of "$port")" = "v=1 s=6 n=6 open=0" ] || fail "four joins: $(head_of "$port")"
	[ "$(devices "$port" | grep -c ' ok ')" -eq 6 ] || fail "four joins: $(devices "$port")"
	[ "$(machines "$port" | wc -w)" -eq 6 ] || fail "four joins: $(machines "$port")"
	echo "ok: four machines join at the same moment"
}

# An enrolment that was captured and is sent again, while its signature is good, changes nothing.
try_replay() {
	local kind=$1 port=$2 phrase=$3 before capture

	tcpdump -i lo -w "$kind/enrol.pcap" -U --immediate-mode "udp dst port $port" 2>"$kind.tcpdump" &
	capture=$!
	until grep -q listening "$kind.tcpdump"; do sleep 0.1; done
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server 127.0.0.1:"$port" --name e --state "$kind/e"
	kill $capture
	wait $capture || :
	nsupdate -p "$port" -k "$kind/account.key" <<-UPDATE || fail "striking e"
		server 127.0.0.1 $port
		zone $domain
		update delete _autotunnel._udp.$domain PTR _autotunnel._udp.e.$domain
		send
	UPDATE
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server 127.0.0.1:"$port" --name f --state "$kind/f"
	before=$(machines "$port")
	[[ $before != *_udp.e.* ]] || fail "e is still listed"
	# All UDP payloads as they were: IPv4 without options on the loopback interface.
	tcpdump -r "$kind/enrol.pcap" -xx 2>/dev/null | awk '
		/^\t0x/ { sub(/^[^:]*:/, ""); gsub(/ /, ""); line = line $0; next }
		{ if (line != "") print substr(line, 85); line = "" }
		END { if (line != "") print substr(line, 85) }' >"$kind/payloads"
	[ "$(wc -l <"$kind/payloads")" -gt 3 ] || fail "nothing was captured"
	while read -r hex; do
		printf '%b' "$(sed 's/../\\x&/g' <<<"$hex")" >"/dev/udp/127.0.0.1/$port"
	done <"$kind/payloads"
	sleep 0.3
	[ "$(machines "$port")" = "$before" ] || fail "the replay changed the list: $(machines "$port")"
	[ "$(head_of "$port")" = "v=1 s=8 n=8 open=0" ] || fail "the replay changed the roster"
	echo "ok: an enrolment sent again changes nothing"
}

# Without the phrase: a code, a check number, a yes.
try_invite() {
	local kind=$1 port=$2 phrase=$3 inviter joiner code number

	mkfifo "$kind/answers"
	exec 8<>"$kind/answers"
	printf '%s\n' "$phrase" >&8
	"$autotunnel" invite --for 2m --state "$kind/laptop" <"$kind/answers" >"$kind/invite.out" 2>&1 &
	inviter=$!
	wait_for_text "$kind/invite.out" "^Code: "
	code=$(sed -n 's/^Code: //p' "$kind/invite.out")
	[ "${#code}" -lt 120 ] || fail "the code is long: $code"
	expect 2 "" "*no invitation*" "" join "${code}x" --state "$kind/g"

	# Interrupted, and then done again.
	timeout 2 "$autotunnel" join "$code" --name g --state "$kind/g" >"$kind/join.out" 2>&1 || :
	[ -e "$kind/g/join.key" ] || fail "the key of an interrupted join was not kept"
	[ ! -e "$kind/g/account" ] || fail "joined without a yes"
	number=$(sed -n 's/^Check number: //p' "$kind/join.out")
	"$autotunnel" join "$code" --name g --state "$kind/g" >"$kind/join.out" 2>&1 &
	joiner=$!
	wait_for_text "$kind/invite.out" "Check number: $number"
	wait_for_text "$kind/join.out" "Check number: $number"
	! devices "$port" | grep -q '^g ' || fail "on the roster before the yes"
	echo yes >&8
	wait $joiner || fail "join CODE: $(cat "$kind/join.out")"
	wait $inviter || fail "invite: $(cat "$kind/invite.out")"
	exec 8>&-
	grep -q "^Enrolled: yes" "$kind/join.out" || fail "join CODE: $(cat "$kind/join.out")"
	grep -q "Enrolled: g.$domain" "$kind/invite.out" || fail "invite: $(cat "$kind/invite.out")"
	devices "$port" | grep -qxE 'g ok 0 [0-9a-f]{32}' || fail "g is not on the roster"
	[[ $(machines "$port") == *_udp.g.* ]] || fail "g is not listed"
	[ "$(stat -c %a "$kind"/g/* | sort -u)" = 600 ] || fail "a state file is open"
	[ ! -e "$kind/g/join.key" ] || fail "the pending key is still there"
	[ -z "$(dig +short @127.0.0.1 -p "$port" TXT invite1._join.$domain)" ] || fail "the note is still there"
	[ "$kind" = dnsd ] || grep -q "does not know the key g.$domain: its administrator" "$kind/join.out" ||
		fail "join CODE does not say that the server lacks its key: $(cat "$kind/join.out")"
	expect 0 "Roster *" "" "" devices --state "$kind/laptop"
	expect 0 "*Enrolled: yes" "" "" join "$code" --state "$kind/g"
	echo "ok: autotunnel invite, join CODE"

	# Said no to; and for automation, with a name given and the code in a file.
	printf '%s\nno\n' "$phrase" >"$kind/no"
	"$autotunnel" invite h --state "$kind/laptop" <"$kind/no" >"$kind/invite.out" 2>&1 &
	inviter=$!
	wait_for_text "$kind/invite.out" "^Code: "
	code=$(sed -n 's/^Code: //p' "$kind/invite.out")
	expect 7 "*Check number*" "*nobody let this machine in*" "" join "$code" --wait 4 --state "$kind/h"
	! wait $inviter || fail "invite let in who was refused"
	! devices "$port" | grep -q '^h ' || fail "h is on the roster"
	"$autotunnel" invite h --yes --code-file "$kind/code" --state "$kind/laptop" <<<"$phrase" >"$kind/invite.out" 2>&1 &
	inviter=$!
	until [ -s "$kind/code" ]; do sleep 0.1; done
	[ "$(stat -c %a "$kind/code")" = 600 ] || fail "the code's file is open"
	expect 0 "*Machine: h.$domain*Enrolled: yes" "*" "" join --code-file "$kind/code" --state "$kind/h"
	wait $inviter || fail "invite --yes: $(cat "$kind/invite.out")"
	[ ! -e "$kind/code" ] || fail "the code's file is still there"

	leave_and_rename "$kind" "$port" "$phrase"
	[ "$kind" != dnsd ] || try_admin_device "$kind" "$port" "$phrase"
}

# A certificate that is never fetched: out again.
try_abandoned() {
	local kind=$1 port=$2 phrase=$3 inviter code

	"$autotunnel" invite i --yes --for 10s --state "$kind/laptop" <<<"$phrase" >"$kind/invite.out" 2>&1 &
	inviter=$!
	wait_for_text "$kind/invite.out" "^Code: "
	code=$(sed -n 's/^Code: //p' "$kind/invite.out")
	timeout 0.7 "$autotunnel" join "$code" --state "$kind/i" >"$kind/join.out" 2>&1 || :
	[ ! -e "$kind/i/account" ] || fail "i was too fast for this test"
	wait_for_devices "$port" '^i ok 0 '
	! wait $inviter || fail "invite: $(cat "$kind/invite.out")"
	devices "$port" | grep -qE '^i revoked 0 ' || fail "i, who never came, is still in: $(devices "$port")"
	echo "ok: whoever does not fetch the certificate is out again"
}

wait_for_devices() {
	for _ in $(seq 100); do
		! devices "$1" | grep -q "$2" || return 0
		sleep 0.1
	done
	fail "the roster does not say \"$2\": $(devices "$1")"
}

# Another name, and good-bye.
leave_and_rename() {
	local kind=$1 port=$2 phrase=$3 address told=

	address=$(sed -n 's/^Address: //p' "$kind/a.out")
	# Our own server is given the keys, and forgets them, with the machine; another has to be told.
	[ "$kind" = dnsd ] || told="*autotunnel zone --keys-only bind*z:0*"
	printf 'pin = %s\n' "$(printf %032d 7 | base64 -w 0)" >>"$kind/a/account"
	expect 0 "Machine: z.$domain" "$told" "$phrase" rename z --state "$kind/a"
	grep -qx "pin = $(printf %032d 7 | base64 -w 0)" "$kind/a/account" || fail "rename lost the name server's pin"
	devices "$port" | grep -qxE 'z ok 0 [0-9a-f]{32}' || fail "z is not on the roster"
	! devices "$port" | grep -q '^a ' || fail "a is still on the roster"
	[[ $(machines "$port") == *_udp.z.* && $(machines "$port") != *_udp.a.* ]] ||
		fail "the list of machines is $(machines "$port")"
	expect 0 "*Address: $address*Enrolled: yes" "" "$phrase" join $domain --state "$kind/a"
	expect 1 "" "*laptop.$domain is another machine*" "$phrase" rename laptop --state "$kind/a"
	expect 0 "Left: z.$domain" "" "$phrase" leave --state "$kind/a"
	[ -z "$(ls "$kind/a")" ] || fail "left, but there is still $(ls "$kind/a")"
	devices "$port" | grep -qxE 'z revoked 0 [0-9a-f]{32}' || fail "z is not revoked"
	expect 0 "Left: b.$domain" "*autotunnel revoke b*" "" leave --local --state "$kind/b"
	expect 4 "" "*belongs to no account*" "" leave --state "$kind/b"
	[ "$kind" = dnsd ] || told="*zone --keys-only bind $domain b:1*"
	expect 0 "Revoked: b.$domain" "$told" "$phrase" revoke b --state "$kind/laptop"
	expect 4 "" "*there is no radio.$domain on the roster*" "$phrase" revoke radio --state "$kind/laptop"
	expect 0 "Revoked: c.$domain" "*" "$phrase" revoke --domain $domain --server 127.0.0.1:"$port" c --state nowhere
	expect 1 "" "*knows the key with another secret*" "$other" revoke d --domain $domain \
		--server 127.0.0.1:"$port" --state nowhere
	expect 1 "" "*phrase of another account*" "$other" revoke d --state "$kind/laptop"
	[[ $(machines "$port") != *_udp.[abcz].* ]] || fail "the list of machines is $(machines "$port")"
	expect 0 "{*\"name\":\"b\",\"state\":\"revoked\"*}" "" "" devices --json --state "$kind/laptop"
}

# A machine that keeps the phrase under a passphrase.
try_admin_device() {
	local kind=$1 port=$2 phrase=$3 state=$1/d pass="orbit clinic velvet pigeon tundra" before inviter

	refuse_to_make_admin_device "$state" "$phrase"
	expect 0 "Admin device: d.$domain" "" "$phrase"$'\n'"$pass" account admin --state "$state"
	[ "$(stat -c %a "$state/admin.key")" = 600 ] || fail "admin.key is open"

	# In place of the phrase, for everything; also when the machine has got another name.
	"$autotunnel" invite k --yes --code-file "$kind/code" --state "$state" <<<"$pass" >"$kind/invite.out" 2>&1 &
	inviter=$!
	until [ -s "$kind/code" ]; do sleep 0.1; done
	expect 0 "*Machine: k.$domain*Enrolled: yes" "*" "" join --code-file "$kind/code" --state "$kind/k"
	wait $inviter || fail "invite with the passphrase: $(cat "$kind/invite.out")"
	expect 0 "Machine: w.$domain" "" "$pass" rename w --state "$state"
	expect 0 "*Enrolled: yes" "" "  $pass " join $domain --state "$state"
	expect 0 "Revoked: k.$domain" "" "$pass" revoke k --state "$state"

	# What is wrong changes nothing, and the phrase is as good as ever.
	before=$(head_of "$port")
	expect 1 "" "autotunnel: wrong passphrase; the twelve words*" "${pass}x" revoke e --state "$state"
	expect 1 "" "*neither the recovery phrase (word 1, \"${phrase%% *}x\"*nor this machine's passphrase" \
		"${phrase/ /x }" revoke e --state "$state"
	expect 1 "" "*phrase of another account*" "$other" revoke e --state "$state"
	expect 1 "" "*nothing was read*" "" revoke e --state "$state"
	expect 1 "" "*is not in the word list*" "$pass" revoke e --state "$kind/laptop"
	expect 1 "" "*is not in the word list*" "$pass" revoke e --domain bob.example.com --state "$state"
	[ "$(head_of "$port")" = "$before" ] || fail "refused, but the roster is $(head_of "$port")"
	expect 0 "Revoked: k.$domain, not for the first time" "" "$phrase" revoke k --state "$state"

	type_passphrase "$kind" "$state" "$pass"
	damage_admin_device "$kind" "$state" "$phrase"
	leave_as_admin_device "$kind" "$state" "$phrase"
	echo "ok: admin devices"
}

refuse_to_make_admin_device() {
	local state=$1 phrase=$2

	expect 1 "" "*phrase of another account than d.$domain*" "$other"$'\n'"orbit clinic velvet pigeon tundra" \
		account admin --state "$state"
	expect 1 "" "*can be guessed: it has about * bits, and 50 are asked for; take five or six random words; nothing was changed" \
		"$phrase"$'\n'"Alice nas example" account admin --state "$state"
	expect 1 "" "*can be guessed*" "$phrase"$'\n'"maple truck violin" account admin --state "$state"
	expect 1 "" "*a recovery phrase cannot be the passphrase*" "$phrase"$'\n'"$other" account admin --state "$state"
	expect 1 "" "*no control characters*" "$phrase"$'\n'"orbit clinic"$'\t'"velvet pigeon tundra" \
		account admin --state "$state"
	expect 1 "" "*nothing was read where a passphrase was asked for; nothing was changed" "$phrase" \
		account admin --state "$state"
	[ ! -e "$state/admin.key" ] || fail "refused, but there is an admin.key"
}

# At a terminal: three tries, nothing is shown, and what was chosen is asked for twice.
type_passphrase() {
	local kind=$1 state=$2 pass=$3 new="gravel walnut signal teapot orchard" typist

	mkfifo "$kind/keys"
	exec 9<>"$kind/keys"
	script -qec "'$autotunnel' revoke k --state '$state'" /dev/null <"$kind/keys" >"$kind/screen" &
	typist=$!
	type_answer "$kind" "Passphrase or recovery phrase: " 1 "first slip"
	type_answer "$kind" "Passphrase or recovery phrase: " 2 "second slip"
	type_answer "$kind" "Passphrase or recovery phrase: " 3 "$pass"
	wait $typist || fail "the third try was right: $(cat "$kind/screen")"
	[ "$(grep -c "wrong passphrase" "$kind/screen")" -eq 2 ] || fail "$(cat "$kind/screen")"

	script -qec "'$autotunnel' account admin --state '$state'" /dev/null <"$kind/keys" >"$kind/screen" &
	typist=$!
	type_answer "$kind" "Recovery phrase: " 1 "$phrase"
	type_answer "$kind" "New passphrase: " 1 "password"
	type_answer "$kind" "New passphrase: " 2 "$new"
	type_answer "$kind" "The same again: " 1 "${new}x"
	type_answer "$kind" "New passphrase: " 3 "$new"
	type_answer "$kind" "The same again: " 2 "$new"
	wait $typist || fail "a new passphrase: $(cat "$kind/screen")"
	exec 9>&-
	grep -q "two different passphrases" "$kind/screen" || fail "$(cat "$kind/screen")"
	! grep -qE "slip|pigeon|walnut|${phrase%% *}" "$kind/screen" || fail "what was typed is on the screen"
	expect 1 "" "*wrong passphrase*" "$pass" revoke k --state "$state"
	expect 0 "Revoked: k*" "" "$new" revoke k --state "$state"
}

# type_answer KIND QUESTION NUMBER ANSWER: when the question was asked so often
type_answer() {
	for _ in $(seq 150); do
		[ "$(grep -o "$2" "$1/screen" | wc -l)" -lt "$3" ] || break
		sleep 0.1
	done
	[ "$(grep -o "$2" "$1/screen" | wc -l)" -eq "$3" ] || fail "no \"$2\" on the screen: $(cat "$1/screen")"
	printf '%s\n' "$4" >&9
}

damage_admin_device() {
	local kind=$1 state=$2 phrase=$3 pass="gravel walnut signal teapot orchard"

	cp "$state/admin.key" good
	chmod 644 "$state/admin.key"
	expect 1 "" "*admin.key: others can read it*the recovery phrase still works*is not in the word list*" "$pass" \
		revoke k --state "$state"
	expect 0 "Repaired: admin.key: only root may read it now*Nothing else*" "" "" repair --state "$state"
	expect 0 "Revoked: k*" "" "$pass" revoke k --state "$state"
	echo damaged >"$state/admin.key"
	expect 0 "Revoked: k*" "*admin.key: damaged; the recovery phrase still works, and \"autotunnel account admin\"*" \
		"$phrase" revoke k --state "$state"
	expect 1 "Nothing else is wrong with w.$domain." "*admin.key: damaged*\"autotunnel account admin\" makes the file anew*" \
		"" repair --state "$state"

	# Another machine's file, of an account that had this domain before.
	"$autotunnel" init --domain $domain --server 127.0.0.1:9 --name pc --state "$kind/former" >former.out 2>err
	{ cat former.out; echo "$pass"; } >former.in
	"$autotunnel" account admin --state "$kind/former" <former.in >out || fail "what init prints, and a passphrase"
	cp "$kind/former/admin.key" "$state/admin.key"
	expect 1 "" "*phrase in admin.key is not this account's*account admin*" "$pass" \
		revoke k --state "$state"

	# Other files are made again with the passphrase, and of this one no copy is made.
	cp good "$state/admin.key"
	: >"$state/device.crt"
	expect 0 "Repaired: w.$domain*" "*FILE.old*" "$pass" repair --state "$state"
	[ ! -e "$state/admin.key.old" ] || fail "a copy of admin.key"
	rm "$state"/*.old
}

leave_as_admin_device() {
	local kind=$1 state=$2 phrase=$3 pass="gravel walnut signal teapot orchard"

	expect 0 "Removed: $state/admin.key" "" "" account admin --remove --state "$state"
	expect 0 "" "*there is no admin.key in $state*" "" account admin --remove --state "$state"
	expect 1 "" "*is not in the word list*" "$pass" revoke k --state "$state"
	expect 0 "Admin device: w.$domain" "" "$phrase"$'\n'"$pass" account admin --state "$state"
	expect 0 "Left: w.$domain" "" "$pass" leave --state "$state"
	[ -z "$(ls "$state")" ] || fail "left, but there is still $(ls "$state")"
}

try_server() {
	local kind=$1 port=$2 ns=127.0.0.1:$2 phrase

	mkdir "$kind"
	expect 0 "Account: $domain*Recovery phrase: *Machine: laptop.$domain*Address: fd*Enrolled: not yet: $ns does not answer" \
		'*shown only now*"autotunnel zone dnsd alice.example.com laptop"*"autotunnel join alice.example.com"*' \
		"" init --domain $domain --server $ns --name laptop --state "$kind/laptop"
	cp out "$kind/init.out"
	phrase=$(sed -n 's/^Recovery phrase: //p' out)
	[ "$(stat -c %a "$kind/laptop")" = 700 ] || fail "the state directory is open"
	[ "$(stat -c %a "$kind"/laptop/* | sort -u)" = 600 ] || fail "a state file is open"
	grep -aqF "$phrase" "$kind"/laptop/* && fail "the phrase is on disk"

	# A server that has the zone, but not our keys; then one that has them.
	case $kind in
	bind) printf 'zone "%s" { type primary; file "%s.zone"; };\n' $domain $domain ;;
	knot) printf 'zone:\n  - domain: %s\n    file: %s.zone\n' $domain $domain ;;
	dnsd) printf '[zone %s]\n' $domain ;;
	esac >"$kind/zone.conf"
	"start_$kind" "$kind" "$port"
	expect 0 "*Enrolled: not yet: $ns does not know the key autotunnel-account.$domain" \
		'*"autotunnel zone dnsd*' "$phrase" join $domain --state "$kind/laptop"
	stop_server
	apply_check "$kind" "$phrase"
	mv out "$kind/zone.conf"
	account_key "$phrase" >"$kind/account.key"
	"$autotunnel" join $domain --state "$kind/laptop" --wait 20 <"$kind/init.out" >join.out 2>&1 &
	join=$!
	sleep 1
	"start_$kind" "$kind" "$port"
	wait $join || fail "join --wait: $(cat join.out)"
	grep -q "^Enrolled: yes" join.out || fail "join --wait: $(cat join.out)"
	echo "ok: autotunnel join --wait, while the server comes up"

	key=$(sha256sum "$kind/laptop/device.key")
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state "$kind/laptop"
	[ "$key" = "$(sha256sum "$kind/laptop/device.key")" ] || fail "join changed the device's key"
	expect 0 "Machine: nas.$domain*Enrolled: yes" "" "$phrase" \
		join $domain --server 127.0.0.1:9,$ns --name nas --state "$kind/nas"
	[ "$(machines "$port")" = "_autotunnel._udp.laptop.$domain. _autotunnel._udp.nas.$domain. " ] ||
		fail "the list of machines is $(machines "$port")"

	expect 0 "*Enrolled: yes" "autotunnel: restart autotunneld*" "$phrase" \
		join $domain --server $ns --state "$kind/nas"
	[ "$(grep -c server "$kind/nas/account")" -eq 1 ] || fail "join --server kept the old ones"

	# The roster: signed, counted up, unchanged by who is on it already.
	[ "$(head_of "$port")" = "v=1 s=2 n=2 open=0" ] || fail "the roster is $(head_of "$port")"
	devices "$port" | grep -qxE 'laptop ok 0 [0-9a-f]{32}' || fail "laptop is not on the roster"
	devices "$port" | grep -qxE 'nas ok 0 [0-9a-f]{32}' || fail "nas is not on the roster"
	try_at_once "$kind" "$port" "$phrase"
	try_replay "$kind" "$port" "$phrase"
	try_invite "$kind" "$port" "$phrase"
	[ "$kind" != bind ] || try_abandoned "$kind" "$port" "$phrase"

	# Refusals, each of which leaves nothing behind.
	expect 1 "" "*already laptop.$domain*" "" \
		init --domain $domain --server $ns --name laptop --state "$kind/laptop"
	expect 1 "" "*$ns knows the key with another secret*" "$other" \
		join $domain --server $ns --name tv --state "$kind/tv"
	expect 1 "" "*phrase of another account than nas.$domain*" "$other" join $domain --state "$kind/nas"
	expect 1 "" "*is already nas.$domain*" "" join $domain --name tv --state "$kind/nas"
	expect 1 "" "*\"${phrase%% *}x\", is not in the word list*" "${phrase/ /x }" \
		join $domain --server $ns --name tv --state "$kind/tv"
	[ ! -e "$kind/tv" ] || fail "a refused join wrote something"

	# A device's key: its own name and below, four types; the account's: everything.
	nas=$kind/nas/tsig.key
	may "$nas" "$port" yes "nas.$domain 300 AAAA fd00::1"
	may "$nas" "$port" yes "at.nas.$domain 60 A 192.0.2.1"
	may "$nas" "$port" yes "_autotunnel._udp.nas.$domain 60 SRV 0 0 4500 at.nas.$domain."
	may "$nas" "$port" yes "_autotunnel._udp.nas.$domain 60 TXT v=1"
	may "$nas" "$port" no "nas.$domain 60 MX 0 mail.$domain."
	may "$nas" "$port" no "laptop.$domain 60 AAAA fd00::2"
	may "$nas" "$port" no "at.laptop.$domain 60 A 192.0.2.2"
	may "$nas" "$port" no "xnas.$domain 60 TXT x"
	may "$nas" "$port" no "$domain 60 TXT x"
	may "$nas" "$port" no "_autotunnel._udp.$domain 60 PTR x.$domain."
	dig -k "$nas" @127.0.0.1 -p "$port" AXFR $domain | grep -q hostmaster &&
		fail "a device may transfer the zone"

	# The name now has an address that is not a new machine's.
	expect 1 "" "*nas.$domain is already another machine (fd00::1)*--replace*" "$phrase" \
		join $domain --server $ns --name nas --state "$kind/nas2"
	nsupdate -p "$port" -k "$nas" <<-UPDATE
		server 127.0.0.1 $port
		zone $domain
		update delete nas.$domain AAAA
		send
	UPDATE
	expect 1 "" "*nas.$domain is already a machine, which is off*--replace*" "$phrase" \
		join $domain --server $ns --name nas --state "$kind/nas2"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state "$kind/nas"
	[ ! -e "$kind/nas2" ] || fail "a refused join wrote something"
	expect 0 "*Enrolled: yes" "" "$phrase" \
		join $domain --server $ns --name nas --state "$kind/nas2" --replace
	stop_server
	expect 0 "*Enrolled: not yet: $ns does not answer" '*finishes enrolling it' "$phrase" \
		join $domain --state "$kind/nas"
}

# Keys the operator of the name server made: one for the zone, one named like the machine.
try_keys() {
	local ns=127.0.0.1:5403 phrase address

	mkdir given
	tsig-keygen -a hmac-sha512 zone-key >given/zone.key
	tsig-keygen -a hmac-sha384 tv.$domain >given/tv.key
	cat given/zone.key given/tv.key >given/both.key
	{
		cat given/both.key
		printf 'zone "%s" { type primary; file "%s.zone"; update-policy {\n' $domain $domain
		printf 'grant zone-key zonesub ANY; grant * selfsub * A AAAA SRV TXT; }; };\n'
	} >given/zone.conf
	start_bind given 5403
	expect 0 "*Enrolled: yes" "*" "" \
		init --domain $domain --server $ns --name tv --key given/both.key --state given/tv
	cp out given/init.out
	may given/tv/tsig.key 5403 yes "tv.$domain 300 AAAA fd00::3"
	may given/tv/tsig.key 5403 no "radio.$domain 300 AAAA fd00::4"
	# Such a key says nothing of the phrase; the roster does, and where there is none the addresses in the zone.
	phrase=$(sed -n 's/^Recovery phrase: //p' given/init.out)
	"$autotunnel" zone bind $domain --keys-only <<<"$phrase" >/dev/null || fail "no phrase"
	address=$(sed -n 's/^Address: //p' given/init.out)
	may given/tv/tsig.key 5403 yes "tv.$domain 300 AAAA $address"
	nsupdate -p 5403 -k given/tv/tsig.key <<-UPDATE
		server 127.0.0.1 5403
		zone $domain
		update delete tv.$domain AAAA fd00::3
		send
	UPDATE
	expect 1 "" "*the roster in $domain is not this account's: another key*" "$other" \
		join $domain --server $ns --name pc --key given/zone.key --state given/pc
	nsupdate -p 5403 -k given/zone.key <<-UPDATE
		server 127.0.0.1 5403
		zone $domain
		update delete _autotunnel.$domain TXT
		update delete _devices._autotunnel.$domain TXT
		send
	UPDATE
	expect 1 "" "*are of another account*" "$other" \
		join $domain --server $ns --name pc --key given/zone.key --state given/pc
	[ ! -e given/pc ] || fail "a refused join wrote something"
	expect 0 "*Enrolled: yes" "" "$phrase" \
		join $domain --server $ns --name pc --key given/zone.key --state given/pc
	cmp -s <(grep secret given/tv.key) <(grep secret given/tv/tsig.key) ||
		fail "the given key was not kept"
	stop_server
}

# The domain is a part of a larger zone: that one is updated.
try_larger_zone() {
	mkdir larger
	tsig-keygen zone-key >larger/zone.key
	{
		cat larger/zone.key
		printf 'zone "%s" { type primary; file "%s.zone"; update-policy {\n' ${domain#*.} $domain
		printf 'grant zone-key zonesub ANY; }; };\n'
	} >larger/zone.conf
	start_bind larger 5404
	expect 0 "*Enrolled: yes" "*" "" init --domain $domain --server 127.0.0.1:5404 --name pc \
		--key larger/zone.key --state larger/pc
	[ "$(machines 5404)" = "_autotunnel._udp.pc.$domain. " ] || fail "the list is $(machines 5404)"
	stop_server
}

# remembers PID TEXT: does it stand in the process's heap or stack?
remembers() {
	local range file from

	while read -r range _ _ _ _ file; do
		[[ $file == "[heap]" || $file == "[stack]" ]] || continue
		from=$((16#${range%-*} / 4096))
		dd if="/proc/$1/mem" bs=4096 skip=$from count=$((16#${range#*-} / 4096 - from)) 2>/dev/null
	done <"/proc/$1/maps" | grep -aF "$2" >/dev/null
}

# No account without a phrase: nobody is there to read it.
try_unseen() {
	"$autotunnel" init --domain $domain --server 127.0.0.1:9 --name pc --state unseen 2>err | :
	[[ $(cat err) == *"could not be shown; nothing was changed" ]] || fail "unseen: $(cat err)"
	[ -z "$(ls unseen)" ] || fail "an account whose phrase nobody has seen"
	echo "ok: autotunnel init into a closed pipe"
}

# While it waits for the name server, perhaps for hours, init knows the phrase no more.
try_forgetting() {
	local init phrase

	"$autotunnel" init --domain $domain --server 127.0.0.1:9 --name pc --state forgets --wait 60 \
		>forgets.out 2>forgets.err &
	init=$!
	until grep -q "trying on" forgets.err; do sleep 0.1; done
	phrase=$(sed -n 's/^Recovery phrase: //p' forgets.out)
	remembers $init "$domain" || fail "cannot read the memory of init"
	! remembers $init "$phrase" || fail "init remembers the phrase"
	kill $init
	wait $init || :
	echo "ok: init forgets the phrase"
}

# No --server: resolv.conf's resolver leads to it.
try_discovery() {
	mkdir found
	"$autotunnel" zone bind $domain laptop <<<"$other" >found/zone.conf
	mkdir seen
	echo "nameserver 127.0.0.1" >resolv.conf
	mount --bind resolv.conf /etc/resolv.conf
	expect 2 "" "*--server ADDRESS" "$other" join $domain --name laptop --state seen/laptop
	start_bind found 53
	expect 0 "*Enrolled: yes" "" "$other" join $domain --name laptop --state seen/laptop
	grep -q server seen/laptop/account && fail "what was found was written down"
	stop_server
}

# State files that are damaged, one after the other: a clear error, and a way back.
try_repair() {
	local phrase state=repair/pc id

	mkdir repair
	"$autotunnel" init --domain $domain --server 127.0.0.1:9 --name pc --state $state >init.out 2>err
	phrase=$(sed -n 's/^Recovery phrase: //p' init.out)
	id=$(sed -n 's/^Address: //p' init.out)
	expect 0 "Nothing else is wrong with pc.$domain." "" "" repair --state $state
	chmod 644 $state/tsig.key
	expect 0 "Repaired: tsig.key: only root may read it now*Nothing else*" "" "" repair --state $state
	[ "$(stat -c %a $state/tsig.key)" = 600 ] || fail "tsig.key is still open"
	for file in device.crt ca.crt tsig.key account; do
		cp $state/$file good
		for damage in ": >" "truncate -s -9" "head -c 64 /dev/zero >" "rm -f"; do
			eval "$damage $state/$file"
			said=()
			[ $file != account ] || said=(--domain $domain --name pc --server 127.0.0.1:9)
			expect 0 "Repaired: pc.$domain*Address: $id" "*FILE.old*" "$phrase" \
				repair --state $state "${said[@]}"
			cmp -s good $state/$file || [ $file = account ] || fail "$file is another one now"
		done
	done
	grep -q "server = 127.0.0.1:9" $state/account || fail "the server was forgotten"
	: >$state/account
	expect 2 "" "*say --domain*" "$phrase" repair --state $state
	expect 1 "" "*phrase of another account*" "$other" repair --state $state --domain $domain --name pc
	expect 0 "*" "*" "$phrase" repair --state $state --domain $domain --name pc
	echo damaged >$state/roster
	expect 0 "*Repaired: roster: damaged*" "" "" repair --state $state
	: >$state/device.crt
	expect 1 "" "*damaged (device.crt: not a device's certificate); \"autotunnel repair\"*" "" \
		join $domain --state $state
	: >$state/device.key
	expect 1 "" "*own key is lost*--replace*" "$phrase" repair --state $state
	flock $state sleep 5 &
	sleep 0.3
	expect 1 "" "*stop autotunneld first*" "" repair --state $state
	kill $!
}

try_usage() {
	expect 2 "" "usage: autotunnel init*" "" init
	expect 2 "" "usage: autotunnel join*" "" join
	expect 2 "" "usage: autotunnel join*" "" join $domain extra
	expect 2 "" "usage: autotunnel zone*" "" zone bind
	expect 2 "" "usage: autotunnel zone*" "" zone nsd $domain
	expect 2 "" "*cannot be an account's domain*" "" init --domain "a b"
	expect 2 "" "*cannot be a machine's name*" "" init --domain $domain --name a_b
	expect 2 "" "*cannot be a machine's name*" "" join $domain --name nas.bob.example.com
	expect 2 "" "*--server takes*\"ns.example.com\"*" "" init --domain $domain --server ns.example.com
	expect 2 "" "*--wait takes*" "" join $domain --wait forever
	expect 2 "" "*cannot be a machine of*" "" zone bind $domain a.b.c
	expect 2 "" "*is named twice*" "" zone bind $domain nas tv NAS.$domain
	expect 1 "" "*has 12 words, not 0" "" zone bind $domain
	expect 1 "" "*No such file*" "" init --domain $domain --server ::1 --name x --key nowhere --state x
	[ ! -e x ] || fail "a refused init wrote something"
}

# Our own server is told of the account only; joining brings each machine's key, leaving takes it.
try_keys_by_update() {
	local port=5404 ns=127.0.0.1:5404 phrase

	mkdir alone
	expect 0 "*Enrolled: not yet*" "*" "" \
		init --domain $domain --server $ns --name laptop --state alone/laptop
	phrase=$(sed -n 's/^Recovery phrase: //p' out)
	expect 0 "*" "" "$phrase" zone dnsd $domain
	[ "$(grep key out | grep -vc '\._join\.')" -eq 1 ] ||
		fail "zone dnsd: more than the account's key and those of invitations"
	expect 0 "*" "" "$phrase" zone dnsd $domain nas # one is named all the same
	mv out alone/zone.conf
	start_dnsd alone $port
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state alone/laptop
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server $ns --name nas --state alone/nas
	may alone/laptop/tsig.key $port yes "laptop.$domain 60 A 192.0.2.1"
	may alone/nas/tsig.key $port yes "nas.$domain 60 A 192.0.2.2"
	may alone/nas/tsig.key $port no "laptop.$domain 60 A 192.0.2.2"
	[ -z "$(dig +short @127.0.0.1 -p $port _tsig.nas.$domain TYPE65281)" ] || fail "the key is shown"
	expect 0 "Revoked: nas.$domain" "" "$phrase" revoke --state alone/laptop nas
	may alone/nas/tsig.key $port no "nas.$domain 60 A 192.0.2.2"
	stop_server
	start_dnsd alone $port # where the configuration still has the old key
	may alone/nas/tsig.key $port no "nas.$domain 60 A 192.0.2.2"
	may alone/laptop/tsig.key $port yes "laptop.$domain 60 A 192.0.2.4"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server $ns --name nas --state alone/nas2
	may alone/nas2/tsig.key $port yes "nas.$domain 60 A 192.0.2.3"
	stop_server
	start_dnsd alone $port
	may alone/nas2/tsig.key $port yes "nas.$domain 60 A 192.0.2.5"
	may alone/nas/tsig.key $port no "nas.$domain 60 A 192.0.2.2"
	stop_server
	echo "ok: keys come and go with their machines"
}

# One command makes account, zone and server configuration; what machines' keys the server then is
# given outlives it.
try_own_server() {
	local port=5406 ns=127.0.0.1:5406 phrase before

	mkdir own
	chmod 711 "$work" own
	printf '[server]\nlisten = %s\nuser = nobody\nstate-dir = %s\nrun-dir = %s\n' $ns \
		"$work/own/state" "$work/own/run" >own/dnsd.conf
	chmod 640 own/dnsd.conf
	PATH=$(dirname "$dnsd"):$PATH expect 0 "Account: *Name server's TLS pin: *=*Machine: laptop*Enrolled: not yet*" \
		"*must delegate it to 192.0.2.53,2001:db8::53*" "" init --domain $domain --server $ns \
		--name laptop --state own/laptop --dnsd 192.0.2.53,2001:db8::53 --dnsd-config own/dnsd.conf
	phrase=$(sed -n 's/^Recovery phrase: //p' out)
	[ "$(sed -n "s/^Name server's TLS pin: //p" out)" = "$("$dnsd" -c own/dnsd.conf --pin)" ] ||
		fail "init --dnsd: another pin"
	[ "$(stat -c %a own/dnsd.conf)" = 640 ] || fail "init --dnsd changed the mode of the configuration"
	before=$(cat own/dnsd.conf)
	expect 1 "" "*has a zone $domain already*" "" init --domain $domain --name other \
		--state own/other --dnsd 192.0.2.53 --dnsd-config own/dnsd.conf
	expect 2 "" "*--dnsd takes*" "" init --domain bob.example.com --name other \
		--state own/other --dnsd ns.example.com --dnsd-config own/dnsd.conf
	expect 1 "" "*$work/nowhere: No such file*" "" init --domain bob.example.com --name other \
		--state own/other --dnsd 192.0.2.53 --dnsd-config "$work/nowhere/dnsd.conf"
	[ "$before" = "$(cat own/dnsd.conf)" ] && [ ! -e own/other ] || fail "a refused init changed something"
	"$dnsd" -c own/dnsd.conf >own.log 2>&1 &
	server_pid=$!
	wait_for_server $port
	[ "$(dig +short @127.0.0.1 -p $port ns.$domain A)" = 192.0.2.53 ] || fail "the server's own address"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state own/laptop
	may own/laptop/tsig.key $port yes "laptop.$domain 60 A 192.0.2.1"
	{ kill -9 $server_pid && wait $server_pid; } 2>/dev/null || :
	"$dnsd" -c own/dnsd.conf >own.log 2>&1 &
	server_pid=$!
	wait_for_server $port
	may own/laptop/tsig.key $port yes "laptop.$domain 60 A 192.0.2.2"
	stop_server
	echo "ok: init --dnsd; keys given by update outlive a crash"
}

try_usage
apply_check powerdns "$other"
apply_check_fails
try_repair
try_own_server
try_keys_by_update
try_server bind 5401
try_server knot 5402
try_server dnsd 5403
try_keys
try_larger_zone
try_unseen
try_forgetting
try_discovery
echo "enrol.sh: all is well"
