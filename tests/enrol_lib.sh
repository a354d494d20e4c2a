# Enrolment against real name servers on the loopback interface of a network namespace of its own.  For
# scripts that have entered one (enrol_enter) and then begin with enrol_begin.

# enrol_enter "$@": this script again, in namespaces of its own.
enrol_enter() {
	local unshare=unshare

	[ "${1:-}" != inside ] || return 0
	[ "$(id -u)" -eq 0 ] || unshare="unshare --user --map-root-user"
	exec $unshare --net --mount "$0" inside
}

stop_server() {
	[ -z "$server_pid" ] || kill "$server_pid"
	[ -z "$server_pid" ] || wait "$server_pid" || :
	server_pid=
}

enrol_begin() {
	autotunnel=$(realpath "$top_builddir/autotunnel")
	dnsd=$(realpath "$top_builddir/autotunnel-dnsd")
	domain=alice.example.com
	other="scheme spot photo card baby mountain device kick cradle pact join borrow"
	work=$(mktemp -d)
	server_pid=
	trap 'stop_server; rm -rf "$work"' EXIT
	ip link set lo up
	cd "$work"
}

fail() {
	echo "${0##*/}: FAIL: $*" >&2
	tail -n 20 "$work"/err "$work"/*.log >&2 || :
	exit 1
}

# expect STATUS OUT ERR INPUT ARGUMENT...: OUT and ERR are patterns for the two outputs.
expect() {
	local want=$1 out=$2 err=$3 input=$4 got=0

	shift 4
	"$autotunnel" "$@" >out 2>err <<<"$input" || got=$?
	[ $got -eq "$want" ] || fail "$*: exit status $got, want $want"
	[[ $(cat out) == $out ]] || fail "$*: stdout: $(cat out)"
	[[ $(cat err) == $err ]] || fail "$*: stderr: $(cat err)"
	echo "ok: autotunnel $*"
}

zone_file() {
	cat >"$1/$domain.zone" <<-ZONE
		\$TTL 60
		@ SOA ns hostmaster 1 3600 600 604800 60
		@ NS ns
		ns A 127.0.0.1
	ZONE
}

# start_bind DIR PORT, start_knot DIR PORT, start_dnsd DIR PORT: with DIR/zone.conf; returns when it answers.
start_bind() {
	zone_file "$1"
	cat >"$1/named.conf" <<-CONF
		options {
			directory "$work/$1"; pid-file none; session-keyfile none; recursion no;
			listen-on port $2 { 127.0.0.1; }; listen-on-v6 { none; };
		};
		controls { };
		include "$work/$1/zone.conf";
	CONF
	named-checkconf -z "$1/named.conf" >"$1.log" || fail "BIND does not take what zone printed"
	named -c "$work/$1/named.conf" -g >"$1.log" 2>&1 &
	server_pid=$!
	wait_for_server "$2"
}

start_knot() {
	zone_file "$1"
	cat >"$1/knot.conf" - "$1/zone.conf" <<-CONF
		server:
		    rundir: $work/$1
		    listen: 127.0.0.1@$2
		database:
		    storage: $work/$1
		template:
		  - id: default
		    storage: $work/$1
	CONF
	knotc -c "$1/knot.conf" conf-check >"$1.log" 2>&1 || fail "Knot does not take what zone printed"
	knotd -c "$work/$1/knot.conf" >"$1.log" 2>&1 &
	server_pid=$!
	wait_for_server "$2"
}

start_dnsd() {
	{
		printf '[server]\nlisten = 127.0.0.1:%s\nuser = nobody\n' "$2"
		printf 'state-dir = %s\nrun-dir = %s\n' "$work/$1/state" "$work/$1/run"
		sed 's/^#address = [^ \t]*/address = 127.0.0.1/' "$1/zone.conf"
	} >"$1/dnsd.conf"
	chmod 711 "$work" "$work/$1"
	"$dnsd" -n -c "$1/dnsd.conf" 2>"$1.log" || fail "autotunnel-dnsd does not take what zone printed"
	"$dnsd" -c "$work/$1/dnsd.conf" >"$1.log" 2>&1 &
	server_pid=$!
	wait_for_server "$2"
}

wait_for_server() {
	for _ in $(seq 100); do
		dig +tries=1 +time=1 @127.0.0.1 -p "$1" SOA $domain 2>/dev/null |
			grep -q hostmaster && return
		sleep 0.1
	done
	fail "the name server does not answer"
}

# The account's TSIG key as BIND's tools read it.
account_key() {
	"$autotunnel" zone bind $domain --keys-only <<<"$1"
}

machines() {
	dig +short @127.0.0.1 -p "$1" PTR _autotunnel._udp.$domain | sort | tr '\n' ' '
}

# The head of the roster, without what differs from run to run; and its lines.
head_of() {
	dig +short @127.0.0.1 -p "$1" TXT _autotunnel.$domain | tr -d '"' | sed 's/ t=[0-9]*//; s/ sig=.*//'
}

devices() {
	dig +short @127.0.0.1 -p "$1" TXT _devices._autotunnel.$domain | sed 's/" "/\n/g' | tr -d '"'
}

# may KEYFILE PORT yes|no RECORD: an UPDATE adding it
may() {
	local got=yes

	nsupdate -p "$2" -k "$1" >update.log 2>&1 <<-UPDATE || got=no
		server 127.0.0.1 $2
		zone $domain
		update add $4
		send
	UPDATE
	[ $got = "$3" ] || fail "$1 may write \"$4\": $got, want $3"
	echo "ok: $3: $1 writes $4"
}

# wait_for_text FILE PATTERN
wait_for_text() {
	for _ in $(seq 150); do
		! grep -q "$2" "$1" || return 0
		sleep 0.1
	done
	fail "$1 does not say \"$2\": $(cat "$1")"
}
