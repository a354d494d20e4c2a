#!/bin/sh
# The daemon as a daemon, on a machine that is not enrolled: into the background and out of it, its
# configuration read again, started twice, killed, started in bad company.  Needs root, or the right
# to make a user namespace; touches nothing outside a directory of its own.
set -eu

[ "$(id -u)" = 0 ] || exec unshare -r "$0" "$@"

daemon=$(cd "$top_builddir" && pwd)/autotunneld
command=$(cd "$top_builddir" && pwd)/autotunnel
work=$(mktemp -d)
first=

cleanup() {
	[ -z "$first" ] || kill -9 "$first" 2>/dev/null || :
	rm -rf "$work"
}
trap cleanup EXIT

fail() {
	echo "background.sh: FAIL: $*" >&2
	exit 1
}

tell() {
	"$command" -s "$work/run/control.sock" "$@"
}

daemon_pid() {
	tell status --json | grep -o '"pid":[0-9]*' | sed -n '1s/.*://p'
}

write_config() {
	cat >"$work/at.conf" <<-END
		[daemon]
		state-dir = $work/state
		run-dir = $work/run
		$*
	END
}

is_not_enrolled() {
	rc=0
	tell status >"$work/said" 2>&1 || rc=$?
	[ $rc = 4 ] || fail "status $rc after $1: $(cat "$work/said")"
}

# ---- into the background, from a careful shell and with a relative path
write_config
(cd "$work" && umask 077 && "$daemon" -c at.conf) || fail "it does not start in the background"
first=$(daemon_pid)
[ -n "$first" ] || fail "nobody tells the manager's pid: $(tell status --json)"
is_not_enrolled start
[ "$(stat -c %a "$work/run")" = 755 ] || fail "the names and the socket are closed to everybody"
[ "$(stat -c %a "$work/state")" = 700 ] || fail "the state directory is open"
[ "$(readlink "/proc/$first/cwd")" = / ] || fail "it holds on to a directory"
for fd in 0 1 2; do
	[ "$(readlink "/proc/$first/fd/$fd")" = /dev/null ] || fail "stream $fd is open"
done

# ---- the configuration again
tell reload || fail "a relative -c cannot be read again"
write_config "log = loud"
! tell reload 2>"$work/said" || fail "a broken configuration was taken"
grep -q 'at.conf:4: log' "$work/said" || fail "no file and line: $(cat "$work/said")"
kill -HUP "$first"
rm "$work/at.conf"
! tell reload 2>"$work/said" || fail "a configuration that is gone became all defaults"
write_config "log = debug"
tell reload || fail "a good configuration was not taken"
is_not_enrolled "the reloads"

# ---- a second one, in the foreground and in the background
! timeout 10 "$daemon" -f -c "$work/at.conf" 2>"$work/said" || fail "two daemons in one run-dir"
grep -q 'another autotunneld is running' "$work/said" || fail "$(cat "$work/said")"
! "$daemon" -c "$work/at.conf" 2>"$work/said" || fail "two daemons in one run-dir"
grep -q 'system log' "$work/said" || fail "failing in the background it says: $(cat "$work/said")"
sed "s|/run$|/run2|" "$work/at.conf" >"$work/twin.conf"
! timeout 10 "$daemon" -f -c "$work/twin.conf" 2>"$work/said" || fail "two daemons with one identity"
grep -q 'another autotunneld is running with .*state ' "$work/said" || fail "$(cat "$work/said")"
is_not_enrolled "the second daemon"
[ "$(daemon_pid)" = "$first" ] || fail "the second daemon took the first one's place"

# ---- killed without a word; what it left is no hindrance
echo "fd00::1 nas.alice.example nas" >"$work/run/hosts"
kill -9 "$first"
while kill -0 "$first" 2>/dev/null; do sleep 0.05; done
"$daemon" -c "$work/at.conf" || fail "it does not start after a kill -9"
first=$(daemon_pid)
[ ! -e "$work/run/hosts" ] || fail "the names of the dead are still there"
kill "$first"
while kill -0 "$first" 2>/dev/null; do sleep 0.05; done
[ ! -e "$work/run/control.sock" ] || fail "the socket is left behind"

# ---- without standard streams
"$daemon" -f -c "$work/at.conf" <&- >&- 2>&- &
for i in 1 2 3 4 5 6 7 8 9 10; do
	[ -e "$work/run/control.sock" ] && break
	sleep 0.1
done
first=$(daemon_pid)
for fd in 0 1 2; do
	[ "$(readlink "/proc/$first/fd/$fd")" = /dev/null ] || fail "something of ours became stream $fd"
done
kill "$first"
wait "$first" || fail "it ends with status $?"
first=

# ---- where nothing can be written
cat >"$work/proc.conf" <<-END
	[daemon]
	state-dir = $work/state
	run-dir = /proc/autotunnel
END
! "$daemon" -f -c "$work/proc.conf" 2>"$work/said" || fail "it runs without a run-dir"
grep -q '/proc/autotunnel: ' "$work/said" || fail "$(cat "$work/said")"

# ---- enrolled, but its users were never made; port 9 of the loopback is no name server
"$command" init --domain alice.example --name nas --server 127.0.0.1:9 --wait 0 --state "$work/state" \
	>"$work/said" 2>&1 || fail "$(cat "$work/said")"
write_config "user-dns = nobody-$$"
! timeout 10 "$daemon" -f -c "$work/at.conf" 2>"$work/said" || fail "it runs without its users"
grep -q 'there is no user "' "$work/said" || fail "$(cat "$work/said")"

echo "background.sh: all is well"
