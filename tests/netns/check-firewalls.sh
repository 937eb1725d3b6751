#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of firewalls: each drops a guest's request for real first, then check says so; and where one lets
# it through, it says nothing.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy iptables-nft jq
hooks_start
no_stp_program

INPUT="packet filters before the DHCP server of this host"
FORWARD="packet filters for what the bridge forwards"
add_bridge br0
serve br0 91
nft add table inet t
nft add chain inet t in '{ type filter hook input priority 0; policy drop; }'
firmware_guest br0 dhcp=none
check --bridge br0; cat $CHECKED $CHECKED.errors
check --all; cat $CHECKED $CHECKED.errors
nft add rule inet t in udp dport 67 accept
firmware_guest br0 dhcp=ok
check --bridge br0; cat $CHECKED $CHECKED.errors
