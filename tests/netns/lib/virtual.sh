# Time that is set forward while nobody has anything to do (tests/virtual_clock.h): hours of which only what
# happens in them is waited for.  For scripts that have sourced lab.sh.
#
# The daemons, the name server and miniupnpd have it; ssh, ping, the script and the kernel (conntrack, TCP) have
# not, so that what is measured between two rests is as ever.

cp "$AT_BUILD/tests/virtual_clock.so" "$AT_BUILD/tests/netns/pass_time" $LAB/
chmod 755 $LAB $LAB/virtual_clock.so
$LAB/pass_time $LAB/clock 0 >/dev/null
chmod 666 $LAB/clock

# The machine that can sleep, and its number.
VIRTUAL_SLEEPER=laptop

lab_clock() {
	case $2 in
	autotunneld | dns | miniupnpd) ;;
	*) return 0 ;;
	esac
	echo env LD_PRELOAD=$LAB/virtual_clock.so VIRTUAL_CLOCK=$LAB/clock \
		VIRTUAL_MACHINE=$([ "$1" = $VIRTUAL_SLEEPER ] && echo 1 || echo 0)
}

# virtual_pass SECONDS: let time pass.
virtual_pass() {
	$LAB/pass_time $LAB/clock "$1" >>$LAB/log/time.log 2>&1 ||
		{ tail -n 20 $LAB/log/time.log; lab_die "time stands still"; }
}

# All processes of the machine, but who holds its namespaces.
virtual_processes() {
	ip netns pids "$1" | grep -vx "$(<"$LAB/ns/$1")"
}

# virtual_sleep SECONDS [COMMAND...]: the sleeper is suspended for so long: nothing of it runs, nothing reaches
# it, and the command is what happens to it, or to others, in the beginning.  It wakes when
# virtual_wake is called.
virtual_sleep() {
	local seconds=$1
	shift

	mapfile -t asleep < <(virtual_processes $VIRTUAL_SLEEPER)
	lab_exec $VIRTUAL_SLEEPER nft -f - <<-'NFT'
		table netdev asleep {
			chain in { type filter hook ingress devices = { eth0, eth1 } priority 0; drop; }
		}
	NFT
	kill -STOP "${asleep[@]}"
	"$@"
	$LAB/pass_time $LAB/clock "$seconds" 1 >>$LAB/log/time.log 2>&1 ||
		{ tail -n 20 $LAB/log/time.log; lab_die "time stands still"; }
}

virtual_wake() {
	lab_exec $VIRTUAL_SLEEPER nft delete table netdev asleep
	kill -CONT "${asleep[@]}"
}
