#!/bin/bash
# A new recovery phrase, on our own server and on BIND: the old one is worth nothing any more, addresses stay,
# machines get their new keys when they join again, and new ones join as ever.
set -eu
. "$top_srcdir/tests/enrol_lib.sh"
enrol_enter "$@"
. "$top_srcdir/tests/servers.sh"
enrol_begin

address_in() {
	sed -n 's/^Address: //p' "$1"
}

secret_of() {
	sed -n 's/.*secret "\(.*\)".*/\1/p' "$1/tsig.key"
}

# begin KIND PORT: an account of three machines; sets ns and phrase.
begin() {
	local kind=$1 port=$2 name

	mkdir "$kind"
	ns=127.0.0.1:$port
	"$autotunnel" init --domain $domain --server "$ns" --name laptop --state "$kind/laptop" >"$kind/laptop.out" 2>err
	phrase=$(sed -n 's/^Recovery phrase: //p' "$kind/laptop.out")
	"$autotunnel" zone "$kind" $domain laptop nas tv radio <<<"$phrase" >"$kind/zone.conf"
	"start_$kind" "$kind" "$port"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state "$kind/laptop"
	for name in nas tv; do
		expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server "$ns" --name $name --state "$kind/$name"
		cp out "$kind/$name.out"
	done
}

# change KIND: sets next; what the old phrase does from then on is refused, wherever it is typed.
change() {
	local kind=$1

	expect 1 "" "*phrase of another account*" "$other" account new-phrase --state "$kind/laptop"
	expect 0 "Recovery phrase: *Changed: the old recovery phrase of $domain is worth nothing any more" \
		"*shown only now*autotunnel join $domain*" "$phrase" account new-phrase --state "$kind/laptop"
	next=$(sed -n 's/^Recovery phrase: //p' out)
	[ "$next" != "$phrase" ] || fail "the same phrase again"
	devices "$2" | grep -cE '^@[12] [A-Za-z0-9+/=]{44} [A-Za-z0-9+/=]{88}$' | grep -qx 2 ||
		fail "the roster does not say who handed over to whom: $(devices "$2")"
}

# An admin device with the old phrase: its passphrase makes the new one, and opens nothing any more.
twice_by_passphrase() {
	local pass="orbit clinic velvet pigeon tundra"

	expect 0 "Admin device: laptop.$domain" "" "$phrase
$pass" account admin --state "$1/laptop"
	cp "$1/laptop/admin.key" old.admin.key
	expect 0 "Recovery phrase: *Changed: *" "*kept the old phrase, which was removed: \"autotunnel account admin\"*" \
		"$pass" account new-phrase --state "$1/laptop"
	next=$(sed -n 's/^Recovery phrase: //p' out)
	[ ! -e "$1/laptop/admin.key" ] || fail "the old phrase is still kept"
	join_again "$1" "$2" laptop
	cp old.admin.key "$1/laptop/admin.key"
	expect 1 "" "*phrase in admin.key was replaced by a new one*account admin*" "$pass" revoke tv --state "$1/laptop"
	expect 0 "Admin device: laptop.$domain" "" "$next
$pass" account admin --state "$1/laptop"
	expect 0 "Revoked: tv.$domain" "" "$pass" revoke tv --state "$1/laptop"
}

# The machines, each of which knows the old key only, read the new roster, and go on.
still_theirs() {
	local kind=$1 name

	for name in laptop nas tv; do
		expect 0 "*laptop*nas*tv*" "" "" devices --state "$kind/$name"
	done
}

# join_again KIND PORT NAME: it gets its new key, and stays where it was.
join_again() {
	local kind=$1 port=$2 name=$3 key before

	key=$(sha256sum "$kind/$name/device.key")
	before=$(secret_of "$kind/$name")
	expect 0 "*Address: $(address_in "$kind/$name.out")*Enrolled: yes" "*restart autotunneld*" "$next" \
		join $domain --state "$kind/$name"
	[ "$key" = "$(sha256sum "$kind/$name/device.key")" ] || fail "$name has another key now"
	[ "$before" != "$(secret_of "$kind/$name")" ] || fail "$name has its old TSIG key"
	expect 0 "*Enrolled: yes" "" "$next" join $domain --state "$kind/$name"
	expect 0 "Nothing else is wrong*" "" "" repair --state "$kind/$name"
}

