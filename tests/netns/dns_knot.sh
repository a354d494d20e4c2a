#!/bin/bash
# The DNS worker with Knot: see lib/dns_worker.sh.
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require knotd dig nsupdate
. "$LAB_DIR/lib/dns_worker.sh"

knot_conf | lab_knot $zone
story Knot
