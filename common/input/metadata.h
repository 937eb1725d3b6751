// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest's or a network's own XML says of what may be done for it:
 *
 *     <metadata>
 *       <nb:netboot xmlns:nb="urn:virt-netboot:1" hold="report" checksum="none"/>
 *     </metadata>
 */
#ifndef VIRT_NETBOOT_METADATA_H
#define VIRT_NETBOOT_METADATA_H

#include "policy.h"

#include <libxml/tree.h>

#define METADATA_NAMESPACE "urn:virt-netboot:1"

/**
 * metadata_read() - let an object's metadata win over the policy
 * @root:	the root element: <domain>, <network>, or <hookData> with a <network>
 * @policy:	of the host
 */
void metadata_read(const xmlNode *root, struct policy *policy);

#endif
