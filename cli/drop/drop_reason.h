// SPDX-License-Identifier: GPL-2.0-or-later
/* What it means that the kernel dropped a packet of ours. Pure. */
#ifndef VIRT_NETBOOT_DROP_REASON_H
#define VIRT_NETBOOT_DROP_REASON_H

#include "drop_seen.h"

enum drop_cause {
	DROP_CAUSE_NONE, /* another packet, or nothing that matters, or not understood */
	DROP_CAUSE_RULE, /* a hook of netfilter: the rule is found in another way */
	DROP_CAUSE_NO_LISTENER,
	DROP_CAUSE_STP,
	DROP_CAUSE_VLAN,
	DROP_CAUSE_TC,
	DROP_CAUSE_XDP,
	DROP_CAUSE_SOURCE, /* rp_filter and the like */
	DROP_CAUSE_BUFFER, /* of the server's socket */
	DROP_CAUSE_FILTER, /* of the server's socket, or of its cgroup */
	DROP_CAUSE_QUEUE,  /* of a device */
	DROP_CAUSES,
};

/* Where the packet was. */
enum drop_stage { DROP_BEFORE_BRIDGE, DROP_AT_HOST, DROP_ON_ITS_WAY_OUT };

struct drop_reading {
	enum drop_cause cause;
	enum drop_stage stage;
};

struct drop_reading drop_reason_read(const struct drop_sample *sample);

/* A sentence about the cause; static. */
const char *drop_cause_text(enum drop_cause cause);

#endif
