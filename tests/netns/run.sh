#!/bin/bash
# Run the lab's tests, all or the named ones.
#
#	tests/netns/run.sh [-v] [-j N] [-l SECONDS] [NAME...]
#
# -v shows each test's output as it comes (else only that of a failed one), -j runs so many at a time
# (1), -l limits a test's time (90; those that boot a machine have three times that).  One line a test,
# a last line, and status 0 only if all passed.  Each test can also be run by itself.
set -euo pipefail

dir=$(cd "$(dirname "$0")" && pwd)
top=${dir%/tests/netns}
export AT_BUILD=${AT_BUILD:-$top/build}
verbose= limit=90 jobs=1

usage() {
	echo "usage: run.sh [-v] [-j N] [-l SECONDS] [NAME...]; the tests are:" >&2
	all_tests | fmt -w 78 >&2
	exit 2
}

all_tests() {
	local file

	for file in "$dir"/*.sh; do
		file=${file##*/}
		case $file in
		lab.sh | run.sh | run-in-vm.sh) ;;
		*) echo "${file%.sh}" ;;
		esac
	done
}

# Install once for all tests (lab.sh would do it for each), and build the programs that play the
# manager for a worker alone.
stage() {
	local drives

	[ -z "${AT_STAGE:-}" ] || return 0
	[ -f "$AT_BUILD/Makefile" ] || {
		echo "run.sh: nothing is built in $AT_BUILD: run ./bootstrap" >&2
		exit 1
	}
	drives=$(cd "$top" && ls tests/netns/*.c)
	make -s -C "$AT_BUILD" ${drives//.c/} tests/shift_clock.so tests/virtual_clock.so >"$AT_BUILD/stage.log" 2>&1 || {
		echo "run.sh: make failed: see $AT_BUILD/stage.log" >&2
		exit 1
	}
	export AT_STAGE=$AT_BUILD/stage
	flock "$AT_BUILD/stage.lock" \
		make -s -C "$AT_BUILD" install DESTDIR="$AT_STAGE" >"$AT_BUILD/stage.log" 2>&1 || {
		echo "run.sh: make install failed: see $AT_BUILD/stage.log" >&2
		exit 1
	}
}

# Dies with us: a test's lab must not outlive a killed runner.
run_test() {
	local name=$1 log=$2 seconds=$limit

	[[ $name != *kernel* ]] || seconds=$((3 * limit))
	set -- setpriv --pdeathsig KILL timeout -k 10 "$seconds" "$dir/$name.sh"
	if [ -n "$verbose" ]; then
		"$@" 2>&1 | tee "$log"
	else
		"$@" >"$log" 2>&1
	fi
}

report() {
	local name=$1 status=$2 seconds=$3 log=$4

	if [ "$status" = 0 ]; then
		printf 'PASS  %-24s %5s s\n' "$name" "$seconds"
		return
	fi
	printf 'FAIL  %-24s %5s s  (status %s, %s)\n' "$name" "$seconds" "$status" "$log"
	[ -n "$verbose" ] || sed 's/^/      | /' "$log"
}

# Run one and count it.
one_test() {
	local name=$1 log=$AT_BUILD/lab/$1.$$.log status=0 start=${EPOCHREALTIME/[.,]/} ms

	run_test "$name" "$log" || status=$?
	ms=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	report "$name" "$status" "$((ms / 1000)).$((ms % 1000 / 100))" "$log"
	count "$name" "$status"
	[ "$status" != 0 ] || rm -f "$log"
}

count() {
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed+=("$1")
	fi
}

# Several at a time: each has a runner of its own, which dies with us.
begin_test() {
	setpriv --pdeathsig KILL "$dir/run.sh" -l "$limit" "$1" >"$AT_BUILD/lab/$1.$$.out" 2>&1 &
	running[$!]=$1
}

# Wait for any of them and show its lines but the last.
end_test() {
	local pid status=0 name

	wait -n -p pid || status=$?
	name=${running[$pid]}
	unset "running[$pid]"
	sed '/^failed: /d; $d' "$AT_BUILD/lab/$name.$$.out"
	rm -f "$AT_BUILD/lab/$name.$$.out"
	count "$name" "$status"
}

while getopts vj:l: option; do
	case $option in
	v) verbose=1 ;;
	j) jobs=$OPTARG ;;
	l) limit=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ "$(id -u)" = 0 ] || {
	echo "run.sh: network namespaces need root: run it with sudo" >&2
	exit 1
}
tests=("$@")
[ $# -gt 0 ] || mapfile -t tests < <(all_tests)
for name in "${tests[@]}"; do
	[ -f "$dir/$name.sh" ] || usage
	[ -x "$dir/$name.sh" ] || {
		echo "run.sh: $name.sh cannot be executed: chmod +x" >&2
		exit 1
	}
done
mkdir -p "$AT_BUILD/lab"
stage

passed=0 failed=() running=()
for name in "${tests[@]}"; do
	if [ "$jobs" = 1 ]; then
		one_test "$name"
		continue
	fi
	[ ${#running[@]} -lt "$jobs" ] || end_test
	begin_test "$name"
done
while [ ${#running[@]} -gt 0 ]; do
	end_test
done
[ ${#failed[@]} = 0 ] || echo "failed: ${failed[*]}"
echo "$passed passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
