# Machines: namespaces with files of their own, and processes in them.  Part of lab.sh.
#
# A machine is held by a process that sleeps in its namespaces; /run/lab/ns/NAME has its number,
# and /run/netns/NAME is its network, so that "ip -n NAME" works.  (Holding the mount namespace by a
# file would need no process, but newer kernels refuse that bind mount now and then: they number
# namespaces per CPU and take the new one for an older one.)

# lab_machine NAME: make one; no link but lo.
lab_machine() {
	local name=$1 dir=$LAB/machine/$1 ready

	mkdir -p "$dir/run" "$dir/tmp"
	mkfifo "$LAB/ns/$name.ready"
	ip netns add "$name"
	ip -n "$name" link set lo up
	nsenter --net="/run/netns/$name" unshare --mount --uts bash -euc "
		$(declare -f lab_machine_mounts lab_overlay lab_machine_files)
		LAB=$LAB AT_SERVERS='$AT_SERVERS'; lab_machine_mounts $name $dir; lab_machine_files $name
		echo ready; exec sleep infinity >/dev/null" </dev/null >"$LAB/ns/$name.ready" 3>&- &
	echo $! >"$LAB/ns/$name"
	read -r ready <"$LAB/ns/$name.ready" || lab_die "the machine $name cannot be made"
}

# Inside the new namespaces: the machine's own view of the file system.
lab_machine_mounts() {
	local name=$1 dir=$2 stage=

	hostname "$name"
	mount -t sysfs sysfs /sys
	[ ! -d $LAB/stage ] || stage=$LAB/stage
	lab_overlay "$dir" /usr "$stage" "$AT_SERVERS"
	lab_overlay "$dir" /etc "$stage" ""
	lab_overlay "$dir" /var "$stage" ""
	lab_overlay "$dir" /root "" ""
	mount --bind "$dir/tmp" /tmp
	chmod 1777 /tmp
	mkdir "$dir/run/lab"
	mount --rbind $LAB "$dir/run/lab"
	mount --rbind "$dir/run" /run
}

# lab_overlay DIR PATH TREE...: PATH becomes the system's with the TREEs' laid over it, and what
# is written stays in the lab.
lab_overlay() {
	local dir=$1 path=$2 lower= tree
	shift 2

	for tree; do
		[ -z "$tree" ] || [ ! -d "$tree$path" ] || lower+=$tree$path:
	done
	mkdir -p "$dir/upper$path" "$dir/work$path"
	chmod --reference="$path" "$dir/upper$path"
	mount -t overlay -o "lowerdir=$lower$path,upperdir=$dir/upper$path,workdir=$dir/work$path" \
		lab "$path"
}

# The few files of /etc that make it another machine than this one.
lab_machine_files() {
	local name=$1 user id=61500

	cd /etc
	rm -f resolv.conf hosts hostname
	echo "$name" >hostname
	printf '127.0.0.1 localhost %s\n::1 localhost\n' "$name" >hosts
	: >resolv.conf
	printf '%s\n' 'passwd: files' 'group: files' 'shadow: files' \
		'hosts: files autotunnel dns' >nsswitch.conf
	printf '%s\n' root:x:0:0::/root:/bin/bash nobody:x:65534:65534::/:/bin/false >passwd
	printf '%s\n' root:x:0: nogroup:x:65534: autotunnel:x:61499: >group
	echo 'root:*:19000:0:99999:7:::' >shadow
	for user in autotunnel-map autotunnel-dns autotunnel-ike autotunnel-dnsd sshd reader stranger; do
		id=$((id + 1))
		echo "$user:x:$id:$id::/nonexistent:/usr/sbin/nologin" >>passwd
		echo "$user:x:$id:" >>group
	done
	sed -i 's/^autotunnel:.*/&reader/' group
	mkdir -p autotunnel
}

# lab_in NAME: set the array IN to the command that enters the machine; it ends in an exec, so the
# process keeps its number.
lab_in() {
	[ -f "$LAB/ns/$1" ] || lab_die "there is no machine $1"
	IN=(nsenter -t "$(<"$LAB/ns/$1")" -n -m -u -r --wdns=/ --)
}

# lab_exec NAME COMMAND...: run it there; input, output and status are the command's.
lab_exec() {
	local IN

	lab_in "$1"
	shift
	"${IN[@]}" "$@" 3>&-
}

# lab_start NAME TAG COMMAND...: run it there in the background, output to log/NAME.TAG.log; with
# LAB_STAMP set, each line with the seconds since the lab began.
lab_start() {
	local IN name=$1 tag=$2
	shift 2

	lab_in "$name"
	set -- $(lab_clock "$name" "$tag") "$@"
	if [ -n "${LAB_STAMP:-}" ]; then
		"${IN[@]}" "$@" </dev/null > >(lab_stamp >>"$LAB/log/$name.$tag.log") 2>&1 3>&- &
	else
		"${IN[@]}" "$@" </dev/null >>"$LAB/log/$name.$tag.log" 2>&1 3>&- &
	fi
	echo $! >"$LAB/pid/$name.$tag"
}

# lab_clock NAME TAG: words to put before its command, for its clock (lib/virtual.sh).
lab_clock() {
	:
}

lab_stamp() {
	local line ms

	exec 3>&-
	while IFS= read -r line; do
		ms=$(((${EPOCHREALTIME/./} - LAB_BEGAN) / 1000))
		printf '%3d.%03d %s\n' $((ms / 1000)) $((ms % 1000)) "$line"
	done
}

# lab_pid NAME TAG: the number of what lab_start started.
lab_pid() {
	cat "$LAB/pid/$1.$2"
}

# lab_log NAME TAG: the path of its log.
lab_log() {
	echo "$LAB/log/$1.$2.log"
}

lab_running() {
	local pid

	pid=$(lab_pid "$1" "$2" 2>/dev/null) && kill -0 "$pid" 2>/dev/null
}

# lab_stop NAME TAG [SIGNAL]: end it and wait; its exit status is the result.
lab_stop() {
	local pid status=0

	pid=$(lab_pid "$1" "$2")
	kill "-${3:-TERM}" "$pid" 2>/dev/null || :
	if ! lab_wait_until 10 lab_is_gone "$pid"; then
		echo "      | $1 $2 did not end within 10 s of SIG${3:-TERM}"
		kill -KILL "$pid" 2>/dev/null || :
	fi
	wait "$pid" 2>/dev/null || status=$?
	rm -f "$LAB/pid/$1.$2"
	return "$status"
}

# A child that ended but was not waited for counts as gone.
lab_is_gone() {
	local stat

	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
	stat=${stat##*) }
	[ "${stat%% *}" = Z ]
}

lab_stop_all() {
	local file pids=() pid

	for file in "$LAB"/pid/*; do
		[ ! -f "$file" ] || pids+=("$(cat "$file")")
	done
	[ ${#pids[@]} -gt 0 ] || return 0
	kill -TERM "${pids[@]}" 2>/dev/null
	for pid in "${pids[@]}"; do
		lab_wait_until 5 lab_is_gone "$pid" || kill -KILL "$pid" 2>/dev/null
	done
}
