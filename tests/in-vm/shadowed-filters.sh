#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Filters of ours where another program was first, on kernels with act_csum: its filters or tcx programs come before
# ours and may end packets' way, which then are not filled. Where ours can go before them they do, and nobody else's
# is touched; where they cannot, what can be done elsewhere is done, and nothing is called repaired that is not.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need dnsmasq tc python3
has_act_csum || skip "this kernel has no act_csum"
hooks_start
: >/dev/vhost-net

everything=(dhcp tftp dhcp6 tftp6)

# on OPERATION NIC...: as libvirt calls the hook for a guest named web that boots from the network.
on() {
	log_forget
	boot=network domain_xml web "${@:2}" | qemu_hook web "$1" begin -
}

# sees PORT BRIDGE VERDICT: a guest whose driver offloads checksums.
sees() { tap=$1 linux_guest "$2" "${everything[@]/%/=$3}"; }

# a_server N: a bridge brN with a server of this host's, and a port vnetN.
a_server() {
	add_bridge "br$1"
	serve "br$1" "$1"
	add_guest_port "br$1" "vnet$1" vnet_hdr
	target=vnet$1
}

# his DEVICE HOOK PRIORITY: another program's filter.
his() { tc filter show dev "$1" "$2" prio "$3"; }

# priorities DEVICE HOOK: ours.
priorities() { tc filter show dev "$1" "$2" | sed -nE 's/.* pref ([0-9]+) u32 .*::6e[0-9a-f] .*/\1/p' | sort -nu | paste -sd' '; }

# silent OPERATION NIC...: a second event finds nothing to do.
silent() {
	on "$@"
	not_logged '^action='
}

# His filter ends packets' way; ours go before it.
ahead() {
	local target before
	a_server 30
	tc qdisc add dev br30 clsact
	tc filter add dev br30 egress protocol all prio 10 matchall action ok
	before=$(his br30 egress 10)
	on start "$(nic br30)"
	is "priorities" "$(priorities br30 egress)" "7 8 9"
	filters_are br30 egress:ip:udp egress:ipv6:udp
	logged '^finding=.* bridge=br30 .*repaired=yes'
	is "his filter" "$(his br30 egress 10)" "$before"
	sees vnet30 br30 ok
	silent start "$(nic br30)"
	ip link delete vnet30
	log_forget
	domain_xml web "$(nic br30)" | qemu_hook web release end -
	filters_are br30
	is "his filter" "$(his br30 egress 10)" "$before"
}

# He comes later: the fault is there, and the next event moves ours.
overtaken() {
	local target before action
	a_server 31
	on start "$(nic br31)"
	is "priorities" "$(priorities br31 egress)" "28258 28259 28260"
	sees vnet31 br31 ok
	for action in "action ok" "action pipe" "action goto chain 5" "flowid 1:1"; do ends_with "$action"; done
}

# ends_with ACTION: so ends the way of packets. What looks at the bridge 2 s after an event would move ours as well.
ends_with() {
	wait_for 60 no_watchers qemu
	# shellcheck disable=SC2086 # words of a command
	tc filter add dev br31 egress protocol all prio 50 matchall $1
	sees vnet31 br31 bad
	on start "$(nic br31)"
	logged '^finding=.* bridge=br31 .*repaired=yes'
	is "priorities" "$(priorities br31 egress)" "47 48 49"
	sees vnet31 br31 ok
	silent start "$(nic br31)"
	tc filter del dev br31 egress prio 50
	"$HOOKS/virt-netboot" disable >/dev/null
	filters_are br31
	on start "$(nic br31)"
}

# What goes on, or cannot be about what ours are for, is no reason for anything.
harmless() {
	local target filter
	a_server 32
	tc qdisc add dev br32 clsact
	while read -r filter; do
		# shellcheck disable=SC2086 # words of a command
		tc filter add dev br32 egress $filter
	done <<-'EOF'
		prio 1 protocol all matchall action continue
		prio 2 protocol all matchall action skbedit mark 7 action continue
		prio 3 protocol arp matchall action ok
		prio 4 protocol ip u32 match ip protocol 6 0xff action ok
	EOF
	on start "$(nic br32)"
	is "priorities" "$(priorities br32 egress)" "28258 28259 28260"
	sees vnet32 br32 ok
	not_logged '^finding=filter-shadowed'
	silent start "$(nic br32)"
}

