// SPDX-License-Identifier: GPL-2.0-or-later
#include "family.h"

const struct family families[IP_FAMILIES] = {
	[IPV4] = {"DHCP", "iptables", "iptable_mangle", 67, 68},
	[IPV6] = {"DHCPv6", "ip6tables", "ip6table_mangle", 547, 546},
};
