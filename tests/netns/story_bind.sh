#!/bin/bash
# Two machines behind two NATs find each other by name, with BIND as the name server.
. "${0%/*}/lab.sh"
lab_require named
. "$LAB_DIR/lib/story.sh" bind
