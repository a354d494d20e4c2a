# What README says under ON REAL MACHINES, typed as it stands there; readme_dnsd.sh, readme_bind.sh and
# readme_knot.sh say for which name server.  Only systemctl is played, for there is no systemd here, and
# the server's address is the lab's.
#
#    laptop 192.168.1.10 ── home .2 ─┐  Internet  ┌─ office .3 ── nas 192.168.2.10
#                                    └── ns .53 ──┘
server=$1
lab_require nft miniupnpd ssh sshd

lab_two_homes
lab_sshd nas laptop
typed=0

# The commands, a line each: "PROMPT COMMAND", with "-" where any machine will do.
commands() {
	sed -n '/^ON REAL MACHINES/,/^HOW IT WORKS/s/^\t//p' "$LAB_DIR/../../README" |
		sed -E "s/192\.0\.2\.53/$LAB_NS/g; s/^(laptop|nas|ns)[#\$] +/\1 /; t; s/^/- /"
}

# with_phrase HOST COMMAND: typed there, in root's home, and the phrase when it is asked for.
with_phrase() {
	lab_exec "$1" sh -c "cd /root && $2" <<<"$LAB_PHRASE"
}

# It waits for the name server, in a window of its own.
type_init() {
	lab_start "$1" init $2
	check_soon "$1# $2: the phrase" 15 grep '^Recovery phrase:' "$(lab_log "$1" init)"
	LAB_PHRASE=$(sed -n 's/^Recovery phrase: *//p' "$(lab_log "$1" init)")
}

init_ends() {
	check "laptop: init has done its work" wait "$(lab_pid laptop init)"
	check "and says so" grep -qx 'Enrolled: yes' "$(lab_log laptop init)"
}

# The file is carried to the server, and, with dnsd, its address filled in.
type_zone() {
	check "$1" with_phrase laptop "$1"
	lab_exec laptop cat /root/alice.conf >$LAB/alice.conf
	sed "s/^#address = [^ \t]*/address = $LAB_NS/" $LAB/alice.conf | lab_exec ns tee /root/alice.conf >/dev/null
	[ $server = dnsd ] || { "lab_$server" $LAB_DOMAIN <$LAB/alice.conf && init_ends; }
}

type_one() {
	case "$1 $2" in
	"- ./bootstrap" | "- make -C build install" | "- systemd-sysusers && systemd-tmpfiles --create") ;;
	"- hosts: "*) check_equal "nsswitch.conf is as it should be" "$2" \
		"$(lab_exec laptop sed -n 's/^\(hosts:\)[ \t]*\(files autotunnel dns\).*/\1 \2/p' /etc/nsswitch.conf)" ;;
	"laptop autotunnel init "*) type_init "$1" "$2" ;;
	"- autotunnel zone $server "*) type_zone "$2" ;;
	"- autotunnel zone "*) return ;;
	"ns install "*) [ $server = dnsd ] || return 0; check "ns# $2" lab_exec ns sh -c "cd /root && $2" ;;
	"ns systemctl enable --now autotunnel-dnsd") [ $server = dnsd ] || return 0
		lab_ns_start $LAB_DOMAIN autotunnel-dnsd
		init_ends ;;
	"nas autotunnel join "*) check "nas# $2" with_phrase nas "$2" ;;
	"- systemctl enable --now autotunneld")
		for host in laptop nas; do
			LAB_STAMP=1 lab_start $host autotunneld autotunneld -f
		done ;;
	"laptop autotunnel status") check_soon "laptop\$ $2" 15 lab_exec laptop $2 ;;
	"laptop autotunnel ping nas") check_soon "laptop\$ $2" 15 lab_exec laptop $2 -c 1 ;;
	"laptop ssh nas") check_equal "laptop\$ $2" nas "$(lab_exec laptop $2 hostname)" ;;
	*) check "README says \"$2\" for $1, which nobody here knows how to type" false ;;
	esac
	typed=$((typed + 1))
}

while read -r prompt command <&4; do
	type_one "$prompt" "$command"
done 4< <(commands)
check "README has been typed" [ $typed -ge 10 ]
