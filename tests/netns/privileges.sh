#!/bin/bash
# What the processes may do: the workers are users of their own without any capability, in
# seccomp and without new privileges; the control socket answers its group and nobody else; nothing
# secret can be read by others.
#
#    laptop .5 ── Internet ── ns .53
. "${0%/*}/lab.sh"
lab_require named setpriv

lab_internet
lab_ns
lab_host laptop internet 5
lab_account bind laptop
lab_daemon laptop
check_soon "laptop has published its records" 20 lab_is_published laptop

# A line of /proc/PID/status.
line() {
	awk -v key="$2:" '$1 == key { print $2 }' "/proc/$1/status"
}

for worker in natpmp:autotunnel-map dnsupdate:autotunnel-dns ipsec:autotunnel-ike; do
	pid=$(lab_worker laptop ${worker%:*})
	name=${worker%:*}
	check_equal "$name: is a user of its own" "$(lab_exec laptop id -u ${worker#*:})" "$(line "$pid" Uid)"
	for set in CapEff CapPrm CapInh CapAmb CapBnd; do
		check_equal "$name: $set is empty" 0000000000000000 "$(line "$pid" $set)"
	done
	check_equal "$name: no new privileges" 1 "$(line "$pid" NoNewPrivs)"
	check_equal "$name: seccomp filters" 2 "$(line "$pid" Seccomp)"
	check_equal "$name: belongs to no group but its own" \
		"$(lab_exec laptop id -g ${worker#*:})" "$(line "$pid" Gid)"
done

# A core dump would hold keys.  What the kernel lets nobody dump belongs to root in /proc.
for process in natpmp dnsupdate ipsec autotunneld; do
	[ $process = autotunneld ] && pid=$(lab_status laptop .self.pid) || pid=$(lab_worker laptop $process)
	check_equal "$process: leaves no core file" "0 0" "$(awk '/^Max core/ { print $5, $6 }' "/proc/$pid/limits")"
	check_equal "$process: nor may it be traced by its user" 0 "$(stat -c %u "/proc/$pid/mem")"
done

as() {
	local user=$1
	shift

	lab_exec laptop setpriv --reuid "$user" --regid "$user" --init-groups "$@"
}

check "the group may read the status" as reader autotunnel status
check_not "others may not" as stranger autotunnel status
check_not "the group may change nothing" as reader autotunnel reload
for file in device.key tsig.key; do
	check_equal "$file is for root alone" "600 0" \
		"$(lab_exec laptop stat -c '%a %u' /var/lib/autotunnel/$file)"
done
check_not "the phrase is nowhere on the disk" lab_exec laptop \
	grep -rqF "$LAB_PHRASE" /var/lib/autotunnel /etc/autotunnel
