#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Who drops a guest's request, or the answer to it: rules of nftables and of iptables in both its forms, and what is no
# rule. Each is there for real, and is named with its table, chain and rule. And traps: rules that drop something else,
# where nobody may be named.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/drops.sh"
. "$SRC/tests/lib/drop-cases.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy iptables-nft ebtables-nft tc python3

drops_start
cases host_clean host_nft_policy host_nft_reject host_nft_jump host_nft_prerouting host_iptables_policy \
	host_iptables_rule host_ebtables host_nwfilter host_legacy_policy host_legacy_last host_legacy_rule \
	host_legacy_return host_legacy_raw host_reply host_reply_legacy host_reply_bridge host_ingress host_ufw \
	host_firewalld_chains host_tcx lan_clean lan_handed_over lan_legacy_policy lan_docker_legacy lan_docker \
	lan_docker_nftables lan_bridge_table lan_reply lan_reply_legacy lan_reply_ingress lan_egress lan_tcx macvtap \
	host_listening isolated no_broadcasts both_ways both_kinds no_server nobody_listens forward_without_hand_over \
	own_broadcast silent other_packets reverse_path nat_network other_ports queue group_taken loud_logger \
	two_at_once others_counters killed
