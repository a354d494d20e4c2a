#!/bin/bash
# Measure, all or the named, and print a table.
#
#	tests/bench/bench.sh [--json] [-v] [--against SUBJECT,...] [NAME...]
#
#	cold	both daemons start (two NATs, a name server): seconds to the first byte by name
#	first	both run, no tunnel is up: from the first packet to its reply
#	memory	resident, idle and after a flood of UDP through the tunnel
#	idle	wake-ups and processor time of all processes when nothing is sent
#	changes	how soon a change of one machine is known to another, by each channel, and what
#		following 10 and 1000 costs; 200 changes (BENCH_CHANGES); no other subject
#	tcp	one TCP stream through the tunnel, and the processor time it costs
#	wire	one wire, cut to frames of 1500 octets and not: TCP, small UDP, ping, 1 Gbit/s
#	samelan	ping of two machines in one LAN: through the tunnel, and without; what of it is the tunnel's
#	flood	the memory of ESP under floods, and whether another tunnel works meanwhile
#	mobility	how long packets are lost when a machine moves, its router reboots, both move at once;
#		BENCH_MOVES (20) runs of each, and BENCH_OTHERS (3) of the other subjects
#	wander	a thousand random moves, losses and deaths of parts (BENCH_STEPS), a connection going on; no
#		other subject, and only when it is named
#	suspend	how soon packets flow again after an hour's sleep, of virtual time; BENCH_MOVES of each kind; no
#		other subject, and only when it is named
#	day	a day (BENCH_HOURS) in virtual time, with moves and deaths of parts; no other subject, and only
#		when it is named
#	map	a port mapping: from nothing, and after the router restarted (natpmpc, upnpc)
#
# In the same run, on the same machines of the lab, the same is measured of what one would take
# instead (wireguard,tinc,charon,fastd,nebula; --against none for no other): wireguard-go, tinc and fastd
# with keys and port forwards made by hand, strongSwan's daemon with its own user-space ESP, and nebula with
# a lighthouse and certificates carried over.
# doc/benchmarks.md has figures, and says what was counted.
#
# --json prints a line for each metric and subject instead, with every single value; -v shows what
# the labs print.  Environment: AT_BUILD, and how much is done:
#	BENCH_RUNS (5)  BENCH_FIRST (20)  BENCH_SECONDS (30, a look at idle)  BENCH_LOOKS (3)
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

dir=$(cd "$(dirname "$0")" && pwd)
export AT_BUILD=${AT_BUILD:-${dir%/tests/bench}/build}
export BENCH_RUNS=${BENCH_RUNS:-5} BENCH_FIRST=${BENCH_FIRST:-20}
export BENCH_MOVES=${BENCH_MOVES:-20} BENCH_OTHERS=${BENCH_OTHERS:-3}
export BENCH_SECONDS=${BENCH_SECONDS:-30} BENCH_LOOKS=${BENCH_LOOKS:-3}
all=(cold first memory idle tcp wire samelan flood map changes identity mobility)
more=(wander suspend day) # only when named
against=wireguard,tinc,charon,fastd,nebula json= verbose=
limit=600 # seconds, for each

die() {
	printf 'bench.sh: %s\n' "$*" >&2
	exit 1
}

