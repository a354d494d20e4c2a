#!/bin/bash
# From nothing to connected with the commands of README, with BIND as the name server.
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/readme.sh" bind
