// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_ATTRIBUTES_H
#define VIRT_NETBOOT_ATTRIBUTES_H

#include <sys/stat.h>

/**
 * attributes_keep() - give a new file what an old one has beside its content
 * @from:	descriptor of the old one
 * @status:	of the old one
 * @to:		descriptor of the new one, open for writing, whose content is complete
 *
 * Owner, group, mode, access list, SELinux label and all other extended attributes, but for the
 * checksums of the content that the kernel keeps (IMA, EVM).
 *
 * Return: 0, or a negative errno if one cannot be kept, after a message about an extended
 * attribute.
 */
int attributes_keep(int from, const struct stat *status, int to);

#endif
