#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules in legacy tables packets miss because of an earlier one, so that the network hook adds its
# own; and when its own is none any more.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
tables=legacy
. "$SRC/tests/lib/coverage.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy nft

# ours_behind RULE...: somebody puts the rule before ours; the next event moves ours before it.
ours_behind() {
	hook started
	expect_ours ip4:68
	mangle -I POSTROUTING "$@"
	linux_guest own dhcp=bad
	hook started
	linux_guest own dhcp=ok
	expect_ours ip4:68
	hook stopped
	expect_ours
	afresh
}

ours_are_moved() {
	ours_behind -o own -j ACCEPT
	ours_behind -p udp -j ACCEPT
	ours_behind -m length --length 1: -j RETURN
	mangle -N LEAVE
	ours_behind -o own -g LEAVE
}

# Those that take nothing away from it leave it where it is.
ours_stay() {
	local before
	hook started
	mangle -I POSTROUTING -o own2 -j ACCEPT
	mangle -I POSTROUTING -p tcp -j ACCEPT
	mangle -I POSTROUTING -m mark --mark 7 -j MARK --set-mark 8
	before=$(kernel_state)
	hook started
	same_state "started again" "$before"
	linux_guest own dhcp=ok
	afresh
}

hooks_start
coverage_start
cases_of_verdicts
ours_are_moved
ours_stay
