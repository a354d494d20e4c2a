#!/bin/bash
# Two machines behind two NATs find each other by name, with Knot as the name server.
. "${0%/*}/lab.sh"
lab_require knotd
. "$LAB_DIR/lib/story.sh" knot
