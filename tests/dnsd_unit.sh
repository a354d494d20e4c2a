#!/bin/bash
# autotunnel-dnsd with the rights that its systemd unit leaves it: root, but without CAP_DAC_OVERRIDE, who may not
# write where only others may.  At its first start, at the next ones, and when its TLS key is gone, it has its control socket
# and its key, and its folders belong to the user it becomes.  A second one changes nothing for the first.
set -eu

if [ "${1:-}" != inside ]; then
	unshare=unshare
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
fi
dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
dnsctl=$(realpath "$top_builddir/autotunnel-dnsctl")
unit=$(realpath "$top_srcdir/init/autotunnel-dnsd.service.in")
server=
work=$(mktemp -d)
stop() {
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || :
	server=
}
trap 'stop; rm -rf "$work"' EXIT
ip link set lo up
chmod 755 "$work"
cd "$work"
# locked in, the server cannot be searched for leaks: the unit tests are
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0

fail() {
	echo "dnsd_unit.sh: FAIL: $*" >&2
	tail -n 15 log >&2 2>/dev/null || :
	exit 1
}

cat >conf <<-CONF
	[server]
	listen = 127.0.0.1
	tls-listen = 127.0.0.1
	state-dir = $work/state
	run-dir = $work/run
	user = nobody
	[zone z.example]
	account-key = hmac-sha256:k.z.example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=
CONF
command -v setpriv >/dev/null || fail "setpriv is not installed"
rights=$(sed -n 's/^CapabilityBoundingSet=//p' "$unit" | sed 's/CAP_/+/g; s/ /,/g' | tr '[:upper:]' '[:lower:]')
case $rights in
*dac_override*) fail "the unit has that right now: what is this test for?" ;;
+*) ;;
*) fail "no rights in $unit" ;;
esac

# as_unit COMMAND...
as_unit() {
	exec setpriv --bounding-set="-all,$rights" --no-new-privs "$@"
}

# start WHAT: it serves, may be asked how it does, and has given its folders away
start() {
	: >log # the last one's says that it serves, too
	as_unit "$dnsd" -c conf >>log 2>&1 &
	server=$!
	for _ in $(seq 100); do
		grep -q "serving 1 zones" log && break
		kill -0 $server 2>/dev/null || fail "$1: it ended"
		sleep 0.1
	done
	"$dnsctl" -s run/control status >out 2>&1 || fail "$1: no control socket: $(cat out)"
	[ -s state/tls.pem ] || fail "$1: no TLS key"
	[ "$(stat -c %U state run | sort -u)" = nobody ] || fail "$1: folders of $(stat -c %U state run)"
	! grep -E "no control socket|cannot|ermission" log || fail "$1: it complains"
	echo "ok: $1"
}

start "first start"
pin=$(grep -o "pin .*" log)
stop
start "second start"
[ "$(grep -o "pin .*" log)" = "$pin" ] || fail "another TLS key"
stop
rm state/tls.pem
start "a start without the key"
[ "$(grep -o "pin .*" log)" != "$pin" ] || fail "the same TLS key"

! (as_unit "$dnsd" -c conf) >second.log 2>&1 || fail "a second server: it ended well"
grep -q "another autotunnel-dnsd is running" second.log || fail "a second server: $(cat second.log)"
[ "$(stat -c %U state run | sort -u)" = nobody ] || fail "a second server took the folders"
printf 'server 127.0.0.1\nupdate add a.z.example 60 A 192.0.2.1\nsend\n' |
	nsupdate -y hmac-sha256:k.z.example:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= || fail "a second server: no updates"
echo "ok: a second server"
