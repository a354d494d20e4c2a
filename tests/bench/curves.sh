#!/bin/bash
# The data plane's throughput and what a packet costs, against the size of packets and the number of
# SAs: curves.sh DIRECTORY.  Writes esp.tsv (the figures), esp-throughput.svg and esp-cost.svg; and
# esp-wire.tsv, of many peers at work through real devices, for which it needs root.
set -euo pipefail
export LC_ALL=C

dir=$(cd "$(dirname "$0")" && pwd)
build=${AT_BUILD:-${dir%/tests/bench}/build}
out=${1:?usage: curves.sh DIRECTORY}
mkdir -p "$out"
{
	echo "# SAs, octets of the inner packet, ns to seal it, ns to open it; one thread"
	"$build/tests/bench/esp_speed"
} >"$out/esp.tsv"

# plot TITLE UNIT EXPRESSION: a line for each number of SAs; x is logarithmic, both from 0 up else.
plot() {
	awk -v title="$1" -v unit="$2" '
	function px(size) { return 70 + 500 * (log(size) - log(64)) / (log(1438) - log(64)) }
	function py(v) { return 330 - 280 * v / top }
	/^#/ { next }
	{
		if (!($1 in seen)) { order[++n] = $1; seen[$1] = 1 }
		v = '"$3"'
		value[$1, ++count[$1]] = v
		size[$1, count[$1]] = $2
		if (v > most) most = v
	}
	END {
		step = 10 ^ int(log(most) / log(10))
		if (most / step < 3) step /= 2
		if (most / step < 3) step /= 2.5
		top = step * (int(most / step) + 1)
		split("#1f77b4 #d62728 #2ca02c #9467bd", colour, " ")
		print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"680\" height=\"390\"" \
		    " font-family=\"sans-serif\" font-size=\"12\">"
		print "<rect width=\"680\" height=\"390\" fill=\"white\"/>"
		printf "<text x=\"70\" y=\"24\" font-size=\"15\">%s</text>\n", title
		for (v = 0; v <= top + step / 2; v += step)
			printf "<line x1=\"70\" x2=\"570\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>" \
			    "<text x=\"62\" y=\"%.1f\" text-anchor=\"end\">%g</text>\n", py(v), py(v), py(v) + 4, v
		printf "<text x=\"8\" y=\"44\">%s</text>\n", unit
		for (i = 1; i <= count[order[1]]; i++) {
			s = size[order[1], i]
			if (s != 1418 && s != 1280)
				printf "<text x=\"%.1f\" y=\"348\" text-anchor=\"middle\">%d</text>\n", px(s), s
		}
		print "<text x=\"320\" y=\"372\" text-anchor=\"middle\">octets of the inner packet</text>"
		for (k = 1; k <= n; k++) {
			printf "<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"", colour[k]
			for (i = 1; i <= count[order[k]]; i++)
				printf "%.1f,%.1f ", px(size[order[k], i]), py(value[order[k], i])
			printf "\"/>\n<text x=\"580\" y=\"%d\" fill=\"%s\">%d SA%s</text>\n", 50 + 18 * k,
			    colour[k], order[k], order[k] == 1 ? "" : "s"
		}
		print "</svg>"
	}' "$out/esp.tsv"
}

plot "Sealing and opening, one processor: throughput" "Gbit/s" '$2 * 8 / ($3 + $4)' \
	>"$out/esp-throughput.svg"
plot "Sealing and opening, one processor: cost of a packet" "ns" '$3 + $4' >"$out/esp-cost.svg"
"$dir/many_sas.sh" >"$out/esp-wire.new"
mv "$out/esp-wire.new" "$out/esp-wire.tsv"
