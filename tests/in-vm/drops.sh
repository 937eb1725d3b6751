#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who drops a guest's request, where the kernel was built with what others lack, and on other kernels what differs
# between them: what the kernel tells of nftables, of legacy tables, and of what it drops itself.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/drops.sh"
. "$SRC/tests/lib/drop-cases.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy iptables-nft tc python3

lan_tc() {
	tc qdisc add dev server clsact
	tc filter add dev server egress matchall action drop
	dropped lan 'through kernel - - - 0 out=server .*text=a filter of traffic control .*cure=tc filter show dev server egress$'
	tc qdisc del dev server clsact
}

host_tc() {
	tc qdisc add dev br0 clsact
	tc filter add dev br0 ingress matchall action drop
	dropped br0 'to-host kernel - - - 0 .*text=a filter of traffic control .*cure=tc filter show dev br0 ingress$'
	tc qdisc del dev br0 clsact
}

no_vlan() {
	ip link set br0 type bridge vlan_filtering 1 vlan_default_pvid 0
	dropped br0 'to-host kernel - - - 0 .*text=VLAN filtering: .*cure=bridge vlan show$'
	ip link set br0 type bridge vlan_filtering 0 vlan_default_pvid 1
}

flowtable() {
	nft add table inet site
	nft add flowtable inet site fast '{ hook ingress priority 0; devices = { br0 }; }'
	nft add chain inet site forward '{ type filter hook forward priority 0; policy accept; }'
	nft add rule inet site forward meta l4proto udp flow add @fast
	answered br0
}

other_vlan() {
	ip link set lan type bridge vlan_filtering 1
	bridge vlan add dev server vid 20 pvid untagged
	bridge vlan del dev server vid 1
	patience=0.3 dropped lan 'through kernel - - - 0 out=server .*text=VLAN filtering: no other port .*cure=bridge vlan show$'
	bridge vlan add dev server vid 1 pvid untagged
	answered lan
	ip link set lan type bridge vlan_filtering 0
}

drops_start
cases lan_tc host_tc no_vlan other_vlan flowtable host_nft_reject host_iptables_policy host_ebtables host_legacy_last \
	host_legacy_raw host_reply host_ingress host_tcx lan_docker_legacy lan_docker lan_reply lan_reply_legacy lan_egress \
	lan_tcx host_listening both_kinds no_server own_broadcast queue
