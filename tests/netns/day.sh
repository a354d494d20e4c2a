#!/bin/bash
# One and a half hours (DAY_SECONDS; tests/bench has a day) in the life of two machines, in virtual time: moves, losses and
# deaths of parts, and between them rests in which leases are renewed and keys changed.  A connection and an ssh
# session live through it, and nothing is left behind.
#
#    laptop ── home .2, cafe .4 ─┐  Internet  ┌─ office .3, hotel .5 ── nas
#                                └── ns .53 ──┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"
. "$LAB_DIR/lib/virtual.sh"
. "$LAB_DIR/lib/day.sh"
DAY_FIRST=${DAY_FIRST:-1200}

say() {
	printf 'note  %5d s  %-10s silent for %s ms\n' "$(day_seconds)" "$1" "$gap_ms"
}
day_begin
check "time passes, and what comes with it" eval "day ${DAY_SECONDS:-3600} ${DAY_SEED:-2} say >$LAB/steps"
cat $LAB/steps
check "most of what was picked has happened" [ "$(wc -l <$LAB/steps)" -ge 3 ]
day_end
