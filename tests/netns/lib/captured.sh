# Updates captured on the way, and sent again.

# captured_updates CAPTURE: the UDP payloads as hex, one a line, of messages with opcode 5 (UPDATE)
# that change something.
captured_updates() {
	tcpdump -n -x -r "$LAB/pcap/$1.pcap" 2>/dev/null | awk '
		/^[0-9]/ { if (hex != "") print hex; hex = "" }
		/^\t/ { for (i = 2; i <= NF; i++) hex = hex $i }
		END { print hex }' | cut -c 57- | awk 'substr($0, 5, 1) == "2" && substr($0, 17, 4) != "0000"'
}

# captured_is_refused HOST UPDATE: HOST sends it.  NXRRSET: that epoch is over; YXRRSET: it demanded that
# there be none yet.
captured_is_refused() {
	local answer

	answer=$(sed 's/../\\x&/g' <<<"$2" | { read -r bytes; lab_exec "$1" bash -c \
		"printf '$bytes' >/tmp/update; exec 5<>/dev/udp/$LAB_NS/53; cat /tmp/update >&5
		timeout 3 head -c 4 <&5 | od -An -tx1"; } | tr -d ' ')
	[[ "${answer: -1}" == [78] ]] || { echo "answer: $answer"; false; }
}
