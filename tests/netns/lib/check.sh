# Waiting and checking.  Part of lab.sh.
#
# Each check prints one line: ok or FAIL, what was checked, how long it took.  The first failure
# prints what the command said and ends the script.

# Milliseconds, for differences.
lab_now_ms() {
	local now=${EPOCHREALTIME/./}

	echo "${now%???}"
}

# lab_wait_until SECONDS COMMAND...: try it until it succeeds; fails when the time is over.
lab_wait_until() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift

	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

lab_pass() {
	printf 'ok    %s%s\n' "$1" "${2:+ ($2)}"
}

# lab_fail WHAT: say so, with the text on stdin, and end the script.
lab_fail() {
	LAB_SAID=1
	printf 'FAIL  %s\n' "$1"
	sed 's/^/      | /' | tail -n 40
	exit 1
}

# check WHAT COMMAND...
check() {
	local what=$1 start
	shift

	start=$(lab_now_ms)
	if "$@" >$LAB/out 2>&1; then
		lab_pass "$what" "$(($(lab_now_ms) - start)) ms"
	else
		{ echo "status $? from: $*"; cat $LAB/out; } | lab_fail "$what"
	fi
}

# check_not WHAT COMMAND...: it must fail.
check_not() {
	local what=$1
	shift

	if "$@" >$LAB/out 2>&1; then
		{ echo "succeeded: $*"; cat $LAB/out; } | lab_fail "$what"
	else
		lab_pass "$what"
	fi
}

# check_soon WHAT SECONDS COMMAND...: it must succeed within that time.
check_soon() {
	local what=$1 seconds=$2 start
	shift 2

	start=$(lab_now_ms)
	if lab_wait_until "$seconds" "$@"; then
		lab_pass "$what" "$(($(lab_now_ms) - start)) ms"
	else
		{ echo "not within $seconds s: $*"; "$@" 2>&1 || :; } | lab_fail "$what"
	fi
}

# check_equal WHAT EXPECTED ACTUAL
check_equal() {
	if [ "$2" = "$3" ]; then
		lab_pass "$1"
	else
		printf 'expected: %s\nfound:    %s\n' "$2" "$3" | lab_fail "$1"
	fi
}

# check_within WHAT LIMIT VALUE UNIT: VALUE <= LIMIT, whole numbers.
check_within() {
	if [ -n "$3" ] && [ "$3" -le "$2" ]; then
		lab_pass "$1" "$3 $4, limit $2"
	else
		echo "found ${3:-nothing}, at most $2 $4 is allowed" | lab_fail "$1"
	fi
}

# check_log WHAT HOST TAG PATTERN: the log says it within 5 s.
check_log() {
	check_soon "$1" 5 grep -E -- "$4" "$(lab_log "$2" "$3")"
}
