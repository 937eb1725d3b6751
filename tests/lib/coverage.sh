# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which rules of others the network hook takes for a repair, and beside which it makes its own. A guest
# on the bridge says each time whether they are one. The cases are the same for rules made through
# iptables-legacy and through iptables-nft: before a script sources this it sets $tables to "legacy" or "nft".
: "${tables:?}"

checksum=(-j CHECKSUM --checksum-fill)

mangle() { "iptables-$tables" -w -t mangle "$@"; }
mangle6() { "ip6tables-$tables" -w -t mangle "$@"; }

# hook OPERATION [FEATURE]...: of the network on the bridge own.
hook() {
	local operation=$1
	shift
	network_xml net own 20 "$@" | network_hook net "$operation" begin -
}

# Everything in nf_tables, and what is not ours in legacy tables, without counters.
ruleset() {
	nft --stateless list ruleset 2>&1
	iptables-legacy -w -t mangle -S | grep -v virt-netboot
	ip6tables-legacy -w -t mangle -S | grep -v virt-netboot
}

# expect_ours [FAMILY:PORT]...: these are our rules towards the bridge, beside those of others.
expect_ours() {
	is "our rules" "$(rules own | grep virt-netboot | summary | sort)" "$(printf '%s\n' "$@" | sort)"
}