# A machine that never knew the old phrase: by the new one, and by an invitation.
new_machines() {
	local kind=$1 port=$2 inviter prefix

	prefix=$(address_in "$kind/laptop.out")
	prefix=${prefix%%:0:*}
	expect 0 "*Address: $prefix:*Enrolled: yes" "" "$next" \
		join $domain --server "$ns" --name radio --state "$kind/radio"
	expect 0 "*laptop*nas*radio*tv*" "" "" devices --state "$kind/radio"
	"$autotunnel" invite lamp --yes --code-file "$kind/code" --state "$kind/laptop" <<<"$next" >"$kind/invite.out" 2>&1 &
	inviter=$!
	wait_for_text "$kind/invite.out" "^autotunnel: \|^Code"
	[ -s "$kind/code" ] || fail "invite: $(cat "$kind/invite.out")"
	expect 0 "*Machine: lamp.$domain*Address: $prefix:*Enrolled: yes" "*" "" join --code-file "$kind/code" --state "$kind/lamp"
	wait $inviter || fail "invite: $(cat "$kind/invite.out")"
	expect 0 "Nothing else is wrong*" "" "" repair --state "$kind/lamp"
	expect 0 "*lamp*laptop*" "" "" devices --state "$kind/lamp"
}

# Damaged state of a machine that has joined again: the new phrase mends it, at the old address, when the
# roster is there to say which keys were before.
repaired() {
	local kind=$1

	cp "$kind/nas/ca.crt" good
	: >"$kind/nas/ca.crt"
	expect 1 "" "*phrase of another account, or an old one*" "$next" repair --state "$kind/nas"
	(umask 077 && save_roster "$kind" "$2" >"$kind/nas/roster")
	expect 0 "Repaired: nas.$domain*Address: $(address_in "$kind/nas.out")" "*FILE.old*" "$next" repair --state "$kind/nas"
	cmp -s good "$kind/nas/ca.crt" || fail "ca.crt is another one now"
}

# The roster as the daemon would keep it.
save_roster() {
	dig +short @127.0.0.1 -p "$2" TXT _autotunnel.$domain | tr -d '"'
	devices "$2"
}

# The old phrase on a machine that has heard of the new one.
refused() {
	local state=$1

	expect 1 "" "*phrase was replaced by a new one*" "$phrase" revoke radio --state "$state"
	expect 1 "" "*phrase was replaced by a new one*" "$phrase" account new-phrase --state "$state"
	expect 1 "" "*or one that was replaced*" "$phrase" join $domain --state "$state"
}

our_own_server() {
	local port=5411

	begin dnsd $port
	account_key "$phrase" >old.key
	may old.key $port yes "x.$domain 60 TXT x"
	change dnsd $port
	may old.key $port no "x.$domain 60 TXT y"
	still_theirs dnsd
	for try in "revoke tv --domain" "account new-phrase --domain"; do
		# shellcheck disable=SC2086
		expect 1 "*" "*knows the key with another secret*" "$phrase" ${try} $domain --server "$ns" --state nowhere
	done
	expect 1 "" "*knows the key with another secret*" "$phrase" join $domain --server "$ns" --name evil --state dnsd/evil
	[ ! -e dnsd/evil ] || fail "a refused join wrote something"
	may dnsd/tv/tsig.key $port yes "tv.$domain 60 A 192.0.2.1" # it has not joined again
	cp dnsd/nas/tsig.key nas.key
	join_again dnsd $port nas
	may dnsd/nas/tsig.key $port yes "nas.$domain 60 A 192.0.2.1"
	may nas.key $port no "nas.$domain 60 A 192.0.2.2"
	join_again dnsd $port laptop
	new_machines dnsd $port
	refused dnsd/nas
	repaired dnsd $port
	stop_server
	start_dnsd dnsd $port # whose configuration has the first phrase's key
	may old.key $port no "x.$domain 60 TXT z"
	account_key "$next" >new.key
	may new.key $port yes "x.$domain 60 TXT z"
	twice dnsd $port
	phrase=$next
	join_again dnsd $port laptop
	twice_by_passphrase dnsd $port
	stop_server
}

