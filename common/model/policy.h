// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the administrator allows: the defaults, over them /etc/virt-netboot.conf
 * (policy_file.h, virt-netboot.conf(5)), and over that what the guest's or network's own XML says
 * (metadata.h).
 */
#ifndef VIRT_NETBOOT_POLICY_H
#define VIRT_NETBOOT_POLICY_H

#include <stdbool.h>

enum hold_policy { HOLD_AUTO, HOLD_EDGE, HOLD_MIN_DELAY, HOLD_STP_OFF, HOLD_REPORT };

enum checksum_mechanism {
	MECHANISM_AUTO,
	MECHANISM_IPTABLES,
	MECHANISM_TC,
	MECHANISM_ETHTOOL,
	MECHANISM_NONE,
};

/* At whose device checksums are filled: of who sends, or of who receives. */
enum checksum_place { AT_SENDER, AT_RECEIVER };

enum scope_policy { SCOPE_AUTO, SCOPE_DHCP, SCOPE_UDP };

struct policy {
	enum hold_policy hold;
	bool bpdu_guard;  /* a guest's port is shut down by a BPDU */
	bool uplink_edge; /* a bridge's only uplink may be made an edge port */
	enum checksum_mechanism mechanism;
	enum scope_policy scope;
	enum checksum_place at;
	bool docker_user;      /* a rule of ours may be in Docker's chain DOCKER-USER */
	bool rewrite;          /* a guest's XML may be changed at migrate and restore */
	bool refuse;           /* a guest that would not get its address may not start */
	unsigned int deadline; /* seconds */
	int log_level;         /* LOG_ERR ... LOG_DEBUG */
	bool drop_in;          /* our links are in network.d and qemu.d */
};

/* The policy without a configuration file. */
struct policy policy_defaults(void);

#endif
