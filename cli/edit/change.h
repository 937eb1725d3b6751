// SPDX-License-Identifier: GPL-2.0-or-later
/* The changes that a request is made of. What goes wrong is logged; 0 or a negative errno is
 * returned. */
#ifndef VIRT_NETBOOT_CHANGE_H
#define VIRT_NETBOOT_CHANGE_H

#include "document.h"
#include "request.h"

/* Change a document as asked. On success @doc is another one. */
int change_guests(xmlDoc **doc, const struct request *request);
int change_network(xmlDoc **doc, const char *stp, const char *delay);

/**
 * change_for_host() - what this host asks for
 * @document:	what @doc holds
 *
 * For a guest what the qemu hook would do as it arrives here, for a network what the network hook
 * does to its bridge. Each finding is printed.
 */
int change_for_host(xmlDoc **doc, const struct document *document);

#endif