# And once more, for a machine that has heard of neither.
twice() {
	phrase=$next
	expect 0 "Recovery phrase: *Changed: *" "*" "$phrase" account new-phrase --state "$1/radio"
	next=$(sed -n 's/^Recovery phrase: //p' out)
	devices "$2" | grep -q '^@3 ' || fail "no third key"
	expect 0 "*laptop*nas*" "" "" devices --state "$1/tv"
	join_again "$1" "$2" tv
	refused "$1/tv"
}

# BIND is told by its administrator, of the account's key at once, of a machine's when it has joined again.
bind_server() {
	local port=5412

	begin bind $port
	account_key "$phrase" >old.key
	dig @127.0.0.1 -p $port +noall +answer TXT _autotunnel.$domain TXT _devices._autotunnel.$domain >old.roster
	change bind $port
	[[ $(cat err) == *"zone --keys-only bind $domain"* ]] || fail "no word of the name server's keys: $(cat err)"
	still_theirs bind
	# Until then the old key writes still, but nothing that counts.
	expect 1 "" "*this recovery phrase was replaced by a new one; nothing was changed" "$phrase" \
		revoke tv --domain $domain --server "$ns" --state nowhere
	expect 1 "" "*this recovery phrase was replaced by a new one; nothing was changed" "$phrase" \
		join $domain --server "$ns" --name evil --state bind/evil
	expect 1 "" "*knows the key with another secret*" "$next" join $domain --state bind/nas
	by_a_thief bind $port
	stop_server
	"$autotunnel" zone bind $domain laptop nas tv radio lamp <<<"$next" >bind/zone.conf
	start_bind_again bind $port
	# What the thief has signed is not gone on from: not by a machine that has seen nothing else, ...
	expect 1 "" "*not this account's: *; nothing was changed" "$next" \
		join $domain --server "$ns" --name radio --state bind/radio
	expect 1 "" "*or one that was replaced (*" "$next" join $domain --state bind/nas
	# ... and by one that has seen the new roster only after what it has seen is back.
	(umask 077 && cp true.roster bind/nas/roster)
	expect 0 "*Address: $(address_in bind/nas.out)*Enrolled: yes" "*what it lacks is written again*" "$next" \
		join $domain --state bind/nas
	devices $port | grep -q '^@2 ' || fail "the roster does not show the handing over any more"
	! devices $port | grep -q evil || fail "the thief's machine is on the roster"
	may bind/nas/tsig.key $port yes "nas.$domain 60 A 192.0.2.1"
	join_again bind $port laptop
	new_machines bind $port
	refused bind/nas
	stop_server
}

# The old phrase, and a name server that takes the old key: a roster goes on from the old one.
by_a_thief() {
	save_roster "$1" "$2" >true.roster
	{
		printf 'server 127.0.0.1 %s\nzone %s\n' "$2" $domain
		printf 'update delete %s.%s TXT\n' _autotunnel $domain _devices._autotunnel $domain
		sed 's/^/update add /' old.roster
		echo send
	} | nsupdate -k old.key || fail "the old roster"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --server "$ns" --name evil --state "$1/evil"
	devices "$2" | grep -q '^evil ok' || fail "the thief is not even on his own roster"
}

# With the zone as it was left.
start_bind_again() {
	named -c "$work/$1/named.conf" -g >"$1.log" 2>&1 &
	server_pid=$!
	wait_for_server "$2"
}

