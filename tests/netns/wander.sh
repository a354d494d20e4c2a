#!/bin/bash
# Random moves, losses and deaths, one after the other: a connection and an ssh session go on, and nothing
# is left behind.  WANDER_STEPS and WANDER_SEED say how many and which; tests/bench has a thousand.
#
#    laptop ── home .2, cafe .4 ─┐  Internet  ┌─ office .3, hotel .5 ── nas
#                                └── ns .53 ──┘
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/mobility.sh"
. "$LAB_DIR/lib/wander.sh"
seed=${WANDER_SEED:-1}
wander_begin
echo "note  seed $seed"

say() {
	printf 'note  %-10s silent for %s ms, %s after the network was there\n' "$1" "$gap_ms" "$after_ms"
}
check "it goes on and on" eval "wander ${WANDER_STEPS:-20} $seed say >$LAB/steps"
cat $LAB/steps
check "most of what was picked has happened" [ "$(wc -l <$LAB/steps)" -ge $((${WANDER_STEPS:-20} / 2)) ]
wander_end
