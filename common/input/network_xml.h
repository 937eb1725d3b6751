// SPDX-License-Identifier: GPL-2.0-or-later
/* The network hook's XML -> struct network. */
#ifndef VIRT_NETBOOT_NETWORK_XML_H
#define VIRT_NETBOOT_NETWORK_XML_H

#include "network.h"

#include <libxml/tree.h>

/**
 * network_xml_read() - read what we need of a network and, if the event is about one, of its port
 * @root:	<hookData>, in which <network>, <networkport> and, before libvirt 5.5, <interface>
 *		and <domain> stand in any order; or a <network> of its own
 * @network:	filled in; the caller frees it with network_clear(), also after an error
 *
 * Return: 0, or -EINVAL if there is no <network>.
 */
int network_xml_read(const xmlNode *root, struct network *network);

#endif