# Whatever goes wrong: one phrase holds, and it is known which.
mishaps() {
	local port=5413 name

	rm -rf dnsd
	begin dnsd $port
	"$autotunnel" account new-phrase --state dnsd/laptop <<<"$phrase" 2>err | :
	[[ $(cat err) == *"could not be shown; nothing was changed" ]] || fail "nobody has seen it: $(cat err)"
	stop_server
	expect 1 "Recovery phrase: *" "*nothing was changed*the old recovery phrase holds*" "$phrase" \
		account new-phrase --state dnsd/laptop
	start_dnsd dnsd $port
	[ "$(devices $port | grep -c ^@)" = 0 ] || fail "a phrase was replaced all the same"
	expect 0 "*Enrolled: yes" "" "$phrase" join $domain --state dnsd/laptop

	# Two at the same moment, while the server pauses: one of them is right.
	kill -STOP $server_pid
	for name in laptop nas; do
		"$autotunnel" account new-phrase --state dnsd/$name <<<"$phrase" >$name.phrase 2>&1 &
	done
	sleep 2
	kill -CONT $server_pid
	wait -n || :
	wait $(jobs -p | grep -vx $server_pid) || :
	grep -l "^Changed: " laptop.phrase nas.phrase >winner || fail "nobody: $(cat laptop.phrase nas.phrase)"
	[ "$(wc -l <winner)" -eq 1 ] || fail "both have changed the phrase"
	grep -L "^Changed: " laptop.phrase nas.phrase | xargs cat | grep -q "nothing was changed" || fail "the other one says nothing"
	next=$(sed -n 's/^Recovery phrase: //p' "$(cat winner)")
	join_again dnsd $port laptop

	# Who joins with the new phrase while no name server says what was before it takes it for the first; and
	# has the account's addresses when one does.
	stop_server
	expect 0 "*Enrolled: not yet*" "*" "$next" join $domain --server "$ns" --name radio --state dnsd/radio
	name=$(address_in dnsd/laptop.out)
	[[ $(address_in out) != ${name%%:0:*}:* ]] || fail "how can it know?"
	start_dnsd dnsd $port
	expect 0 "*Address: ${name%%:0:*}:*Enrolled: yes" "*restart autotunneld*" "$next" join $domain --state dnsd/radio
	expect 0 "Nothing else is wrong*" "" "" repair --state dnsd/radio
	expect 0 "*laptop*radio*" "" "" devices --state dnsd/radio

	# A full disk: nothing is half made, and the same again does it.
	mkdir full
	mount -t tmpfs -o size=128k full full
	cp -a dnsd/nas full/
	cat /dev/zero >full/filler 2>/dev/null || :
	expect 1 "" "*No space left on device*" "$next" join $domain --state full/nas
	cmp -s dnsd/nas/tsig.key full/nas/tsig.key && cmp -s dnsd/nas/ca.crt full/nas/ca.crt || fail "half made"
	rm full/filler
	expect 0 "*Address: $(address_in dnsd/nas.out)*Enrolled: yes" "*restart autotunneld*" "$next" join $domain --state full/nas
	umount full

	# An account with machines that are on no roster.
	account_key "$next" >new.key
	nsupdate -k new.key <<-UPDATE
		server 127.0.0.1 $port
		zone $domain
		update delete _autotunnel.$domain TXT
		update delete _devices._autotunnel.$domain TXT
		send
	UPDATE
	expect 4 "Recovery phrase: *" "*are not on its roster: let each of them join once more; nothing was changed*" "$next" \
		account new-phrase --state dnsd/laptop
	stop_server
}

our_own_server
bind_server
mishaps
expect 2 "" "usage: autotunnel account*" "" account
expect 2 "" "usage: autotunnel account*" "" account new-phrase extra
expect 2 "" "usage: autotunnel account*" "" account old-phrase
expect 4 "" "*belongs to no account*" "" account new-phrase --state nowhere
echo "new_phrase.sh: all is well"
