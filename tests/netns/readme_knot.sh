#!/bin/bash
# From nothing to connected with the commands of README, with Knot DNS as the name server.
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/readme.sh" knot
