# What a script says of "laptop"'s mappings.

# map FILTER: a value of "autotunnel map --json -v", by a jq filter.
map() {
	lab_exec laptop autotunnel map --json -v | jq -er "$1"
}

# map_is FILTER VALUE
map_is() {
	[ "$(map "$1")" = "$2" ]
}

# map_says PATTERN: a line of what people read.
map_says() {
	lab_exec laptop autotunnel map | grep -E -- "$1"
}

# txt_says PATTERN: how the machine is, in its records.
txt_says() {
	lab_dig laptop _autotunnel._udp.laptop.$LAB_DOMAIN TXT | grep -E -- "$1"
}
