#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules made through iptables-nft the network hook takes for a repair, by what they are for.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
tables=nft
. "$SRC/tests/lib/coverage.sh"
sandbox "$@"
need dnsmasq python3 iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft nft

# Looking brings no table into use.
no_table_without_need() {
	add_bridge none
	network_xml net none 20 | network_hook net stopped begin -
	is "the ruleset" "$(nft list ruleset)" ""
}

# Somebody changes rules all the time, which interrupts whoever reads a chain that is long.
while_rules_change() {
	local busy
	mangle -N OTHER
	mangle -A POSTROUTING -j OTHER
	printf 'add rule ip mangle OTHER oifname "other%d" counter\n' {1..400} | nft -f -
	mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
	while nft 'add chain ip mangle COME; delete chain ip mangle COME'; do :; done &
	busy=$!
	for _ in {1..50}; do
		hook started
		expect_ours
	done
	kill "$busy"
	wait "$busy" || :
	nothing_logged
	afresh
}

# raw_rule EXPRESSION...: a rule in POSTROUTING that other programs make of these expressions of
# nf_tables, in Python as below, and that fills checksums.
raw_rule() {
	nft 'add table ip mangle; add chain ip mangle POSTROUTING {
		type filter hook postrouting priority mangle; }'
	python3 - "$@" <<-'END'
		import socket, struct, sys

		NESTED, NEWRULE, BATCH_BEGIN, BATCH_END = 0x8000, 0xa06, 0x10, 0x11
		REQUEST, ACK, CREATE, APPEND = 1, 4, 0x400, 0x800

		def attribute(kind, data):
		    if isinstance(data, int):
		        data = struct.pack(">I", data)
		    elif isinstance(data, str):
		        data = data.encode() + b"\0"
		    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)

		def attributes(*data):
		    return b"".join(attribute(i + 1, d) for i, d in enumerate(data) if d is not None)

		def nest(kind, *data):
		    return attribute(kind | NESTED, attributes(*data))

		def expression(name, data):
		    return attribute(1 | NESTED, attribute(1, name) + attribute(2 | NESTED, data))

		def meta(key, reg=1):
		    return expression("meta", attributes(reg, key))

		def payload(base, offset, length, reg=1):
		    return expression("payload", attributes(reg, base, offset, length))

		def cmp(value, op=0, reg=1):
		    return expression("cmp", attributes(reg, op) + nest(3, value))

		def range(first, last, op=0, reg=1):
		    return expression("range", attributes(reg, op) + nest(3, first) + nest(4, last))

		def bitwise(mask, reg=1):
		    return expression("bitwise", attributes(reg, reg, len(mask)) + nest(4, mask) +
		                      nest(5, bytes(len(mask))))

		def udp(first, last, sfirst=0, slast=65535, inverted=0):
		    return expression("match", attributes(
		        "udp", 0, struct.pack("=HHHHB7x", sfirst, slast, first, last, inverted)))

		def port(number):
		    return struct.pack(">H", number)

		OIFNAME, L4PROTO, NETWORK, TRANSPORT = 7, 16, 1, 2
		device, udp_only = meta(OIFNAME) + cmp(b"own\0"), meta(L4PROTO) + cmp(b"\x11")
		dport = payload(TRANSPORT, 2, 2)
		rule = b"".join(eval(argument) for argument in sys.argv[1:])
		rule += expression("target", attributes("CHECKSUM", 0, b"\1" + bytes(7)))

		def message(kind, flags, family, subsystem, data=b""):
		    return struct.pack("=IHHIIBBH", 20 + len(data), kind, REQUEST | flags, 1, 0, family, 0,
		                       socket.htons(subsystem)) + data

		compat = attribute(5 | NESTED, attributes(17, 0))
		netfilter = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
		netfilter.send(message(BATCH_BEGIN, 0, 0, 10) +
		               message(NEWRULE, ACK | CREATE | APPEND, socket.AF_INET, 0,
		                       attributes("mangle", "POSTROUTING") + attribute(4 | NESTED, rule) +
		                       compat) +
		               message(BATCH_END, 0, 0, 10))
		error = struct.unpack_from("=i", netfilter.recv(4096), 16)[0]
		sys.exit(f"{sys.argv[1:]}: error {error}" if error else 0)
	END
}

# What iptables-nft of other versions makes of the same arguments, and what looks almost like it.
other_forms() {
	raw_rule device 'payload(NETWORK, 9, 1)' 'cmp(b"\x11")' 'udp(68, 68)'
	covers dhcp=ok
	raw_rule device udp_only 'udp(60, 70)'
	covers dhcp=ok
	raw_rule 'meta(OIFNAME, 2)' 'cmp(b"own" + bytes(13), reg=2)' udp_only 'payload(TRANSPORT, 2, 2, 3)' \
		'cmp(port(68), reg=3)'
	covers dhcp=ok
	raw_rule device udp_only dport 'range(port(0), port(68))'
	covers dhcp=ok

	almost_like_it
	lacks
}

# Each by itself does not count, and all of them together fill nothing.
almost_like_it() {
	local rule
	while read -r rule; do
		eval "raw_rule $rule"
		does_not_count
	done <<-'END'
		device udp_only 'udp(69, 70)'
		device udp_only 'udp(68, 68, 68, 68)'
		device udp_only 'udp(68, 68, inverted=2)'
		device udp_only 'udp(68, 68, inverted=1)'
		device 'payload(NETWORK, 9, 1)' 'cmp(b"\x06")'
		device 'payload(NETWORK, 8, 1)' 'cmp(b"\x11")'
		device 'payload(TRANSPORT, 9, 1)' 'cmp(b"\x11")'
		device udp_only 'payload(NETWORK, 2, 2)' 'cmp(port(68))'
		device udp_only 'payload(TRANSPORT, 2, 1)' 'cmp(port(68))'
		device udp_only 'payload(TRANSPORT, 4, 2)' 'cmp(port(68))'
		device udp_only 'meta(L4PROTO, 2)' dport 'cmp(port(68), reg=2)'
		device udp_only 'meta(L4PROTO, 2)' dport 'range(port(60), port(70), reg=2)'
		device udp_only dport 'bitwise(port(1))' 'cmp(port(68))'
		device udp_only dport 'cmp(port(68), op=2)'
		device udp_only dport 'range(port(69), port(70))'
		device udp_only dport 'range(port(60), port(70), op=1)'
		'meta(OIFNAME)' 'cmp(b"own\0", op=1)' udp_only
	END
}

hooks_start
no_table_without_need
coverage_start
cases_of_matches
other_forms
while_rules_change
