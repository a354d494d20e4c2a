#!/bin/bash
# How soon a change of one machine's records is known in another's manager, by each channel, and what
# following 10 and 1000 machines costs while nothing changes but their leases.  One machine follows,
# the others are played (changes_drive); the server is autotunnel-dnsd.
. "${0%/*}/lib.sh"
domain=alice.example.com
secret=0123456789abcdef0123456789abcdef
base64=$(printf %s $secret | base64)

lab_require dig
lab_internet
lab_ns
lab_host laptop internet 5
cp "$AT_BUILD/tests/bench/changes_drive" $LAB/changes_drive

# serve yes|no: a zone without anything, served anew, with or without subscriptions.
serve() {
	lab_exec ns rm -rf /var/lib/autotunnel-dnsd
	lab_dnsd $domain <<-CONF
		[zone $domain]
		address = $LAB_NS
		services = $1
		account-key = hmac-sha256:account:$base64
	CONF
}

# follow CHANNEL PEERS CHANGES
follow() {
	local channel=$1 peers=$2 changes=$3 pin= metric unit value

	serve "$([ "$channel" = poll ] && echo no || echo yes)"
	[ "$channel" != push ] ||
		pin=pin=$(sed -n 's/.*TLS key pin //p' "$(lab_log ns dns)" | tail -n 1)
	lab_exec laptop $LAB/changes_drive $LAB_NS $domain $secret "$peers" "$changes" \
		"$BENCH_SECONDS" "$channel" eth0 $pin >$LAB/changes
	while IFS=$'\t' read -r metric unit value; do
		bench_value "$peers machines: $metric" "$unit" "$channel" "$value"
	done <$LAB/changes
	lab_ns_stop
}

LAB_DNSD="tls-listen = $LAB_NS"
for peers in 10 1000; do
	follow push $peers "${BENCH_CHANGES:-200}"
	follow llq $peers "${BENCH_CHANGES:-200}"
	follow poll $peers 10
done
