# What the benchmarks have in common.  Each is a lab script (tests/netns/lab.sh) that sources this
# file first, and is run by bench.sh, which says in the environment how much to do.
#
# A subject is what is measured: autotunnel, and what one would take instead.  subject/NAME.sh has
#	NAME_setup		once: keys, configuration, and by-hand forwards on the NATs
#	NAME_start		on laptop and nas; returns when a tunnel could be made
#	NAME_up			make the tunnel from laptop to nas
#	NAME_stop		end the processes on both
#	NAME_address HOST	its address inside
#	NAME_pids HOST		its processes there

BENCH_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${BENCH_RESULTS:?run this through bench.sh}"
. "$BENCH_DIR/../netns/lab.sh"
read -ra SUBJECTS <<<"$BENCH_SUBJECTS"
for subject in "${SUBJECTS[@]}"; do
	. "$BENCH_DIR/subject/$subject.sh"
done

# bench_value METRIC UNIT SUBJECT VALUE: one measured value.
bench_value() {
	[ -n "$4" ] || lab_die "no value for $1, $3"
	printf '%s\t%s\t%s\t%s\n' "$@" | tee -a "$BENCH_RESULTS"
}

# bench_pair: laptop and nas behind their NATs with an account; every subject is set up, none runs.
bench_pair() {
	local subject

	lab_require nft miniupnpd named
	lab_pair bind
	for subject in "${SUBJECTS[@]}"; do
		"${subject}_setup"
	done
}

# bench_direct cut|uncut: the same without NATs: both on the Internet at bench_outside's addresses,
# and a wire of their own for what they send each other.
bench_direct() {
	local host subject

	lab_internet
	lab_ns
	lab_host laptop internet 2
	lab_host nas internet 3
	lab_account bind laptop nas
	ip link add wire netns laptop type veth peer name wire netns nas
	for host in laptop nas; do
		ip -n $host link set wire up
		ip -n $host route add "$(bench_outside "$(bench_other $host)")/32" dev wire
		[ "$1" = uncut ] || lab_cut $host wire
	done
	BENCH_DIRECT=1
	for subject in "${SUBJECTS[@]}"; do
		"${subject}_setup"
	done
}

# bench_forward PROTOCOL PORT: by hand, on both NATs, to the host behind each.
bench_forward() {
	local nat net=1

	[ -z "${BENCH_DIRECT:-}" ] || return 0
	for nat in home office; do
		lab_exec "$nat" nft add rule inet filter forward ct status dnat accept
		lab_exec "$nat" nft add rule inet filter prerouting iifname wan \
			"$1" dport "$2" dnat ip to "192.168.$net.10"
		net=$((net + 1))
	done
}

# bench_lan: both in one LAN, whose router sends nothing back in; the others have their addresses in it.
bench_lan() {
	local subject

	lab_require nft miniupnpd named
	lab_internet
	lab_ns
	lab_nat home 11.22.33.2 192.168.1.1/24
	lab_host laptop home 10
	lab_host nas home 11
	lab_account bind laptop nas
	BENCH_DIRECT=1 BENCH_LAN=1
	for subject in "${SUBJECTS[@]}"; do
		"${subject}_setup"
	done
}

# bench_outside HOST: where the other end finds it.
bench_outside() {
	case ${BENCH_LAN:+lan-}$1 in
	lan-laptop) echo 192.168.1.10 ;;
	lan-nas) echo 192.168.1.11 ;;
	laptop) echo 11.22.33.2 ;;
	nas) echo 11.22.33.3 ;;
	esac
}

bench_other() {
	case $1 in
	laptop) echo nas ;;
	nas) echo laptop ;;
	esac
}

# bench_ping_ms FROM ADDRESS: the time to its reply in milliseconds, by ping's own clock.
bench_ping_ms() {
	lab_exec "$1" ping -c 1 -W 5 "$2" | sed -n 's/.* time=\([0-9.]*\).*/\1/p'
}

bench_answers() {
	lab_exec laptop ping -c 1 -W 1 "$("$1_address" nas)"
}

# bench_pids SUBJECT: its processes on both hosts.
bench_pids() {
	"$1_pids" laptop
	"$1_pids" nas
}

# bench_cpu_ns PID...: processor time of all their threads.
bench_cpu_ns() {
	local pid

	for pid; do
		cat "/proc/$pid"/task/*/schedstat
	done | awk '{ ns += $1 } END { printf "%.0f\n", ns }'
}

# bench_wakeups PID...: how often their threads slept and were woken.
bench_wakeups() {
	local pid

	for pid; do
		cat "/proc/$pid"/task/*/status
	done | awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }'
}

# bench_memory_mb FIELD PID...: the sum of that field (Rss, Pss, Private_Dirty...) in megabytes.
bench_memory_mb() {
	local field=$1 pid
	shift

	for pid; do
		cat "/proc/$pid/smaps_rollup"
	done | awk -v "field=$field:" '$1 == field { kb += $2 } END { printf "%.2f\n", kb / 1000 }'
}

# bench_per A B DIGITS: A / B.
bench_per() {
	awk -v a="$1" -v b="$2" -v d="${3:-2}" 'BEGIN { printf "%.*f\n", d, a / b }'
}
