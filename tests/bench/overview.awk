# SPDX-License-Identifier: GPL-2.0-or-later
#
# The hook's lines of all tables side by side, and a paragraph on what they amount to.
# Input: the lines bench-runner -r wrote: event, setting, program, wall ms, CPU ms.
# The first setting is the one with few ports and few rules.
BEGIN { FS = "\t" }

{
	wall[$1, $2, $3] = $4
	cpu[$1, $2, $3] = $5
	if (!($2 in seen_setting)) {
		seen_setting[$2]
		settings[++columns] = $2
	}
	if (!($1 in seen_event)) {
		seen_event[$1]
		events[++rows] = $1
	}
}

# What the hook is measured by: where nothing is to be done, the empty program; else the one that loads the libraries.
function base(event) { return event ~ /irrelevant|unknown/ ? "empty" : "floor" }

# CPU time the hook takes beyond that program of the same table: that of our own code.
function own(event, setting,   ms) {
	ms = cpu[event, setting, "HOOK"] - cpu[event, setting, base(event)]
	return ms > -0.005 && ms < 0 ? 0 : ms
}

# Mean of a program's medians, of wall[] or cpu[], over the tables of the first setting.
function mean(times, program,   r, n, sum) {
	for (r = 1; r <= rows; r++)
		if ((events[r], settings[1], program) in times) {
			sum += times[events[r], settings[1], program]
			n++
		}
	return n ? sum / n : 0
}

# "3.40 (1.42 1.46)": wall ms and how many times that program, by wall and by CPU
function cell(event, setting,   wall_ms, cpu_ms) {
	wall_ms = wall[event, setting, "HOOK"]
	cpu_ms = cpu[event, setting, "HOOK"]
	return sprintf("%.2f (%5.2f %5.2f)", wall_ms, wall_ms / wall[event, setting, base(event)],
		cpu_ms / cpu[event, setting, base(event)])
}

function print_matrix(   r, c) {
	print "\nThe hook: median wall ms (and how many times floor, or, where nothing is to be done, empty: x wall, x CPU)"
	printf "%-36s", ""
	for (c = 1; c <= columns; c++)
		printf "%22s", settings[c]
	print ""
	for (r = 1; r <= rows; r++) {
		printf "  %-34s", events[r]
		for (c = 1; c <= columns && (events[r], settings[c], "HOOK") in wall; c++)
			printf "%22s", cell(events[r], settings[c])
		print ""
	}
}

function own_of(setting) {
	return sprintf("%.2f when a network has started, %.2f with repair, %.2f when a guest with one" \
		" interface starts, %.2f with eleven",
		own("network started, nothing to repair", setting), own("network started, with repair", setting),
		own("qemu start, 1 interface", setting), own("qemu start, 11 interfaces", setting))
}

function print_summary(   c, waited) {
	printf "\nSummary, in ms of CPU time. To load the hooks' libraries in a child takes %.2f;", mean(cpu, "floor")
	printf " a program without them, %.2f. Our own code adds (%s): %s;", mean(cpu, "empty"), settings[1], own_of(settings[1])
	printf " for an event that is none of our business, %.2f.", own("qemu started (irrelevant)", settings[1])
	for (c = 2; c <= columns; c++)
		printf " With %s: %s.", settings[c], own_of(settings[c])
	printf " A hook that only reads its input takes %.2f in bash", mean(cpu, "bash")
	if (mean(cpu, "python3"))
		printf " and %.2f in Python", mean(cpu, "python3")
	print "."
	waited = mean(wall, "empty") / mean(cpu, "empty")
	if (waited > 1.25)
		printf "The machine was busy: even the empty program took %.1f times its CPU time. Believe the CPU columns.\n", waited
}

END {
	print_matrix()
	print_summary()
}
