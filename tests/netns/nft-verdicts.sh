#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules made through iptables-nft packets miss because of an earlier one, made so too or by another
# program, so that the network hook adds its own.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
tables=nft
. "$SRC/tests/lib/coverage.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft nft

# native RULE...: rules in POSTROUTING that iptables-nft would not make.
native() {
	local rule
	mangle -A POSTROUTING
	for rule; do nft "add rule ip mangle POSTROUTING $rule"; done
}

# Verdicts of other programs in that table.
native_verdicts() {
	local rule
	for rule in 'oifname "own" accept' 'udp dport 68 accept' 'udp dport { 67, 68 } accept' \
		'udp dport vmap { 68 : accept }' 'udp dport != 53 accept' 'udp dport >= 60 accept' \
		'counter log accept' 'meta mark 0 accept' 'udp dport < 69 return' 'ip ttl != 3 accept'; do
		native "$rule"
		lacks -o own -p udp --dport 68
	done
	native 'oifname "own2" accept' 'oifname != "own" accept' 'tcp dport 1-65535 accept' 'udp dport 69 accept' \
		'udp dport < 68 accept' 'udp dport > 68 accept' 'udp dport 60-67 accept' 'udp dport != 68 accept' \
		'ip saddr 192.168.99.1 accept' 'ip saddr 172.16.0.0/16 accept' 'meta mark set 7' 'ct state new' \
		'limit rate 1/second' 'udp dport { 67, 68 } counter log'
	covers dhcp=ok -o own -p udp --dport 68
}

# Whether they match is not known here: a rule of ours beside it does no harm.
native_verdicts_that_might() {
	local rule
	for rule in 'meta mark 7 accept' 'ct state invalid drop' 'udp dport { 69, 70 } accept' \
		'udp dport vmap { 69 : accept }' 'udp dport & 1 == 1 accept'; do
		native "$rule"
		mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
		might
	done
}

hooks_start
coverage_start
cases_of_verdicts
native_verdicts
native_verdicts_that_might
