#!/bin/sh
# autotunnel(1) as a person or a script calls it, without a daemon: usage, help, what each exit
# status is for.  What it shows of a running daemon is the lab's business.
set -eu

command=$top_builddir/autotunnel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nowhere=$work/nobody.sock

fail() {
	echo "cli.sh: FAIL: $*" >&2
	exit 1
}

# expect STATUS OUT ERR ARGUMENT...: OUT and ERR are shell patterns for the two outputs
expect() {
	want=$1 out=$2 err=$3
	shift 3
	got=0
	"$command" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" -eq "$want" ] || fail "$*: exit status $got, want $want: $(cat "$work/err")"
	# shellcheck disable=SC2254 # patterns
	case $(cat "$work/out") in $out) ;; *) fail "$*: stdout: $(cat "$work/out")" ;; esac
	# shellcheck disable=SC2254
	case $(cat "$work/err") in $err) ;; *) fail "$*: stderr: $(cat "$work/err")" ;; esac
	echo "ok: autotunnel $*"
}

# Help and usage.
expect 0 "usage: autotunnel*status*ping*zone*" "" --help
expect 0 "usage: autotunnel*" "" help
expect 0 "autotunnel [0-9]*" "" --version
expect 2 "" "usage: autotunnel*"
expect 2 "" "*unrecognized option*" --nonsense
expect 2 "" "*no verb \"statsu\"; did you mean \"status\"?*" statsu
expect 2 "" "*no verb \"frobnicate\"; \"autotunnel help\"*" frobnicate
expect 2 "" '*no verb "\\x1b\[31mred"*' "$(printf '\033[31mred')"
for verb in status ping trace map metrics wait init join zone account reload log version help; do
	expect 0 "usage: autotunnel $verb*" "" help $verb
done
expect 2 "" "*did you mean \"ping\"*" help pong

# Wrong arguments.
expect 2 "" "usage: autotunnel ping*" ping
expect 2 "" "usage: autotunnel ping*" ping one two
expect 2 "" "usage: autotunnel ping*" ping -c 0 nas
expect 2 "" "usage: autotunnel ping*" ping -c many nas
expect 2 "" "usage: autotunnel trace*" trace
expect 2 "" "usage: autotunnel trace*" trace -W 0 nas
expect 2 "" "*usage: autotunnel status*" status --frob
expect 2 "" "usage: autotunnel status*" status one two
expect 2 "" "usage: autotunnel log*" log
expect 2 "" "usage: autotunnel log*" log loud
expect 2 "" "usage: autotunnel wait*" wait --timeout -1
expect 2 "" "usage: autotunnel reload*" reload now
expect 2 "" "usage: autotunnel map*" map nas
expect 2 "" "usage: autotunnel metrics*" metrics nas
expect 2 "" "usage: autotunnel version*" version please
expect 2 "" "usage: autotunnel account admin*" account
expect 2 "" "usage: autotunnel account admin*" account amdin
expect 2 "" "usage: autotunnel account admin*" account admin now
expect 2 "" "*unrecognized option*usage: autotunnel account admin*" account admin --key x
expect 4 "" "*belongs to no account*" account admin --state "$work/none"
expect 0 "" "*there is no admin.key in $work/none*" account admin --remove --state "$work/none"

# Nobody there.
for verb in status "status --json" "status --watch" "status nas" "ping nas" "trace nas" map "map --verify" metrics reload "log info"; do
	# shellcheck disable=SC2086 # words
	expect 3 "" "autotunnel: autotunneld is not running*" -s "$nowhere" $verb
done
expect 7 "" "autotunnel: autotunneld is not running*" -s "$nowhere" wait --timeout 0
expect 7 "" "autotunnel: autotunneld is not running*" -s "$nowhere" wait --timeout 1 nas
expect 0 "autotunnel [0-9]*" "*not running*" -s "$nowhere" version
expect 0 '{"schema":1,"version":"*","daemon":null,"strongswan":null}' "*" -s "$nowhere" version --json

# The configuration says where the daemon is.
printf '[daemon]\nrun-dir = %s\n' "$work/run" >"$work/good.conf"
expect 3 "" "*not running (nobody at $work/run/control.sock)*" -c "$work/good.conf" status
printf '[daemon]\nrun-dri = /run/x\n' >"$work/bad.conf"
expect 1 "" "*bad.conf:2: *run-dri*" -c "$work/bad.conf" status
expect 1 "" "*No such file*" -c "$work/none.conf" status

# The smallest of systems have no /etc/services: what is said by number goes, and ssh, the default; nothing else does.
cat >"$work/bare" <<END
#!/bin/sh
exec unshare $([ "$(id -u)" -eq 0 ] || echo --user --map-root-user) --mount sh -c '
	[ ! -e /etc/services ] || mount --bind /dev/null /etc/services
	exec "\$@"' sh $(realpath "$command") "\$@"
END
chmod +x "$work/bare"
command=$work/bare
expect 3 "" "*not running*" -c "$work/good.conf" status
printf '[daemon]\nrun-dir = %s\n[allow]\neveryone = ssh tcp/8080\n' "$work/run" >"$work/number.conf"
expect 3 "" "*not running*" -c "$work/number.conf" status
printf '[allow]\neveryone = imap\n' >"$work/name.conf"
expect 1 "" "*name.conf:2: *imap*" -c "$work/name.conf" status

echo "cli.sh: all passed"
