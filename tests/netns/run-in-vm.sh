#!/bin/bash
# Run one command under a stock Debian kernel that has kernel ESP.
#
#	tests/netns/run-in-vm.sh [-v] [-t SECONDS] [-m MIB] [-o DIR]... COMMAND [ARGUMENT...]
#	tests/netns/run-in-vm.sh --prepare
#
# The kernel of the machine that builds may well lack ESP (containers and small virtual machines
# do), so the test brings its own: Debian's user-mode-linux, the stock kernel compiled to run as a
# process.  It needs no virtualisation, boots in two or three seconds and is taken from its
# package without installing that; kernel and initramfs are kept in AT_BUILD/vm (--prepare makes
# them and no more).
#
# Inside, the root is this machine's, read-only through hostfs, with a tmpfs laid over it: same
# paths, same programs, nothing that is written lasts.  -o DIR is the exception: DIR is shared for
# writing.  The command gets this environment's PATH, HOME, LANG, V and all of AT_* and LAB_*.
# Output is the command's.  -t limits the time (300 s), -m the memory (768 MiB).
#
# Status: the command's; 124 out of time; 125 the machine did not come up or died.
#
# What this kernel has not: nftables NAT (there is iptables-legacy), landlock, a second CPU, room for
# programs built with AddressSanitizer.
set -euo pipefail

