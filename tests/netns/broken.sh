#!/bin/bash
# The tests must be able to fail: with any one of the four processes broken on purpose, the story
# does not pass.  A worker that would have to be root refuses to run; a manager without its directory
# cannot run either.
set -euo pipefail

dir=$(cd "$(dirname "$0")" && pwd)
failed=0

# must_fail PROCESS CONFIG-LINE
must_fail() {
	local out

	if out=$(BROKEN=$2 "$dir/story_bind.sh" 2>&1); then
		echo "FAIL  the story passes although $1 is broken"
		failed=1
	elif ! grep -q '^FAIL' <<<"$out"; then
		echo "FAIL  with $1 broken the story ended in another way:"
		tail -n 5 <<<"$out"
		failed=1
	else
		echo "ok    $1 broken: $(grep -m 1 '^FAIL' <<<"$out" | sed 's/^FAIL *//')"
	fi
}

must_fail natpmp 'user-map = root'
must_fail dnsupdate 'user-dns = root'
must_fail ipsec 'user-ike = root'
must_fail manager 'run-dir = /proc/nowhere'
exit $failed
