# Accounts, daemons, their state, and ssh between machines.  Part of lab.sh.

LAB_DOMAIN=alice.example.com

# lab_pair dnsd|bind|knot: the picture of lib/net.sh, whole: laptop and nas behind their NATs, the name
# server, an account with both in it; no daemon runs yet.
lab_pair() {
	lab_two_homes
	lab_account "$1" laptop nas
}

lab_two_homes() {
	lab_internet
	lab_ns
	lab_nat home 11.22.33.2 192.168.1.1/24
	lab_nat office 11.22.33.3 192.168.2.1/24
	lab_host laptop home
	lab_host nas office
}

# lab_account dnsd|bind|knot HOST...: what people do once.  The first host makes the account and shows
# the phrase; the name server is given the zone; the others join.
lab_account() {
	local kind=$1 first=$2 host
	shift

	lab_start "$first" init autotunnel init --domain $LAB_DOMAIN --server $LAB_NS \
		--name "$first" --wait 30
	lab_wait_until 15 grep -q '^Recovery phrase:' "$(lab_log "$first" init)" ||
		lab_log_fail "autotunnel init shows no phrase" "$first" init
	LAB_PHRASE=$(sed -n 's/^Recovery phrase: *//p' "$(lab_log "$first" init)")
	lab_zone "$kind" "$@" >$LAB/zone.conf
	"lab_$kind" $LAB_DOMAIN <$LAB/zone.conf
	wait "$(lab_pid "$first" init)" || lab_log_fail "autotunnel init failed" "$first" init
	shift
	for host; do
		lab_join "$host"
	done
}

# lab_zone dnsd|bind|knot HOST...: the server's configuration, as our own command prints it.
lab_zone() {
	local kind=$1
	shift

	lab_exec "$1" autotunnel zone "$kind" $LAB_DOMAIN "$@" <<<"$LAB_PHRASE"
}

# lab_join HOST [NAME]: make it a machine of the account.
lab_join() {
	lab_exec "$1" autotunnel join $LAB_DOMAIN --server $LAB_NS --name "${2:-$1}" \
		<<<"$LAB_PHRASE" >"$(lab_log "$1" join)" 2>&1 ||
		lab_log_fail "autotunnel join failed" "$1" join
}

lab_log_fail() {
	tail -n 30 "$(lab_log "$2" "$3")" | lab_fail "$1 on $2"
}

# lab_config HOST <TEXT: its autotunnel.conf.
lab_config() {
	lab_exec "$1" tee /etc/autotunnel/autotunnel.conf >/dev/null
}

# lab_daemon HOST...: start autotunneld there, with what lab_config said; log level debug without, and
# LAB_ALLOW is what may come in (ssh).
lab_daemon() {
	local host

	for host; do
		lab_exec "$host" test -f /etc/autotunnel/autotunnel.conf ||
			printf '[daemon]\nlog = debug\n[allow]\neveryone = %s\n' "${LAB_ALLOW:-ssh}" |
				lab_config "$host"
		LAB_STAMP=1 lab_start "$host" autotunneld autotunneld -f
	done
}

# lab_daemon_stop HOST [SIGNAL]
lab_daemon_stop() {
	lab_stop "$1" autotunneld "${2:-TERM}"
}

# lab_status HOST FILTER: a value of "autotunnel status --json", by a jq filter.
lab_status() {
	lab_exec "$1" autotunnel status --json | jq -er "$2"
}

# lab_peer HOST PEER FILTER: the same below the peer.
lab_peer() {
	lab_status "$1" ".peers[] | select(.short_name == \"$2\") | $3"
}

# Conditions, for check_soon: the host's records stand; it knows the peer and where to find it; the
# tunnel to the peer is up, or is not.
lab_is_published() {
	[ "$(lab_status "$1" .dns.published)" = true ]
}

lab_knows() {
	[ "$(lab_peer "$1" "$2" '.records.contacts | length')" -gt 0 ]
}

lab_is_up() {
	[ "$(lab_peer "$1" "$2" .tunnel.state)" = up ]
}

lab_is_idle() {
	[ "$(lab_peer "$1" "$2" .tunnel.state)" = idle ]
}

# lab_ready HOST...: all of them are published and know each other.
lab_ready() {
	local host peer

	for host; do
		check_soon "$host has published its records" 20 lab_is_published "$host"
	done
	for host; do
		for peer; do
			[ "$peer" = "$host" ] ||
				check_soon "$host knows where $peer is" 70 lab_knows "$host" "$peer"
		done
	done
}

