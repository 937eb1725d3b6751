#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests start and stop on one bridge, five of each in a second, for SOAK_SECONDS (`make soak`: an hour). Their ports
# forward, and nothing grows with their number: our processes, their descriptors, rules, qdiscs, filters, files. The
# kernel's own memory is the whole machine's, and is only looked at where the soak is long enough for it to tell.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need python3 dnsmasq iptables-legacy ip6tables-legacy tc
hooks_start
no_stp_program

: "${SOAK_SECONDS:=20}"
RATE=5
GROWTH=16384 # kB of the kernel's memory, at most, in the last half of a soak of at least LONG seconds
LONG=600

# column NAME: of the table that soak-guests.py prints.
column() {
	awk -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }' /tmp/table
}

# largest: of the lines.
largest() { sort -n | tail -n 1; }

# has_gone NAME...: after the last guest there is as much as before the first.
has_gone() {
	local name
	for name; do is "$name at the end" "$(column "$name" | tail -n 1)" "$(column "$name" | head -n 1)"; done
}

# does_not_grow NAME...: from the third look on, when as many guests are there as ever.
does_not_grow() {
	local name first
	for name; do
		first=$(column "$name" | sed -n 3p)
		is "the most $name" "$(column "$name" | tail -n +3 | largest)" "$first"
	done
}

# memory_does_not_grow: from the middle on.
memory_does_not_grow() {
	local values growth
	mapfile -t values < <(column slab-kB)
	growth=$((values[${#values[@]} - 1] - values[${#values[@]} / 2]))
	say "the kernel's memory: $growth kB more in the second half"
	((SOAK_SECONDS < LONG || growth < GROWTH)) || fail "it grows"
}

add_bridge soak stp_state 1 forward_delay 1500
add_uplink soak soak-eth
serve soak 70
: >/dev/vhost-net
use_legacy_tables
target=TAP nic soak >/tmp/nic
domain_xml TAP "$(<"/tmp/nic")" | sed "s/address='[^']*'/address='MAC'/" >/tmp/guest.xml
python3 "$SRC/tests/lib/soak-guests.py" "$SOAK_SECONDS" "$RATE" soak /tmp/guest.xml >/tmp/said
sed -n '/^ *[0-9]* guests in/!p' /tmp/said >/tmp/table
cat /tmp/said
has_gone processes descriptors rules qdiscs filters
does_not_grow rules filters files files-kB
memory_does_not_grow
not_logged 'result=failed|error='
