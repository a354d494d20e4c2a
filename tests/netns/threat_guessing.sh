#!/bin/bash
# Offline guessing: whoever has a machine's disk, the whole zone, the name server's configuration and
# all that crossed the wire finds neither the recovery phrase in it nor the account's key on the
# machine's disk; he can only guess phrases, of 128 bits each, and each guess wants 64 MiB.  So does
# a guess of the passphrase under which an admin device keeps the phrase.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named xxd

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop
passphrase="orbit clinic velvet pigeon tundra"
check "laptop is an admin device" lab_exec laptop autotunnel account admin <<<"$LAB_PHRASE"$'\n'"$passphrase"
LAB_SNAPLEN=2000 lab_capture wire
lab_daemon laptop
check_soon "laptop publishes" 20 lab_is_published laptop
lab_capture_stop wire
check "it stops" lab_daemon_stop laptop

# What he has.
mkdir $LAB/loot
lab_exec laptop tar -C /var/lib/autotunnel -cf - . | tar -C $LAB/loot -xf -
cp $LAB/pcap/wire.pcap "$(lab_log laptop autotunneld)" $LAB/loot/
check "the machine's disk" test -s $LAB/loot/device.key -a -s $LAB/loot/tsig.key
check "and what is sealed" test -s $LAB/loot/admin.key
check "the wire, with signed updates" test "$(lab_packets wire 'dst port 53')" -gt 0

# found SECRET: hexadecimal; is it in the loot, as it is or in hexadecimal or base64?
found() {
	local file

	for file in $(find $LAB/loot -type f); do
		xxd -p -c 0 "$file" | grep -q "$1" && return
		grep -aiq "$1" "$file" && return
		grep -aqF "$(xxd -r -p <<<"$1" | base64 -w 0)" "$file" && return
	done
	return 1
}

hex() {
	printf %s "$1" | xxd -p -c 0
}

keys=$(lab_exec laptop autotunnel zone bind $LAB_DOMAIN laptop <<<"$LAB_PHRASE")
# secret NAME: of that key, as the phrase makes it
secret() {
	grep -A 2 "key \"$1\"" <<<"$keys" | sed -n 's/.*secret "\(.*\)".*/\1/p' | base64 -d | xxd -p -c 0
}

check "its own key is there, so the search can find" found "$(secret laptop.$LAB_DOMAIN)"
check_not "the account's is not" found "$(secret autotunnel-account.$LAB_DOMAIN)"
check_not "nor the phrase" found "$(hex "$LAB_PHRASE")"
read -ra words <<<"$LAB_PHRASE"
check_equal "of twelve words" 12 ${#words[@]}
check_not "nor its beginning" found "$(hex "${words[*]:0:4}")"
check_not "nor its end" found "$(hex "${words[*]:8}")"
check_not "nor the passphrase" found "$(hex "$passphrase")"

# guess KIB: one guess by a process of so much memory in all; 0 when it has keys to try.
guess() {
	lab_exec laptop sh -c "ulimit -v $1 && exec autotunnel zone bind $LAB_DOMAIN laptop" \
		<<<"$LAB_PHRASE" | grep -q secret
}

# All that the program takes beside is little: so what it fails of is the guess.
small() {
	{ lab_exec laptop sh -c "ulimit -v $1 && exec autotunnel zone bind" 2>&1 || :; } | grep -q usage
}
check "the program runs in 60 MiB" small $((60 * 1024))
check_not "a guess does not" guess $((60 * 1024))
check "with 64 MiB more it does" guess $((60 * 1024 + 64 * 1024))

# guess_passphrase KIB WHAT: what comes of the right one, where there is so much memory?
guess_passphrase() {
	{ lab_exec laptop sh -c "ulimit -v $1 && exec autotunnel revoke nobody" <<<"$passphrase" 2>&1 || :; } |
		grep -q "$2"
}
check "nor does a guess of the passphrase" guess_passphrase $((60 * 1024)) "cannot try the passphrase"
check "with 64 MiB more it does, too" guess_passphrase $((60 * 1024 + 64 * 1024)) "no nobody.$LAB_DOMAIN on the roster"

# Phrases are not chosen by people, nor twice.
for ((i = 0; i < 10; i++)); do
	lab_exec laptop autotunnel init --domain $LAB_DOMAIN --server $LAB_NS --name laptop --state /tmp/s$i 2>/dev/null |
		sed -n 's/^Recovery phrase: //p'
done >$LAB/phrases || :
check_equal "ten phrases are ten" 10 "$(sort -u $LAB/phrases | wc -l)"
check "and of many words: nearly all of their 120 are different" \
	[ "$(tr ' ' '\n' <$LAB/phrases | sort -u | wc -l)" -gt 100 ]
