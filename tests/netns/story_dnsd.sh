#!/bin/bash
# Two machines behind two NATs find each other by name, with autotunnel-dnsd as the name server.
. "${0%/*}/lab.sh"
. "$LAB_DIR/lib/story.sh" dnsd