usage() {
	sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

# need PROGRAM PACKAGE...
need() {
	local program=$1
	shift

	command -v "$program" >/dev/null || missing+=("$@")
}

# What must be there for this run; nothing is left out because it is missing.
check_tools() {
	local missing=() masks=()

	need iperf3 iperf3
	need jq jq
	[[ ,$against, != *,wireguard,* ]] || { need wireguard-go wireguard-go; need wg wireguard-tools; }
	[[ ,$against, != *,tinc,* ]] || need tincd tinc
	[[ ,$against, != *,fastd,* ]] || need fastd fastd
	[[ ,$against, != *,nebula,* ]] || need nebula nebula
	[[ ,$against, != *,charon,* ]] || {
		need charon-systemd charon-systemd
		need swanctl strongswan-swanctl
		[ -e /usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so ] ||
			missing+=(libcharon-extra-plugins)
	}
	[ ${#missing[@]} -gt 0 ] || return 0
	[[ " ${missing[*]} " != *" tinc "* ]] || masks+=(tinc)
	[[ " ${missing[*]} " != *" charon-systemd "* ]] || masks+=(strongswan)
	echo "bench.sh: ${missing[*]} missing.  Install with:" >&2
	[ ${#masks[@]} = 0 ] ||
		echo "	systemctl mask ${masks[*]}	# else apt starts these on this machine" >&2
	echo "	apt install --no-install-recommends ${missing[*]}" >&2
	exit 1
}

# Install once for all (lab.sh would do it for each).
stage() {
	[ -z "${AT_STAGE:-}" ] || return 0
	export AT_STAGE=$AT_BUILD/stage
	flock "$AT_BUILD/stage.lock" \
		make -s -C "$AT_BUILD" install DESTDIR="$AT_STAGE" >"$AT_BUILD/stage.log" 2>&1 ||
		die "make install failed: see $AT_BUILD/stage.log"
}

# run NAME [ARGUMENT...]: one script in a lab of its own; it appends its values to $BENCH_RESULTS.
run() {
	local name=$1 status=0 log=$AT_BUILD/bench/$1.log
	shift

	echo "measuring: $name${*:+ $*}" >&2
	set -- setpriv --pdeathsig KILL timeout -k 10 $limit "$dir/$name.sh" "$@"
	if [ -n "$verbose" ]; then
		"$@" 2>&1 | tee "$log" >&2 || status=$?
	else
		"$@" >"$log" 2>&1 || status=$?
	fi
	[ "$status" = 0 ] || { tail -n 20 "$log" >&2; die "$name failed, status $status: $log"; }
}

# Percent of the processors that others use now: what they do is in every figure.
foreign_load() {
	{ head -n 1 /proc/stat; sleep 2; head -n 1 /proc/stat; } | awk '
		{ idle = $5 - idle; all = -all; for (i = 2; i <= 9; i++) all += $i }
		END { printf "%.0f", 100 * (all - idle) / all }'
}

machine() {
	local model

	model=$(sed -n 's/^model name[\t ]*: //p' /proc/cpuinfo | head -n 1)
	echo "$(nproc) x $model, Linux $(uname -r), $(. /etc/os-release; echo "$PRETTY_NAME")"
}

while [ $# -gt 0 ]; do
	case $1 in
	--json) json=1 ;;
	-v) verbose=1 ;;
	--against) [ $# -gt 1 ] || usage; against=$2; shift ;;
	-*) usage ;;
	*) [[ " ${all[*]} ${more[*]} " == *" $1 "* ]] || usage; names+=("$1") ;;
	esac
	shift
done
[ "$against" != none ] || against=
for subject in ${against//,/ }; do
	[ -f "$dir/subject/$subject.sh" ] || usage
done
[ "$(id -u)" = 0 ] || die "network namespaces need root: run it with sudo"
[ -f "$AT_BUILD/Makefile" ] || die "nothing is built in $AT_BUILD: run ./bootstrap"
check_tools
stage

mkdir -p "$AT_BUILD/bench"
export BENCH_SUBJECTS="autotunnel ${against//,/ }"
export BENCH_RESULTS=$AT_BUILD/bench/results.$$
: >"$BENCH_RESULTS"
trap 'rm -f "$BENCH_RESULTS"' EXIT
load=$(foreign_load)
for name in "${names[@]-${all[@]}}"; do
	case $name in
	cold) run cold bind; run cold knot ;;
	mobility) limit=7200 run mobility ;;
	wander) limit=7200 run wander ;;
	suspend | day) limit=7200 run "$name" ;;
	samelan) limit=1500 run samelan ;;
	changes) BENCH_SECONDS=60 limit=1500 run changes ;;
	wire) run wire uncut; run wire cut ;;
	*) run "$name" ;;
	esac
done

if [ -n "$json" ]; then
	"$dir/summary.sh" json <"$BENCH_RESULTS"
else
	printf '%s; %s %% in use by others at the start\n\n' "$(machine)" "$load"
	"$dir/summary.sh" <"$BENCH_RESULTS"
fi
