#!/bin/bash
# The lab leaves nothing behind, even when it is killed with SIGKILL; and two labs with the same
# names run side by side.
#
#    this script ── starts ──► lab one, lab two (each: laptop ─ home ─ Internet)
#
# This one looks at labs from outside, so the labs are the same script run again.
set -euo pipefail

dir=$(cd "$(dirname "$0")" && pwd)

# The part that is a lab: set up, say so, stay.
if [ "${1:-}" = --victim ]; then
	LAB_PLAIN=1
	. "$dir/lab.sh"
	lab_internet
	lab_nat home 11.22.33.2 192.168.1.1/24
	lab_host laptop home
	lab_capture wire
	lab_exec laptop sh -c 'echo mine >/etc/lab-was-here'
	lab_exec laptop ping -c 1 -W 2 11.22.33.1 >/dev/null
	echo up >"$2"
	sleep 600 &
	wait
	exit 1
fi
[ "$(id -u)" = 0 ] || { echo "lab_killed: network namespaces need root" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
	echo "FAIL  $*"
	cat "$work"/*.log | sed 's/^/      | /'
	exit 1
}

# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 20))
	shift

	until "$@"; do
		[ $((tries -= 1)) -gt 0 ] || return 1
		sleep 0.05
	done
}

# What a lab makes, as it would look on this machine if it got out.
leftovers() {
	ls -d /run/lab /run/netns/home /run/netns/laptop /etc/lab-was-here 2>/dev/null || :
	ip -o link show | grep -wE 'internet|home|laptop' || :
	grep -E ' /run/lab|^lab ' /proc/self/mounts || :
}

start_lab() {
	"$dir/lab_killed.sh" --victim "$work/$1.up" >"$work/$1.log" 2>&1 &
	eval "$1=$!"
}

# The PID namespace of a lab, by its process 1, the only child of the one we started.
pid_namespace() {
	readlink "/proc/$(tr -d ' ' <"/proc/$1/task/$1/children")/ns/pid"
}

members() {
	local ns

	for ns in /proc/[0-9]*/ns/pid; do
		[ "$(readlink "$ns" 2>/dev/null)" != "$1" ] || echo "$ns"
	done
}

is_empty() {
	[ -z "$(members "$1")" ]
}

[ -z "$(leftovers)" ] || fail "this machine has what looks like a lab before it starts: $(leftovers)"
start_lab one
start_lab two
wait_for 10 test -s "$work/one.up" || fail "the first lab does not come up"
wait_for 10 test -s "$work/two.up" || fail "the second lab does not come up beside it"
echo "ok    two labs with the same names run side by side"

ns_one=$(pid_namespace "$one")
ns_two=$(pid_namespace "$two")
[ "$(members "$ns_one" | wc -l)" -gt 4 ] || fail "the lab's processes cannot be seen"
kill -KILL "$one"
wait "$one" 2>/dev/null || :
wait_for 5 is_empty "$ns_one" || fail "processes of a killed lab live on"
echo "ok    killed with SIGKILL, no process of it is left"

[ "$(members "$ns_two" | wc -l)" -gt 4 ] || fail "the other lab died too"
echo "ok    the other one runs on"
# SIGTERM to its process 1: an orderly end
kill -TERM "$(tr -d ' ' <"/proc/$two/task/$two/children")"
wait_for 15 is_empty "$ns_two" || fail "a lab does not end on SIGTERM"
wait "$two" 2>/dev/null || :
echo "ok    the other ends on SIGTERM"

[ -z "$(leftovers)" ] || fail "something is left: $(leftovers)"
echo "ok    no interface, mount or file is left"