# afresh: no rule is left, in neither kind of table.
afresh() {
	local iptables
	nft flush ruleset
	for iptables in iptables-legacy ip6tables-legacy; do
		"$iptables" -w -t mangle -F
		"$iptables" -w -t mangle -X
	done
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

# lacks RULE...: the rule in POSTROUTING does not fill them, so the hook's own is added.
lacks() {
	[ $# = 0 ] || mangle -A POSTROUTING "$@" "${checksum[@]}"
	linux_guest own dhcp=bad
	adds_one
	afresh
}

# What ours does is the same each time: a guest is not asked again.
adds_one() {
	local before
	before=$(ruleset)
	hook started
	expect_ours ip4:68
	logged 'finding=checksum-unfilled'
	is "the ruleset" "$(ruleset)" "$before"
}

# One rule of many that do not count, one after the other: ours is added, and taken away again.
does_not_count() {
	adds_one
	hook stopped
	log_forget
}

# libvirt's chain, made as its iptables backend makes it; POSTROUTING jumps there with the arguments.
libvirt_chain() {
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o own -p udp -m udp --dport 68 "${checksum[@]}"
	[ $# = 0 ] || mangle -I POSTROUTING "$@"
}

libvirt_has_one() {
	linux_guest own dhcp=bad
	adds_one
	linux_guest own dhcp=ok
	afresh
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
	expect_ours ip4:udp
	logged 'finding=checksum-tftp-unfilled'
	hook stopped tftp
	expect_ours
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
		expect_ours
		nothing_logged
		afresh
	done
}

# servers ip4|ip6: of this family and no other: a server that runs has its rule, whatever the XML says.
servers() {
	[ -z "${server:-}" ] || {
		kill "$server"
		wait "$server" || :
	}
	rm -f /tmp/dnsmasq-own.log
	start_servers own 20 "$1"
	server=$!
}

dhcp6() {
	servers ip6
	mangle6 -A POSTROUTING -o own -p udp -m udp --dport 546 "${checksum[@]}"
	linux_guest own dhcp6=ok
	hook started nodhcp dhcp6
	expect_ours
	nothing_logged
	hook started dhcp6
	expect_ours ip4:68
	afresh
	mangle6 -A POSTROUTING -s fd99::/16 -j ACCEPT
	mangle6 -A POSTROUTING -o own -p udp --dport 68 -j ACCEPT
	mangle6 -A POSTROUTING -o own -p udp -m udp --dport 546 "${checksum[@]}"
	untouched hook started nodhcp dhcp6
	mangle6 -I POSTROUTING -s fe80::/64 -j ACCEPT
	linux_guest own dhcp6=bad
	hook started nodhcp dhcp6
	expect_ours ip6:546
	afresh
	mangle -A POSTROUTING -o own -p udp -m udp --dport 546 "${checksum[@]}"
	mangle6 -A POSTROUTING -o own -p udp -m udp --dport 68 "${checksum[@]}"
	linux_guest own dhcp6=bad
	hook started nodhcp dhcp6
	expect_ours ip6:546
	linux_guest own dhcp6=ok
	afresh
	servers ip4
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

# Each by itself does not count, and all of them together fill nothing.
rules_that_do_not() {
	local rule
	for rule in '-o own2 -p udp --dport 68' '-o ow -p udp --dport 68' '-o own2+ -p udp --dport 68' \
		'! -o own -p udp --dport 68' '-o own -p tcp --dport 68' '-o own ! -p udp' '-o own -p udp --dport 69' \
		'-o own -p udp --dport 67' '-o own -p udp --dport 69:' '-o own -p udp --dport :67' \
		'-o own -p udp ! --dport 68' '-o own -p udp ! --dport 60:70' '-o own -p udp --sport 68' \
		'-o own -p udp --sport 68:70' '-o own -p udp --sport 66 --dport 68' \
		'-o own -p udp --dport 68 -s 192.168.99.1' '-o own -p udp --dport 68 -s 192.168.96.0/19' \
		'-o own -p udp --dport 68 -d 192.168.99.1' '-o own -p udp --dport 68 ! -s 192.168.20.1' \
		'-o own -p udp --dport 68 -f' '-o own -p udp --dport 68 -m mark --mark 1' \
		'-o own -p udp --dport 68 -m length --length 1' '-o own -p udp -m multiport --dports 69,70' \
		'-o own -p udp --dport 68 -m comment --comment DHCP -m ttl --ttl-eq 3'; do
		# shellcheck disable=SC2086 # words of a rule
		mangle -A POSTROUTING $rule "${checksum[@]}"
		does_not_count
	done
	lacks
}

# What is not understood is not relied on: a rule of ours beside it does no harm.
rules_that_might() {
	mangle -A POSTROUTING -o own -p udp -m multiport --dports 67,68 "${checksum[@]}"
	might
	mangle -A POSTROUTING -o own -p udp --dport 68 -s 192.168.20.1 "${checksum[@]}"
	might
}

# might: the replies are filled, and nobody could know.
might() {
	linux_guest own dhcp=ok
	adds_one
	afresh
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

# No packet comes out at all behind a DROP. The checksum is filled all the same, so no guest is asked (repaired.sh).
drop() {
	# shellcheck disable=SC2034
	local SERVERS=
	mangle -A POSTROUTING -j DROP
	mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
	hook started
	expect_ours ip4:68
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

# An earlier verdict takes the replies away, and nothing is left to be filled.
taken_away() {
	local rule
	for rule in '-o own' '-o ow+' '-p udp' '! -o own2' '! -p tcp' '-p udp --dport 68' \
		'-o own -p udp --dport 67:68' '-p udp ! --dport 53' '-p udp ! --dport 60:67' '-p udp --sport 67' \
		'-o own -s 192.168.20.1' '-s 192.168.0.0/16' '! -s 192.168.99.1'; do
		# shellcheck disable=SC2086 # words of a rule
		mangle -A POSTROUTING $rule -j ACCEPT
		lacks -o own -p udp --dport 68
	done
	mangle -A POSTROUTING -o own -j NFQUEUE --queue-num 7 --queue-bypass
	lacks -o own -p udp --dport 68
	mangle -A POSTROUTING -o own -p udp --dport 69 -j RETURN
	mangle -A POSTROUTING -o own -p udp --dport 67:69 -j RETURN
	lacks -o own -p udp --dport 68
}

# Chains that the replies do not come back from.
taken_away_by_chains() {
	local rule
	for rule in '-j END' '-g END' '-o own -j END' '-p udp -g END' '-j VIA' '-g VIA' '-g LEAVE' '-o own -g LEAVE' \
		'-g BACK' '-j THERE'; do
		mangle -N END
		mangle -A END -p udp --dport 68 -j ACCEPT
		mangle -N VIA
		mangle -A VIA -o own -j END
		mangle -N LEAVE
		mangle -N BACK
		mangle -A BACK -p udp -j RETURN
		mangle -N THERE # the rule that fills is passed by
		mangle -A THERE -g LEAVE
		mangle -A THERE -o own -p udp --dport 68 "${checksum[@]}"
		# shellcheck disable=SC2086 # words of a rule
		mangle -A POSTROUTING $rule
		[ "$rule" = '-j THERE' ] || mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
		lacks
	done
}

# Verdicts for other packets only, and chains that all come back from or are filled in.
left_alone() {
	local verdict
	for verdict in ACCEPT DROP RETURN; do
		mangle -A POSTROUTING ! -o own -j "$verdict"
		mangle -A POSTROUTING -o own ! -p udp -j "$verdict"
		mangle -A POSTROUTING -p tcp --dport 68 -j "$verdict"
		mangle -A POSTROUTING -p udp --dport 53 -j "$verdict"
		mangle -A POSTROUTING -p udp ! --dport 60:70 -j "$verdict"
		mangle -A POSTROUTING -s 172.16.0.0/16 -j "$verdict"
	done
	covers dhcp=ok -o own -p udp --dport 68

	mangle -N LEAVE
	mangle -N BACK
	mangle -A BACK -m mark --mark 7 -j RETURN
	mangle -A BACK -m mark --mark 8 -g LEAVE
	mangle -A BACK -j LEAVE
	mangle -A POSTROUTING -m mark --mark 7 -j BACK
	mangle -A POSTROUTING -j BACK
	covers dhcp=ok -o own -p udp --dport 68

	libvirt_chain
	mangle -A LIBVIRT_PRT -j ACCEPT
	mangle -A POSTROUTING -m mark --mark 7 -j LIBVIRT_PRT
	covers dhcp=ok -o own -p udp --dport 68
}

# What other programs have in this table changes packets, and lets them go on.
targets_that_continue() {
	mangle -A POSTROUTING -m mark --mark 7 -j CONNMARK --save-mark
	mangle -A POSTROUTING -j CONNMARK --restore-mark
	mangle -A POSTROUTING -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
	mangle -A POSTROUTING -j MARK --set-mark 9
	mangle -A POSTROUTING -m conntrack --ctstate NEW -j LOG --log-prefix new
	mangle -A POSTROUTING -o own -j TOS --set-tos 16
	mangle -A POSTROUTING -o own -j DSCP --set-dscp 8
	mangle -A POSTROUTING -o own -j TTL --ttl-set 64
	mangle -A POSTROUTING -o own -j CLASSIFY --set-class 1:1
	mangle -A POSTROUTING -o own -j NFLOG --nflog-group 7
	covers dhcp=ok -o own -p udp --dport 68
}

# An earlier verdict may be for the replies, or not: that is not relied on, either.
verdicts_that_might() {
	local rule
	for rule in '-m mark --mark 7 -j ACCEPT' '-m conntrack --ctstate INVALID -j DROP' '-d 192.168.99.1 -j RETURN' \
		'-p udp -m multiport --dports 53,69 -j ACCEPT' '-p udp --sport 53 -j ACCEPT' \
		'-m mark --mark 7 -j NFQUEUE' '-m mark --mark 7 -g LEAVE' '-m mark --mark 7 -j END'; do
		mangle -N LEAVE
		mangle -N END
		mangle -A END -o own -j ACCEPT
		# shellcheck disable=SC2086 # words of a rule
		mangle -A POSTROUTING $rule
		mangle -A POSTROUTING -o own -p udp --dport 68 "${checksum[@]}"
		might
	done
}

# Of all UDP only DHCP is left.
rest_taken_away() {
	mangle -A POSTROUTING -p udp ! --dport 68 -j ACCEPT
	mangle -A POSTROUTING -o own -p udp "${checksum[@]}"
	linux_guest own dhcp=ok tftp=bad
	untouched hook started
	nothing_logged
	hook started tftp
	expect_ours ip4:udp
	linux_guest own dhcp=ok tftp=ok
	afresh
}

# What a rule fills is limited by what comes to its chain.
narrow_jump() {
	mangle -N ALL
	mangle -A ALL "${checksum[@]}"
	mangle -A POSTROUTING -o own -p udp --dport 68 -j ALL
	linux_guest own dhcp=ok tftp=bad
	hook started tftp
	linux_guest own dhcp=ok tftp=ok
	expect_ours ip4:udp
	logged 'finding=checksum-tftp-unfilled'
	afresh
}

# Both on the bridge own, where the servers are, and beside which there is own2. What rules are for:
cases_of_matches() {
	libvirt_has_one
	libvirt_has_a_lesser_one
	all_of_udp
	dhcp6
	rules_that_cover
	rules_that_do_not
	rules_that_might
	nothing_filled
	narrow_jump
	rest_taken_away
}

# and what becomes of packets before they reach one.
cases_of_verdicts() {
	ends
	drop
	chains
	taken_away
	taken_away_by_chains
	left_alone
	targets_that_continue
	verdicts_that_might
}

# coverage_start: the bridges and servers that the cases are about.
coverage_start() {
	add_bridge own
	add_bridge own2
	add_addresses own 20
	servers ip4
	use_legacy_tables
}
