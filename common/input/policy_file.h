// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file, virt-netboot.conf(5), and the words that XML shares with it. */
#ifndef VIRT_NETBOOT_POLICY_FILE_H
#define VIRT_NETBOOT_POLICY_FILE_H

#include "policy.h"

#define POLICY_FILE SYSCONFDIR "/virt-netboot.conf"

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
