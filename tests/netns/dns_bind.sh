#!/bin/bash
# The DNS worker with BIND: see lib/dns_worker.sh.
LAB_PLAIN=1
. "${0%/*}/lab.sh"
lab_require named dig nsupdate
. "$LAB_DIR/lib/dns_worker.sh"

bind_conf | lab_bind $zone
story BIND