# At priority 1 nobody gets before him: a rule does it for what this host sends.
first() {
	local target
	use_legacy_tables
	a_server 33
	tc qdisc add dev br33 clsact
	tc filter add dev br33 egress protocol all prio 1 matchall action ok
	on start "$(nic br33)"
	expect_rules br33 ip4:udp ip6:udp
	logged '^action=add-checksum-rule .* bridge=br33 .*why="another program.s qdisc or filter'
	logged '^action=add-checksum-filter .* bridge=br33 .*why="others come before it'
	logged '^finding=.* bridge=br33 .*repaired=yes'
	sees vnet33 br33 ok
	silent start "$(nic br33)"
	ip link delete vnet33
	log_forget
	domain_xml web "$(nic br33)" | qemu_hook web release end -
	filters_are br33
	is "rules" "$(rules br33)" ""
}

# The same where no rule may be made.
nothing_else() {
	local target
	config <<<$'[checksum]\nmechanism = tc'
	a_server 34
	tc qdisc add dev br34 clsact
	tc filter add dev br34 egress protocol all prio 1 matchall action ok
	on start "$(nic br34)"
	logged '^finding=filter-shadowed severity=error guest=web .*bridge=br34 evidence=".*priority 1 at the egress of br34 '
	not_logged 'repaired=yes'
	sees vnet34 br34 bad
	silent start "$(nic br34)"
	logged '^finding=filter-shadowed'
	# The cure that is given.
	tc filter del dev br34 egress prio 1
	tc filter add dev br34 egress protocol all prio 4 matchall action ok
	on start "$(nic br34)"
	logged 'repaired=yes'
	is "priorities" "$(priorities br34 egress)" "1 2 3"
	sees vnet34 br34 ok
}

# tcx DEVICE HOOK VERDICT: a program, or 2 where there is no tcx; $program is its process.
tcx() {
	rm -f /tmp/tcx
	python3 "$SRC/tests/lib/tcx.py" "$@" >/tmp/tcx 2>&1 &
	program=$!
	wait_for 90 test -s /tmp/tcx
	grep -q attached /tmp/tcx
}

tcx_at_the_bridge() {
	local target program
	use_legacy_tables
	a_server 35
	tcx br35 egress pass || return 0
	on start "$(nic br35)"
	expect_rules br35 ip4:udp ip6:udp
	filters_are br35 egress:ip:udp egress:ipv6:udp
	logged '^finding=.* bridge=br35 .*repaired=yes'
	sees vnet35 br35 ok
	silent start "$(nic br35)"
	config <<<$'[checksum]\nmechanism = tc'
	iptables-legacy -t mangle -F
	ip6tables-legacy -t mangle -F
	sees vnet35 br35 bad
	on reconnect "$(nic br35)"
	logged '^finding=filter-shadowed severity=error guest=web .*evidence="1 tcx program at the egress of br35 '
	not_logged 'repaired=yes'
	kill "$program"
	wait "$program" || :
	on reconnect "$(nic br35)"
	nothing_logged
	sees vnet35 br35 ok
}

# A guest that is a server: what it sends.
tcx_at_a_guest() {
	local target program
	add_bridge br36
	serve_in_guest br36 36 vnet37
	add_guest_port br36 vnet36 vnet_hdr
	tcx vnet37 ingress pass || return 0
	target=vnet37 on start "$(target=vnet37 nic br36)"
	logged '^finding=filter-shadowed severity=warning guest=web .*port=vnet37 .*evidence="1 tcx program at the ingress of vnet37 '
	not_logged 'repaired=yes'
	filters_are vnet37 ingress:ip:udp ingress:ipv6:udp
	sees vnet36 br36 bad
	kill "$program"
	wait "$program" || :
	# One that lets others see it, too.
	tcx vnet37 ingress next
	sees vnet36 br36 ok
	target=vnet37 silent start "$(target=vnet37 nic br36)"
	logged '^finding=filter-shadowed severity=warning'
	kill "$program"
}

filter_at_a_guest() {
	local target
	add_bridge br38
	serve_in_guest br38 38 vnet39
	add_guest_port br38 vnet38 vnet_hdr
	tc qdisc add dev vnet39 ingress
	tc filter add dev vnet39 ingress protocol ip prio 50 u32 match ip src 0.0.0.0/0 police rate 80mbit burst 100k drop flowid :1
	tc filter add dev vnet39 ingress protocol ipv6 prio 51 u32 match ip6 src ::/0 police rate 80mbit burst 100k drop flowid :1
	target=vnet39 on start "$(target=vnet39 nic br38)"
	is "priorities" "$(priorities vnet39 ingress)" "47 48 49"
	not_logged '^finding=filter-shadowed'
	sees vnet38 br38 ok
}

before_each() { config </dev/null; }

cases ahead overtaken harmless first nothing_else tcx_at_the_bridge tcx_at_a_guest filter_at_a_guest
