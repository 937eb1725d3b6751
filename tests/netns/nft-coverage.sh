#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules made through iptables-nft the network hook takes for a repair, and beside which it
# makes its own. A guest on the bridge says each time whether they are one.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq python3 iptables-legacy ip6tables-legacy iptables-nft ip6tables-nft nft
hooks_start

checksum=(-j CHECKSUM --checksum-fill)

mangle() { iptables-nft -w -t mangle "$@"; }
mangle6() { ip6tables-nft -w -t mangle "$@"; }

# hook OPERATION [FEATURE]...: of the network on the bridge own.
hook() {
	local operation=$1
	shift
	network_xml net own 20 "$@" | network_hook net "$operation" begin -
}

# Everything in nf_tables, without counters.
ruleset() { nft --stateless list ruleset 2>&1; }

# afresh: no rule is left, in neither kind of table.
afresh() {
	nft flush ruleset
	iptables-legacy -w -t mangle -F
	ip6tables-legacy -w -t mangle -F
	log_forget
}

# covers ANSWER=ok RULE...: the rule in POSTROUTING fills the guest's checksums, so nothing is added.
covers() {
	local before
	[ $# = 1 ] || mangle -A POSTROUTING "${@:2}" "${checksum[@]}"
	before=$(ruleset)
	linux_guest own "$1"
	untouched hook started
	nothing_logged
	is "the ruleset" "$(ruleset)" "$before"
	afresh
}

# lacks RULE...: the rule in POSTROUTING does not fill them, so the hook's own is added, which does.
lacks() {
	[ $# = 0 ] || mangle -A POSTROUTING "$@" "${checksum[@]}"
	linux_guest own dhcp=bad
	adds_one
}

adds_one() {
	local before
	before=$(ruleset)
	hook started
	linux_guest own dhcp=ok
	expect_rules own ip4:68
	logged 'finding=checksum-unfilled'
	is "the ruleset" "$(ruleset)" "$before"
	afresh
}

# libvirt's chain, made as its iptables backend makes it; POSTROUTING jumps there with the arguments.
libvirt_chain() {
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o own -p udp -m udp --dport 68 "${checksum[@]}"
	[ $# = 0 ] || mangle -I POSTROUTING "$@"
}

libvirt_has_one() {
	lacks
	libvirt_chain --jump LIBVIRT_PRT
	covers dhcp=ok
}

# What libvirt's rule does not fill is filled by ours.
libvirt_has_a_lesser_one() {
	local before
	libvirt_chain --jump LIBVIRT_PRT
	before=$(ruleset)
	linux_guest own dhcp=ok tftp=bad
	hook started tftp
	linux_guest own dhcp=ok tftp=ok
	expect_rules own ip4:udp
	logged 'finding=checksum-tftp-unfilled'
	hook stopped tftp
	expect_rules own
	is "the ruleset" "$(ruleset)" "$before"
	afresh
}

all_of_udp() {
	local rule
	for rule in '-o own -p udp' '-o own -p udp -m udp' '-o own' '-p udp' \
		'-o own -p udp --dport 0:65535'; do
		# shellcheck disable=SC2086 # words of a rule
		mangle -A POSTROUTING $rule "${checksum[@]}"
		linux_guest own dhcp=ok tftp=ok
		hook started tftp
		expect_rules own
		nothing_logged
		afresh
	done
}

dhcp6() {
	mangle6 -A POSTROUTING -o own -p udp -m udp --dport 546 "${checksum[@]}"
	linux_guest own dhcp6=ok dhcp=bad
	hook started nodhcp dhcp6
	expect_rules own
	nothing_logged
	hook started dhcp6
	expect_rules own ip4:68
	afresh
	mangle -A POSTROUTING -o own -p udp -m udp --dport 546 "${checksum[@]}"
	mangle6 -A POSTROUTING -o own -p udp -m udp --dport 68 "${checksum[@]}"
	linux_guest own dhcp6=bad
	hook started nodhcp dhcp6
	expect_rules own ip6:546
	linux_guest own dhcp6=ok
	afresh
}

rules_that_cover() {
	covers dhcp=ok -o own -p udp --dport 68
	covers dhcp=ok -o own+ -p udp --dport 68
	covers dhcp=ok -o ow+ -p udp --dport 68
	covers dhcp=ok -p udp --dport 68
	covers dhcp=ok -o own -p udp --dport 67:68
	covers dhcp=ok -o own -p udp --dport :68
	covers dhcp=ok -o own -p udp --dport 68:
	covers dhcp=ok -o own -p udp --dport 68 -m comment --comment "DHCP of guests"
}

rules_that_do_not() {
	lacks -o own2 -p udp --dport 68
	lacks -o ow -p udp --dport 68
	lacks -o own2+ -p udp --dport 68
	lacks ! -o own -p udp --dport 68
	lacks -o own -p tcp --dport 68
	lacks -o own ! -p udp
	lacks -o own -p udp --dport 69
	lacks -o own -p udp --dport 67
	lacks -o own -p udp --dport 69:
	lacks -o own -p udp --dport :67
	lacks -o own -p udp ! --dport 68
	lacks -o own -p udp ! --dport 60:70
	lacks -o own -p udp --sport 68
	lacks -o own -p udp --sport 68:70
	lacks -o own -p udp --sport 66 --dport 68
	lacks -o own -p udp --dport 68 -s 192.168.99.1
	lacks -o own -p udp --dport 68 -s 192.168.96.0/19
	lacks -o own -p udp --dport 68 -d 192.168.99.1
	lacks -o own -p udp --dport 68 ! -s 192.168.20.1
	lacks -o own -p udp --dport 68 -f
	lacks -o own -p udp --dport 68 -m mark --mark 1
	lacks -o own -p udp --dport 68 -m length --length 1
	lacks -o own -p udp -m multiport --dports 69,70
	lacks -o own -p udp --dport 68 -m comment --comment DHCP -m ttl --ttl-eq 3
}

# What is not understood is not relied on: a rule of ours beside it does no harm.
rules_that_might() {
	mangle -A POSTROUTING -o own -p udp -m multiport --dports 67,68 "${checksum[@]}"
	linux_guest own dhcp=ok
	adds_one
	mangle -A POSTROUTING -o own -p udp --dport 68 -s 192.168.20.1 "${checksum[@]}"
	linux_guest own dhcp=ok
	adds_one
}

# Other targets and other chains fill nothing.
nothing_filled() {
	mangle -A POSTROUTING -o own -p udp --dport 68 -j MARK --set-mark 1
	lacks
	mangle -A POSTROUTING -o own -p udp --dport 68 -j CLASSIFY --set-class 0:1
	lacks
	mangle -A POSTROUTING -o own -p udp --dport 68 -j ACCEPT
	lacks
	mangle -A POSTROUTING -o own -p udp --dport 68
	lacks
	mangle -A FORWARD -o own -p udp --dport 68 "${checksum[@]}"
	lacks
	libvirt_chain
	lacks
}

# An end that the replies come to hides what stands behind it; one for other packets does not.
ends() {
	local verdict
	for verdict in ACCEPT RETURN; do
		mangle -A POSTROUTING -j "$verdict"
		lacks -o own -p udp --dport 68
		mangle -A POSTROUTING -m comment --comment why -j "$verdict"
		lacks -o own -p udp --dport 68
		mangle -A POSTROUTING -o own -p udp --dport 60:70 -j "$verdict"
		lacks -o own -p udp --dport 68
		mangle -A POSTROUTING -o own2 -j "$verdict"
		mangle -A POSTROUTING -o own -p tcp -j "$verdict"
		mangle -A POSTROUTING -o own -p udp --dport 69 -j "$verdict"
		mangle -A POSTROUTING -o own -s 192.168.99.1 -j "$verdict"
		covers dhcp=ok -o own -p udp --dport 68
	done
	mangle -A POSTROUTING
	mangle -A POSTROUTING -j MARK --set-mark 1
	covers dhcp=ok -o own -p udp --dport 68
}

# No packet comes out at all behind a DROP.
drop() {
	mangle -A POSTROUTING -j DROP
	mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
	hook started
	expect_rules own ip4:68
	afresh
}

chains() {
	mangle -N END
	mangle -A END -j ACCEPT
	libvirt_chain --jump LIBVIRT_PRT
	mangle -I POSTROUTING -j END
	lacks

	mangle -N BACK
	mangle -A BACK -j RETURN
	mangle -A BACK -o own -p udp "${checksum[@]}"
	libvirt_chain --jump LIBVIRT_PRT
	mangle -I POSTROUTING -j BACK
	covers dhcp=ok

	libvirt_chain -o own2 --jump LIBVIRT_PRT
	lacks

	libvirt_chain -o own --jump LIBVIRT_PRT
	covers dhcp=ok

	libvirt_chain --goto LIBVIRT_PRT
	covers dhcp=ok

	mangle -N LEAVE
	mangle -A POSTROUTING -g LEAVE
	lacks -o own -p udp --dport 68

	libvirt_chain -m comment --comment libvirt --jump LIBVIRT_PRT
	covers dhcp=ok

	libvirt_chain
	mangle -N VIA
	mangle -A VIA -j LIBVIRT_PRT
	mangle -A POSTROUTING -j VIA
	covers dhcp=ok
}

# What a rule fills is limited by what comes to its chain.
narrow_jump() {
	mangle -N ALL
	mangle -A ALL "${checksum[@]}"
	mangle -A POSTROUTING -o own -p udp --dport 68 -j ALL
	linux_guest own dhcp=ok tftp=bad
	hook started tftp
	linux_guest own dhcp=ok tftp=ok
	expect_rules own ip4:udp
	logged 'finding=checksum-tftp-unfilled'
	afresh
}

# Looking brings no table into use.
no_table_without_need() {
	hook stopped
	is "the ruleset" "$(ruleset)" ""
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
		expect_rules own
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

	raw_rule device udp_only 'udp(69, 70)'
	lacks
	raw_rule device udp_only 'udp(68, 68, 68, 68)'
	lacks
	raw_rule device udp_only 'udp(68, 68, inverted=2)'
	lacks
	raw_rule device udp_only 'udp(68, 68, inverted=1)'
	lacks
	raw_rule device 'payload(NETWORK, 9, 1)' 'cmp(b"\x06")'
	lacks
	raw_rule device 'payload(NETWORK, 8, 1)' 'cmp(b"\x11")'
	lacks
	raw_rule device 'payload(TRANSPORT, 9, 1)' 'cmp(b"\x11")'
	lacks
	raw_rule device udp_only 'payload(NETWORK, 2, 2)' 'cmp(port(68))'
	lacks
	raw_rule device udp_only 'payload(TRANSPORT, 2, 1)' 'cmp(port(68))'
	lacks
	raw_rule device udp_only 'payload(TRANSPORT, 4, 2)' 'cmp(port(68))'
	lacks
	raw_rule device udp_only 'meta(L4PROTO, 2)' dport 'cmp(port(68), reg=2)'
	lacks
	raw_rule device udp_only 'meta(L4PROTO, 2)' dport 'range(port(60), port(70), reg=2)'
	lacks
	raw_rule device udp_only dport 'bitwise(port(1))' 'cmp(port(68))'
	lacks
	raw_rule device udp_only dport 'cmp(port(68), op=2)'
	lacks
	raw_rule device udp_only dport 'range(port(69), port(70))'
	lacks
	raw_rule device udp_only dport 'range(port(60), port(70), op=1)'
	lacks
	raw_rule 'meta(OIFNAME)' 'cmp(b"own\0", op=1)' udp_only
	lacks
}

add_bridge own
add_bridge own2
serve own 20

before_each() { afresh; }

cases no_table_without_need libvirt_has_one libvirt_has_a_lesser_one all_of_udp dhcp6 rules_that_cover \
	rules_that_do_not rules_that_might nothing_filled ends drop chains narrow_jump other_forms \
	while_rules_change
