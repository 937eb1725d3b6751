# SPDX-License-Identifier: GPL-2.0-or-later
#
# The table of tests/bench/throughput, and what it amounts to. Input, one line per measurement: candidate,
# MiB/s, bytes per frame. The first candidate is the one that the others are compared with.
BEGIN { FS = "\t" }

{
	if (!($1 in count))
		names[++candidates] = $1
	# kept in order
	for (i = ++count[$1]; i > 1 && speeds[$1, i - 1] > $2; i--)
		speeds[$1, i] = speeds[$1, i - 1]
	speeds[$1, i] = $2
	frame[$1] += $3
}

# The value below which the given share of the values lies.
function quantile(name, share,   at, below) {
	at = 1 + share * (count[name] - 1)
	below = int(at)
	if (below == count[name])
		return speeds[name, below]
	return speeds[name, below] + (speeds[name, below + 1] - speeds[name, below]) * (at - below)
}

function ratio(name) { return quantile(name, 0.5) / quantile(names[1], 0.5) }

function change(name) { return (ratio(name) - 1) * 100 }

END {
	printf "  %-26s %8s  %17s %12s %8s\n", "MiB/s", "median", "quartiles", "bytes/frame", "x none"
	for (i = 1; i <= candidates; i++) {
		name = names[i]
		printf "  %-26s %8.1f  %7.1f ..%7.1f %12d %8.3f\n", name, quantile(name, 0.5),
			quantile(name, 0.25), quantile(name, 0.75), frame[name] / count[name], ratio(name)
	}
	printf "Against none: the filter %+.1f %%, ethtool tx off %+.1f %%; none itself, by chance, %+.1f %%.\n",
		change("filter"), change("ethtool tx off"), change("none, once more")
}
