#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check on a kernel whose firewalls are modules: a look loads none of them, and where the kernel was built
# with what others lack, rules that need it count.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
need dnsmasq nft iptables-nft
for module in br_netfilter nft_meta_bridge nft_compat nf_tables iptable_filter ip6table_filter; do
	modprobe -r "$module" 2>/dev/null || :
done
hooks_start
no_stp_program

TO_HOST="firewall before this host's DHCP server"
BEYOND="firewall for what the bridge forwards"

is_loaded() { grep -q "^$1 " /proc/modules; }

# none_loaded MODULE...
none_loaded() {
	local module
	for module; do ! is_loaded "$module" || fail "$module is loaded"; done
}

nothing_is_loaded() {
	none_loaded nf_tables br_netfilter iptable_filter ip6table_filter
	check --bridge br0
	says "BRIDGE br0" "$TO_HOST" PASS
	says "BRIDGE br0" "$BEYOND" PASS 'do not pass'
	none_loaded nf_tables br_netfilter iptable_filter ip6table_filter
}

# Without br_netfilter what the bridge forwards is no business of a policy.
bridges_and_policies() {
	iptables-nft -P FORWARD DROP
	patience=20 firmware_guest lan dhcp=ok
	check --bridge lan
	says "BRIDGE lan" "$BEYOND" PASS 'do not pass'
	modprobe br_netfilter
	patience=5 firmware_guest lan dhcp=none
	check --bridge lan
	says "BRIDGE lan" "$BEYOND" FAIL 'chain FORWARD of the table ip filter drops'
	iptables-nft -I FORWARD -i lan -o lan -j ACCEPT
	patience=20 firmware_guest lan dhcp=ok
	check --bridge lan
	says "BRIDGE lan" "$BEYOND" PASS 'requests pass'
	iptables-nft -P FORWARD ACCEPT
}

name_of_the_bridge() {
	nft add table bridge site
	nft add chain bridge site in '{ type filter hook input priority 0; policy drop; }'
	patience=5 firmware_guest br0 dhcp=none
	check --bridge br0
	says "BRIDGE br0" "$TO_HOST" FAIL 'table bridge site drops'
	nft add rule bridge site in meta ibrname br0 udp dport '{ 67, 547 }' accept
	patience=20 firmware_guest br0 dhcp=ok
	check --bridge br0
	says "BRIDGE br0" "$TO_HOST" PASS 'requests pass'
}

add_bridge br0
serve br0 91
add_bridge lan
serve_in_guest lan 92 server

cases nothing_is_loaded bridges_and_policies name_of_the_bridge
