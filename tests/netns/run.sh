#!/bin/bash
# Run the lab's tests, all or the named ones, one after the other.
#
#	tests/netns/run.sh [-v] [-l SECONDS] [NAME...]
#
# -v shows each test's output as it comes (else only that of a failed one), -l limits a test's time
# (90; those that boot a machine have three times that).  One line a test, a last line, and
# status 0 only if all passed.  Each test can also be run by itself.
set -euo pipefail

dir=$(cd "$(dirname "$0")" && pwd)
top=${dir%/tests/netns}
export AT_BUILD=${AT_BUILD:-$top/build}
verbose= limit=90

usage() {
	echo "usage: run.sh [-v] [-l SECONDS] [NAME...]; the tests are:" >&2
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
	make -s -C "$AT_BUILD" ${drives//.c/} >"$AT_BUILD/stage.log" 2>&1 || {
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

while getopts vl: option; do
	case $option in
	v) verbose=1 ;;
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

passed=0 failed=()
for name in "${tests[@]}"; do
	log=$AT_BUILD/lab/$name.$$.log status=0 start=${EPOCHREALTIME/[.,]/}
	run_test "$name" "$log" || status=$?
	ms=$(((${EPOCHREALTIME/[.,]/} - start) / 1000))
	report "$name" "$status" "$((ms / 1000)).$((ms % 1000 / 100))" "$log"
	if [ "$status" = 0 ]; then
		passed=$((passed + 1))
		rm -f "$log"
	else
		failed+=("$name")
	fi
done
[ ${#failed[@]} = 0 ] || echo "failed: ${failed[*]}"
echo "$passed passed, ${#failed[@]} failed"
[ ${#failed[@]} = 0 ]