# lab_ula HOST: its address inside.
lab_ula() {
	lab_status "$1" .self.address
}

# lab_worker HOST natpmp|dnsupdate|ipsec: the worker's process.
lab_worker() {
	lab_status "$1" ".self.workers[] | select(.name == \"$2\").pid"
}

# lab_ping HOST PEER [COUNT]: through the tunnel, by name, all replies must come.
lab_ping() {
	lab_exec "$1" ping -6 -c "${3:-1}" -i 0.2 -W 3 "$2.$LAB_DOMAIN"
}

# lab_first_reply_ms HOST PEER: what the first packet waits for its reply, in whole milliseconds.
lab_first_reply_ms() {
	lab_exec "$1" ping -6 -c 1 -W 5 "$2.$LAB_DOMAIN" | sed -n 's/.* time=\([0-9]*\).*/\1/p'
}

# lab_lost HOST TAG: how many packets the ping in that log lost: sequence numbers missing below the
# last reply.  (Its own count has one too many when it is stopped with a packet on its way.)
lab_lost() {
	sed -n 's/.*icmp_seq=\([0-9]*\) .*/\1/p' "$(lab_log "$1" "$2")" |
		awk '$1 > last { last = $1 } !seen[$1]++ { n++ } END { print last - n }'
}

# lab_first_byte HOST PEER: wait for the name, send a packet each 0.1 s, succeed at the first reply.
lab_first_byte() {
	lab_wait_until 10 lab_exec "$1" getent hosts "$2.$LAB_DOMAIN" &&
		lab_exec "$1" ping -6 -i 0.1 -c 1 -w 10 "$2.$LAB_DOMAIN"
}

# lab_listening HOST: UDP and TCP sockets of ours that listen on an outside address, but UDP 4500 and
# the routers' announcements (port 5350; what is sent there otherwise than by multicast is not read).
lab_listening() {
	lab_exec "$1" ss -Hlntup | grep autotunneld | awk '
		$5 ~ /^(127\.|\[::1\])/ { next }
		$1 == "udp" && $5 ~ /:4500$/ { next }
		$1 == "udp" && $5 == "239.255.255.250:1900" { next }
		$1 == "udp" && $5 ~ /^(224\.0\.0\.1|\[ff02::1\]%[a-z0-9]+):5350$/ { next }
		{ print }'
}

# lab_sshd HOST CLIENT: a real sshd on HOST; root of CLIENT may log in, by keys made for this run.
lab_sshd() {
	local host=$1 client=$2

	lab_exec "$client" sh -c 'umask 077; mkdir -p /root/.ssh
		[ -e /root/.ssh/id ] || ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id'
	lab_exec "$host" sh -c 'umask 077; mkdir -p /root/.ssh /run/sshd /etc/ssh
		cat >/root/.ssh/authorized_keys
		ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/lab_key' \
		<"$LAB/machine/$client/upper/root/.ssh/id.pub"
	lab_exec "$host" tee /etc/ssh/lab_config >/dev/null <<-CONF
		HostKey /etc/ssh/lab_key
		AuthorizedKeysFile /root/.ssh/authorized_keys
		PermitRootLogin prohibit-password
		UsePAM no
		PidFile none
		Subsystem sftp internal-sftp
	CONF
	lab_exec "$client" tee -a /root/.ssh/known_hosts >/dev/null <<-KEY
		$host,$host.$LAB_DOMAIN $(cut -d' ' -f1,2 "$LAB/machine/$host/upper/etc/ssh/lab_key.pub")
	KEY
	lab_exec "$client" tee /root/.ssh/config >/dev/null <<-CONF
		IdentityFile /root/.ssh/id
		BatchMode yes
		CheckHostIP no
		ConnectTimeout 10
	CONF
	lab_start "$host" sshd /usr/sbin/sshd -D -e -f /etc/ssh/lab_config
	lab_wait_until 5 lab_exec "$host" sh -c 'ss -Hltn | grep -q :22' ||
		lab_log_fail "sshd does not come up" "$host" sshd
}

# lab_file HOST MEGABYTES: /tmp/file of random octets there; prints its checksum.
lab_file() {
	lab_exec "$1" sh -c "head -c ${2}M /dev/urandom >/tmp/file; sha256sum </tmp/file"
}
