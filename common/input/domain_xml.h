// SPDX-License-Identifier: GPL-2.0-or-later
/* libvirt's domain XML -> struct guest. */
#ifndef VIRT_NETBOOT_DOMAIN_XML_H
#define VIRT_NETBOOT_DOMAIN_XML_H

#include "guest.h"

#include <libxml/tree.h>

/**
 * domain_xml_read() - read what we need of a guest
 * @domain:	the element <domain>, or <inactiveDomain> of a snapshot
 * @guest:	filled in; the caller frees it with guest_clear(), also after an error
 *
 * Return: 0, or -EINVAL if this is not a <domain>.
 */
int domain_xml_read(const xmlNode *domain, struct guest *guest);

#endif
