// SPDX-License-Identifier: GPL-2.0-or-later
#include "only_look.h"

#include "host.h"
#include "link.h"

#include <sys/utsname.h>

static bool only_look;

void host_only_look(void)
{
	only_look = true;
}

bool look_only(void)
{
	return only_look;
}

static const char *const names[LOOK_MODULES] = {
	[LOOK_ACT_CSUM] = "act_csum",
	[LOOK_XT_CHECKSUM] = "xt_CHECKSUM",
	[LOOK_IP_TABLES] = "ip_tables",
	[LOOK_IP6_TABLES] = "ip6_tables",
	[LOOK_IPTABLE_MANGLE] = "iptable_mangle",
	[LOOK_IP6TABLE_MANGLE] = "ip6table_mangle",
	[LOOK_NF_TABLES] = "nf_tables",
	[LOOK_INET_DIAG] = "inet_diag",
	[LOOK_UDP_DIAG] = "udp_diag",
	[LOOK_AF_PACKET_DIAG] = "af_packet_diag",
};

/* What can be loaded may be loaded by others meanwhile. */
enum module_state look_module(enum look_module module)
{
	static enum module_state states[LOOK_MODULES];
	static bool known[LOOK_MODULES];
	struct utsname kernel;

	if ((!known[module] || states[module] == MODULE_LOADABLE) && uname(&kernel) == 0) {
		states[module] = module_state("", kernel.release, names[module]);
		known[module] = true;
	}
	return states[module];
}

bool look_forbids(enum look_module module)
{
	if (!only_look)
		return false;
	enum module_state state = look_module(module);
	return state == MODULE_LOADABLE || state == MODULE_ABSENT;
}

bool look_forbids_device(const char *name)
{
	return only_look && link_get(0, name, NULL, NULL) != 0;
}