me=${0##*/}
top=$(cd "$(dirname "$0")/../.." && pwd)
cache=${AT_BUILD:-$top/build}/vm
modules="esp4 esp6 xfrm_user veth tun bridge dummy"
verbose= seconds=300 memory=768 out=() work= machine=

say() {
	[ -z "$verbose" ] || echo "$me: $*" >&2
}

fail() {
	echo "$me: $*" >&2
	exit 125
}

# The kernel, its modules and an initramfs, from the package.
prepare() {
	local deb release new

	for tool in depmod:kmod busybox:busybox-static cpio:cpio dpkg:dpkg; do
		command -v "${tool%:*}" >/dev/null || fail "${tool%:*} is missing (package ${tool#*:})"
	done
	mkdir -p "$cache"
	exec 8>"$cache/lock"
	flock 8
	if [ ! -s "$cache/kernel/release" ]; then
		say "downloading user-mode-linux"
		new=$cache/new
		rm -rf "$new" "$cache/kernel"
		mkdir -p "$new/deb"
		download "$new/deb"
		dpkg -x "$new"/deb/*.deb "$new/tree"
		mkdir -p "$new/lib"
		mv "$new/tree/usr/lib/uml/modules" "$new/lib/modules"
		mv "$new/tree/usr/bin/linux.uml" "$new/linux"
		release=$(ls "$new/lib/modules")
		depmod -b "$new" "$release"
		rm -rf "$new/deb" "$new/tree"
		echo "$release" >"$new/release"
		mv "$new" "$cache/kernel"
	fi
	release=$(cat "$cache/kernel/release")
	if [ ! "$cache/kernel/xstate.so" -nt "$top/tests/netns/lib/uml_xstate.c" ]; then
		${CC:-cc} -O2 -shared -fPIC -o "$cache/kernel/xstate.so" \
			"$top/tests/netns/lib/uml_xstate.c" || fail "cannot compile uml_xstate.c"
	fi
	if [ ! "$cache/kernel/initrd" -nt "$0" ]; then
		say "making the initramfs"
		make_initrd "$release"
	fi
	exec 8>&-
}

download() {
	local get=(apt-get -q -o APT::Sandbox::User=root download user-mode-linux)

	(cd "$1" && "${get[@]}" >log 2>&1) ||
		(apt-get -q update >>"$1/log" 2>&1 && cd "$1" && "${get[@]}" >>log 2>&1) ||
		{ tail -n 5 "$1/log" >&2; fail "cannot download user-mode-linux"; }
}

# busybox, the overlay module, and a script that makes the root and hands over to it.
make_initrd() {
	local dir=$cache/initrd.$$

	rm -rf "$dir"
	mkdir -p "$dir"/{bin,proc,sys,dev,host,top,new}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	cp "$(find "$cache/kernel/lib/modules/$1" -name overlay.ko)" "$dir/overlay.ko"
	cat >"$dir/init" <<-'INIT'
		#!/bin/busybox sh
		b=/bin/busybox
		$b mount -t proc proc /proc
		$b mount -t sysfs sysfs /sys
		$b mount -t devtmpfs dev /dev
		$b insmod /overlay.ko
		for word in $($b cat /proc/cmdline); do
			case $word in work=*) work=${word#*=} ;; esac
		done
		$b mount -t hostfs -o / none /host || $b poweroff -f
		$b mount -t tmpfs -o mode=755 top /top
		$b mkdir /top/upper /top/work
		$b mount -t overlay -o lowerdir=/host,upperdir=/top/upper,workdir=/top/work root /new ||
			$b poweroff -f
		$b mount -t tmpfs -o mode=755 run /new/run
		$b mkdir /new/run/vm
		$b mount -t hostfs -o $work none /new/run/vm || $b poweroff -f
		for m in proc sys dev; do $b mount --move /$m /new/$m; done
		exec $b switch_root /new /bin/bash /run/vm/guest
	INIT
	chmod 755 "$dir/init"
	(cd "$dir" && find . | sort | cpio -o -H newc -R 0:0 --quiet) >"$cache/kernel/initrd.new"
	mv "$cache/kernel/initrd.new" "$cache/kernel/initrd"
	rm -rf "$dir"
}

# What process 1 of the machine does, with everything quoted that comes from here.
write_guest() {
	local name dir release
	release=$(cat "$cache/kernel/release")

	{
		printf 'export PATH=%q HOME=%q LANG=%q V=%q\n' "$PATH" "$HOME" "${LANG:-C}" "${V:-}"
		for name in ${!AT_*} ${!LAB_*}; do
			printf 'export %s=%q\n' "$name" "${!name}"
		done
		echo 'exec </dev/null >/dev/console 2>&1'
		echo 'mkdir -p /dev/pts /dev/shm /run/lock'
		echo 'mount -t devpts devpts /dev/pts; mount -t tmpfs shm /dev/shm'
		echo '[ -e /dev/fd ] || ln -s /proc/self/fd /dev/fd'
		printf 'mkdir -p /lib/modules/%s; mount --bind %q /lib/modules/%s\n' \
			"$release" "$cache/kernel/lib/modules/$release" "$release"
		for dir in ${out[@]+"${out[@]}"}; do
			printf 'mount -t hostfs -o %q none %q\n' "$dir" "$dir"
		done
		printf 'for m in %s; do modprobe $m || echo "no module $m"; done\n' "$modules"
		echo 'ip link set lo up'
		# Through a pipe: the command must not find a terminal.
		echo 'stty -F /dev/tty1 raw; mkfifo /run/out; cat /run/out >/dev/tty1 & cat=$!'
		printf 'cd %q || cd /\n' "$PWD"
		printf 'setsid %s >/run/out 2>&1; status=$?\n' "$(printf '%q ' "$@")"
		echo 'for i in 1 2 3 4 5 6 7 8 9; do kill -0 $cat 2>/dev/null && sleep 0.1; done'
		echo 'echo $status >/run/vm/status; cd /; sync; busybox poweroff -f'
	} >"$work/guest"
}

boot() {
	local status=0 reader

	mkfifo "$work/out"
	cat "$work/out" &
	reader=$!
	say "booting $(cat "$cache/kernel/release")"
	timeout --foreground -k 5 "$seconds" env LD_PRELOAD="$cache/kernel/xstate.so" \
		"$cache/kernel/linux" mem="${memory}M" initrd="$cache/kernel/initrd" root=/dev/ram0 \
		work="$work" quiet uml_dir="$work/" umid=machine con=null con0=null,fd:4 con1=null,fd:3 \
		ssl=null 3>"$work/out" 4>"$work/console" </dev/null >"$work/vmm" 2>&1 &
	machine=$!
	wait "$machine" || status=$?
	machine=
	wait "$reader" || :
	[ ! -s "$work/status" ] || exit "$(cat "$work/status")"
	echo "$me: the machine did not finish (status $status); its last words:" >&2
	tail -n 15 "$work/vmm" "$work/console" >&2
	case $status in 124 | 137) exit 124 ;; esac
	exit 125
}

finish() {
	[ -z "$machine" ] || kill "$machine" 2>/dev/null || :
	[ -z "$work" ] || rm -rf "$work"
}

[ "${1:-}" != --prepare ] || { prepare; exit 0; }
while getopts +vt:m:o: option; do
	case $option in
	v) verbose=1 ;;
	t) seconds=$OPTARG ;;
	m) memory=$OPTARG ;;
	o) out+=("$(realpath "$OPTARG")") ;;
	*) sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || { sed -n '3,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
prepare
work=$(mktemp -d)
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
write_guest "$@"
boot
