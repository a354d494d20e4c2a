#!/bin/sh
# The files for systemd: a unit without mistakes and well closed, users and directories that can be
# made.  Nothing on this machine is changed.
set -eu

# systemd-analyze's rating, in tenths: 0 is closed, 100 open.
EXPOSURE=32

fail() {
	echo "check.sh: FAIL: $*" >&2
	exit 1
}

for tool in systemd-analyze systemd-sysusers systemd-tmpfiles; do
	command -v $tool >/dev/null || fail "$tool is not installed"
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

users=$(cd "$top_srcdir" && pwd)/init/autotunnel.sysusers.conf # --root wants a whole path
units="$top_builddir/init/autotunneld.service $top_builddir/init/autotunnel-dnsd.service"
tmpfiles=$top_builddir/init/autotunnel.tmpfiles.conf
! grep -n '@[a-z]*dir@' $units "$tmpfiles" || fail "a placeholder is left"

for unit in $units; do
	# The program need not be installed yet to check the unit.
	checked=$work/${unit##*/}
	sed -E 's|^Exec(Start\|Reload)=[^ ]*|Exec\1=/bin/true|' "$unit" >"$checked"
	systemd-analyze verify --man=no "$checked" 2>"$work/said" || fail "$(cat "$work/said")"
	[ ! -s "$work/said" ] || fail "$(cat "$work/said")"
	systemd-analyze security --offline=true --threshold=$EXPOSURE "$unit" >"$work/rating" ||
		fail "$(tail -1 "$work/rating")"
	tail -1 "$work/rating"
done

# systemd would give what is in there to root, and the zones are not root's; and may not signal that other user.
dnsd=$top_builddir/init/autotunnel-dnsd.service
! grep '^StateDirectory' "$dnsd" || fail "the name server's state is tmpfiles.d's"
! grep -E '^ExecReload=.*kill' "$dnsd" || fail "the name server is reloaded by its command"
state=$(sed -n 's/^ReadWritePaths=.* //p' "$dnsd")
grep -q "^d $state 0755 autotunnel-dnsd autotunnel-dnsd " "$tmpfiles" || fail "$state is made by nobody"

# No service of its own, only a word to one: nothing to be closed in.
sleep=$top_builddir/init/autotunnel-sleep.service
! grep -n '@[a-z]*dir@' "$sleep" || fail "a placeholder is left"
sed 's|^Exec\(St[a-z]*\)=-[^ ]*|Exec\1=-/bin/true|' "$sleep" >"$work/autotunnel-sleep.service"
systemd-analyze verify --man=no "$work/autotunnel-sleep.service" 2>"$work/said" || fail "$(cat "$work/said")"
[ ! -s "$work/said" ] || fail "$(cat "$work/said")"

# The sockets that autotunnel-dnsd(8) shows, with the service they are for.
sed -n '/^\[Socket\]/,/^\.Ed/p' "$top_srcdir/man/autotunnel-dnsd.8.in" | sed '/^\.Ed/d' \
	>"$work/autotunnel-dnsd.socket"
grep -q '^ListenDatagram=53$' "$work/autotunnel-dnsd.socket" || fail "autotunnel-dnsd(8) shows no sockets"
systemd-analyze verify --man=no "$work/autotunnel-dnsd.socket" 2>"$work/said" || fail "$(cat "$work/said")"
[ ! -s "$work/said" ] || fail "$(cat "$work/said")"

systemd-sysusers --dry-run --root="$work" "$users" >"$work/users" 2>&1 ||
	fail "$(cat "$work/users")"
for user in map dns ike; do
	grep -q "Creating user 'autotunnel-$user'" "$work/users" || fail "no user autotunnel-$user"
	grep -q "\"user-$user\", &config_name, \"autotunnel-$user\"" "$top_srcdir/src/config/keys.c" ||
		fail "user-$user of autotunnel.conf(5) has another default"
done
grep -q "Creating user 'autotunnel-dnsd'" "$work/users" || fail "no user autotunnel-dnsd"
grep -q '"user", &config_name, "autotunnel-dnsd"' "$top_srcdir/dnsupdate/server/conf_keys.c" ||
	fail "user of autotunnel-dnsd.conf(5) has another default"
grep -q "Creating group 'autotunnel' " "$work/users" || fail "no group autotunnel"

# Who may not be root cannot give the directories to root; their being made is what counts.
sed -E 's/ (root root|autotunnel-dnsd autotunnel-dnsd) / - - /' "$tmpfiles" >"$work/tmpfiles.conf"
systemd-tmpfiles --root="$work" --create "$work/tmpfiles.conf" >"$work/said" 2>&1 || fail "$(cat "$work/said")"
for dir in $(sed -n 's/^d \([^ ]*\) .*/\1/p' "$tmpfiles"); do
	[ -d "$work$dir" ] || fail "$dir was not made"
done
echo "check.sh: unit, users and directories are in order"
