#!/bin/bash
# Summarize single values, lines "METRIC<tab>UNIT<tab>SUBJECT<tab>VALUE" on standard input: a table,
# or with "json" a line for each metric and subject.  Metrics, and a metric's subjects, come in the
# order in which they first appear.
set -euo pipefail

json() {
	jq -Rcn '
		def at($p): sort | .[((length * $p) | ceil) - 1 | if . < 0 then 0 else . end];
		[inputs / "\t" | {metric: .[0], unit: .[1], subject: .[2], value: (.[3] | tonumber)}]
		| to_entries | group_by(.value.metric) | sort_by(.[0].key) | .[]
		| group_by(.value.subject) | sort_by(.[0].key) | .[] | map(.value)
		| map(.value) as $n | .[0] | {metric, unit, subject, n: ($n | length), min: ($n | min),
			median: ($n | at(0.5)), p95: ($n | at(0.95)), max: ($n | max), values: $n}'
}

# A p95 of fewer than twenty values would only be their maximum.
table() {
	printf '%-46s %-6s %-12s %3s %9s %9s %9s %9s %8s\n' \
		metric unit subject n min median p95 max ratio
	json | jq -r '[.metric, .unit, .subject, .n, .min, .median, .p95, .max] | @tsv' |
		awk -F '\t' '
		function number(x) { return sprintf(x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x) }
		{
			row[NR] = $0
			if ($3 == "autotunnel") ours[$1] = $6
		}
		END {
			for (i = 1; i <= NR; i++) {
				split(row[i], f, "\t")
				ratio = ""
				if (f[3] != "autotunnel" && ours[f[1]] > 0)
					ratio = number(f[6] / ours[f[1]]) " x"
				printf "%-46s %-6s %-12s %3d %9s %9s %9s %9s %8s\n",
				    f[1] == last ? "" : f[1], f[1] == last ? "" : f[2], f[3], f[4],
				    number(f[5]), number(f[6]), f[4] < 20 ? "" : number(f[7]),
				    number(f[8]), ratio
				last = f[1]
			}
			print "\nratio: the median, in autotunnel'\''s"
		}'
}

case ${1:-table} in
json) json ;;
table) table ;;
*) exit 2 ;;
esac
