// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the administrator allows: the defaults, over them /etc/virt-netboot.conf
 * (virt-netboot.conf(5)), and over that what the guest's or network's own XML says (metadata.h).
 */
#ifndef VIRT_NETBOOT_POLICY_H
#define VIRT_NETBOOT_POLICY_H

#include "model.h"

#include <stdbool.h>

#define POLICY_FILE SYSCONFDIR "/virt-netboot.conf"

enum hold_policy { HOLD_AUTO, HOLD_EDGE, HOLD_MIN_DELAY, HOLD_STP_OFF, HOLD_REPORT };

enum checksum_mechanism {
	MECHANISM_AUTO,
	MECHANISM_IPTABLES,
	MECHANISM_TC,
	MECHANISM_ETHTOOL,
	MECHANISM_NONE,
};

enum scope_policy { SCOPE_AUTO, SCOPE_DHCP, SCOPE_UDP };

struct policy {
	enum hold_policy hold;
	bool bpdu_guard; /* a guest's port is shut down by a BPDU */
	enum checksum_mechanism mechanism;
	enum scope_policy scope;
	bool rewrite;          /* a guest's XML may be changed at migrate and restore */
	bool refuse;           /* a guest that would not get its address may not start */
	unsigned int deadline; /* seconds */
	int log_level;         /* LOG_ERR ... LOG_DEBUG */
};

/* The policy without a configuration file. */
struct policy policy_defaults(void);

/**
 * policy_read() - read a configuration file over the defaults
 * @path:	the file; if there is none, the defaults hold
 * @policy:	filled in
 *
 * Whatever is wrong with the file is logged with its line and with what would be right, and
 * leaves the default in force for the key in question.
 */
void policy_read(const char *path, struct policy *policy);

/**
 * policy_override() - let one attribute of a guest's or network's metadata win
 * @attribute:	"hold", "checksum", "scope" or "rewrite"
 * @value:	as in the configuration file
 * @complain:	whether to log what is wrong
 *
 * What is wrong is logged with what would be right, and changes nothing. Return: true if nothing
 * is.
 */
bool policy_override(
	struct policy *policy, const char *attribute, const char *value, bool complain);

#endif
