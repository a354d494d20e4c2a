#!/bin/bash
# Two machines behind two NATs find each other by name, with PowerDNS as the name server.
. "${0%/*}/lab.sh"
lab_require pdns_server
. "$LAB_DIR/lib/story.sh" powerdns
