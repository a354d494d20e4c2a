#!/bin/sh
# The dig commands of autotunnel-records(7), for a test to run: one a line, a regular expression
# (grep -E) that a line of the answer must match, a tab, the command.
#
#	dig-lines.sh PAGE [DOMAIN HOST]
#
# puts DOMAIN for alice.example.com and HOST for nas.  In the page a comment
#	.\" EXPECT regular expression
# stands before each command; lint.sh sees to it.
set -eu

page=$1
domain=${2:-alice.example.com}
host=${3:-nas}
escaped=$(echo "$domain" | sed 's/\./\\\\./g')

awk '
	/^\.\\" EXPECT / { want = substr($0, 12); next }
	/^\$ dig / && want != "" { print want "\t" substr($0, 3); want = ""; next }
' "$page" | sed -e "s/nas\\\\\.alice\\\\\.example\\\\\.com/$host\\\\.$escaped/g" \
	-e "s/alice\\\\\.example\\\\\.com/$escaped/g" \
	-e "s/nas\.alice\.example\.com/$host.$domain/g" -e "s/alice\.example\.com/$domain/g"
