#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# "udp checksum set 0" in nftables, as some projects ship it: DHCP replies whose checksum the kernel is still to fill get a
# wrong one, so that firmware does not take them. The qemu hook finds the rule and its chain, and repairs what can be;
# where nothing reads zeroed packets that way, nothing is said.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy
! has_act_csum || skip "filters repair this here: see tests/in-vm/shadowed-filters.sh"
hooks_start

# zeroes CHAIN PRIORITY RULE: a table of its own, in one chain of this priority.
zeroes() {
	nft -f - <<-END
		table inet incus {
			chain $1 {
				type filter hook postrouting priority $2; policy accept;
				$3
			}
		}
	END
}

# a_server N: a bridge brN with a server of this host's, and a port vnetN.
a_server() {
	add_bridge "br$1"
	serve "br$1" "$1" ip4
	add_guest_port "br$1" "vnet$1" vnet_hdr
}

# on OPERATION N MODEL: as libvirt calls the hook for a guest that boots from the network.
on() {
	log_forget
	boot=${boot:-network} domain_xml web "$(target=vnet$2 nic "br$2" "${3:-virtio}")" | qemu_hook web "$1" begin -
}

# firmware N VERDICT: what firmware sees of DHCP replies.
firmware() {
	local answer
	answer=$("$TOOLS/guest-nic" -w 6 "vnet$1" dhcp) || [ $? = 1 ] || fail "guest-nic on vnet$1"
	say "vnet$1: $answer"
	is "checksum on vnet$1" "$(sed -E 's/.* checksum=(\w+) .*/\1/' <<<"$answer")" "$2"
}

rule_before_it() {
	a_server 20
	firmware 20 ok
	zeroes pstrt.br20 srcnat 'oifname "br20" udp dport 68 udp checksum set 0'
	firmware 20 bad
	on start 20 e1000
	logged '^finding=checksum-zeroed severity=notice guest=web .*bridge=br20 .*table inet incus, .* chain pstrt.br20, .*advice="delete that rule .* repaired=yes'
	expect_rules br20 ip4:68
	firmware 20 none
	on start 20 e1000
	nothing_logged
}

# Where a rule of ours would come too late, none is made for it.
rule_behind_it() {
	a_server 21
	zeroes early -160 'oifname "br21" udp dport 68 udp checksum set 0'
	on start 21 e1000
	logged '^finding=checksum-zeroed severity=error guest=web .*bridge=br21 .*chain early'
	not_logged 'repaired=yes'
	expect_rules br21
	firmware 21 bad
	# The cure.
	nft delete rule inet incus early handle "$(nft -a list chain inet incus early | sed -n 's/.*set 0 # handle //p')"
	on start 21 e1000
	not_logged '^finding=checksum-zeroed'
	firmware 21 ok
}

# By way of other chains, with a value of another form, and for all UDP.
other_forms() {
	a_server 22
	nft -f - <<-'END'
		table ip other {
			chain zero { udp sport 67 udp checksum set 0x0; }
			chain out {
				type filter hook output priority filter;
				meta l4proto tcp accept
				udp dport != 68 return
				jump to
			}
			chain to { udp dport 68 udp checksum set 0; }
		}
	END
	firmware 22 bad
	on start 22 e1000
	logged '^finding=checksum-zeroed severity=error .*table ip other, .* chain out,'
	nft flush chain ip other out
	on start 22 e1000
	not_logged '^finding=checksum-zeroed'
	firmware 22 ok
}

# What is not towards this bridge, not for DHCP, or does not come so far; and guests that do not see it.
no_fault() {
	a_server 23
	zeroes other srcnat '
		oifname "br24" udp dport 68 udp checksum set 0
		oifname "br23" udp dport 53 udp checksum set 0
		oifname "br23" udp dport 68 accept
		udp checksum set 0'
	firmware 23 ok
	on start 23 e1000
	not_logged '^finding=checksum-zeroed'
	zeroes later 300 'udp dport 68 udp checksum set 0'
	boot=hd on start 23 virtio
	not_logged '^finding=checksum-zeroed'
}

before_each() { nft flush ruleset; }

cases rule_before_it rule_behind_it other_forms no_fault
