# The lab: real machines, real NATs and real name servers in network namespaces.
#
#	#!/bin/bash
#	. "${0%/*}/lab.sh"
#	lab_internet
#	lab_nat home 11.22.33.2 192.168.1.1/24
#	lab_host laptop home
#	check "the Internet answers" lab_exec laptop ping -c 1 11.22.33.1
#
# Sourcing this file runs the script again as process 1 of fresh PID, mount, network, UTS and IPC
# namespaces.  That one step gives all the order a lab needs:
#   - nothing has to be named apart: two runs do not see each other, and "laptop" is just "laptop";
#   - nothing has to be cleaned up: when process 1 ends, in whatever way, the kernel kills the
#     rest, and namespaces, mounts and files (all on a tmpfs of the lab's own) go with it.  When
#     the one who started it is killed, even with SIGKILL, process 1 gets the same signal;
#   - nothing can leak: the lab's own network namespace is "the Internet", a bridge without any
#     way out of it.
#
# A machine (a host, a NAT, a name server) is a network, mount and UTS namespace inside, with its
# own /etc, /var, /root and /run; /usr is the system's with our programs installed into it.  The
# tmpfs is /run/lab, visible from every machine.
#
# What there is to call:
#   lib/machine.sh	lab_machine, lab_exec, lab_start, lab_stop, lab_pid
#   lib/net.sh		lab_internet, lab_nat, lab_host, lab_capture
#   lib/dns.sh		lab_bind, lab_knot, lab_dig
#   lib/autotunnel.sh	lab_account, lab_join, lab_daemon, lab_status, lab_sshd
#   lib/check.sh	check, check_soon, check_not, check_equal, check_within, lab_wait_until
#
# Environment: AT_BUILD   the build directory (default: build in the source tree)
#              AT_STAGE   an installed tree (make install DESTDIR=...) to use instead
#              LAB_KEEP   1 = keep the logs of a passed run too
#              LAB_PLAIN  (set by a script) it needs none of our programs
#              V          1 = show each command of the script
# A failed run keeps its logs and captures under AT_BUILD/lab and prints where.

set -euo pipefail
shopt -s lastpipe # "... | lab_bind": the function's variables and children are the script's

LAB=/run/lab
LAB_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
LAB_TOP=${LAB_DIR%/tests/netns}
LAB_NAME=${0##*/}
LAB_NAME=${LAB_NAME%.sh}
AT_BUILD=${AT_BUILD:-$LAB_TOP/build}
AT_SERVERS=${AT_SERVERS:-$AT_BUILD/servers} # name servers and such, unpacked there by ./bootstrap
export LC_ALL=C HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# Programs built with sanitizers: the search for leaks cannot work inside a worker's walls (it is a
# debugger), and libcharon's own printf conversions are no errors.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:check_printf=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

# The script's own output, also where a command's is redirected (descriptor 3 inside the lab).
lab_die() {
	if [ -n "${LAB_INSIDE:-}" ]; then
		echo "$LAB_NAME: $*" >&3
	else
		echo "$LAB_NAME: $*" >&2
	fi
	exit 1
}

# lab_require [TOOL...]: what the library itself calls, and these: a missing one is a failure, never a skipped test.
lab_require() {
	local tool missing=()

	[ "$(id -u)" = 0 ] || lab_die "network namespaces need root: run it with sudo"
	[ -c /dev/net/tun ] || lab_die "there is no /dev/net/tun: modprobe tun"
	for tool in unshare setpriv nsenter ip mount tcpdump jq "$@"; do
		command -v "$tool" >/dev/null || [ -x "$AT_SERVERS/usr/sbin/$tool" ] || missing+=("$tool")
	done
	[ ${#missing[@]} = 0 ] || lab_die "${missing[*]} missing: run ./bootstrap --for-tests"
}

# Install the programs into a tree of their own, which becomes part of every machine's /usr.
lab_stage() {
	[ -z "${AT_STAGE:-}${LAB_PLAIN:-}" ] || return 0
	[ -f "$AT_BUILD/Makefile" ] || lab_die "nothing is built in $AT_BUILD: run ./bootstrap"
	AT_STAGE=$AT_BUILD/stage
	export AT_STAGE
	mkdir -p "$AT_STAGE"
	exec 9>"$AT_BUILD/stage.lock"
	flock 9
	make -s -C "$AT_BUILD" install DESTDIR="$AT_STAGE" >"$AT_BUILD/stage.log" 2>&1 ||
		lab_die "make install failed: see $AT_BUILD/stage.log"
	exec 9>&-
}

if [ -z "${LAB_INSIDE:-}" ]; then
	lab_require
	lab_stage
	export LAB_INSIDE=1 LAB_LOGS=${LAB_LOGS:-$AT_BUILD/lab/$LAB_NAME.$$}
	# LAB_STAYS: this lab shall outlive who started it.
	in_lab=(unshare --mount --net --pid --uts --ipc --fork --mount-proc)
	[ -n "${LAB_STAYS:-}" ] || in_lab=(setpriv --pdeathsig KILL "${in_lab[@]}" --kill-child)
	exec "${in_lab[@]}" -- bash "$0" "$@"
fi

. "$LAB_DIR/lib/machine.sh"
. "$LAB_DIR/lib/net.sh"
. "$LAB_DIR/lib/dns.sh"
. "$LAB_DIR/lib/autotunnel.sh"
. "$LAB_DIR/lib/check.sh"

lab_begin() {
	exec 3>&1
	LAB_BEGAN=${EPOCHREALTIME/./}
	hostname internet
	mount -t tmpfs -o mode=755 lab /run
	mkdir -p $LAB/log $LAB/pcap $LAB/pid $LAB/ns $LAB/machine /run/netns
	if [ -z "${LAB_PLAIN:-}" ]; then
		cp -a "$AT_STAGE" $LAB/stage
	fi
	ip link set lo up
	trap 'lab_end $?' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	[ -z "${V:-}" ] || set -x
}

# The last act of a script: stop what runs in an orderly way (sanitizers report at exit), look at
# what they said, keep the evidence of a failure.
lab_end() {
	local status=$1

	trap - EXIT
	set +e
	exec >&3
	lab_report_deaths
	if [ "$status" != 0 ] && [ -z "${LAB_SAID:-}" ] && [ -s $LAB/out ]; then
		echo "the last check's output:"
		tail -n 20 $LAB/out | sed 's/^/      | /'
	fi
	lab_stop_all
	if ! lab_logs_are_clean; then
		status=1
	fi
	if [ "$status" != 0 ] || [ -n "${LAB_KEEP:-}" ]; then
		mkdir -p "$LAB_LOGS" && cp -r $LAB/log $LAB/pcap "$LAB_LOGS" &&
			echo "logs and captures: $LAB_LOGS"
	fi
	exit "$status"
}

# What died before it was told to.
lab_report_deaths() {
	local file pid status

	for file in "$LAB"/pid/*; do
		[ -f "$file" ] && pid=$(<"$file") && lab_is_gone "$pid" || continue
		status=0
		wait "$pid" 2>/dev/null || status=$?
		[ "$status" = 0 ] || echo "note: ${file##*/} had ended by itself, status $status"
	done
}

lab_logs_are_clean() {
	local hits

	hits=$(grep -lE 'ERROR: [A-Za-z]+Sanitizer|runtime error:' $LAB/log/* 2>/dev/null) || return 0
	echo "FAIL  a sanitizer reported, in" $hits
	grep -hE -m 1 -A 25 'ERROR: [A-Za-z]+Sanitizer|runtime error:' $hits | sed 's/^/      | /'
	return 1
}

lab_begin
