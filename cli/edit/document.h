// SPDX-License-Identifier: GPL-2.0-or-later
/* What kinds of libvirt's XML there are, and the guests and network in them. */
#ifndef VIRT_NETBOOT_DOCUMENT_H
#define VIRT_NETBOOT_DOCUMENT_H

#include <libxml/tree.h>
#include <stdbool.h>

/* A snapshot has two guests: as it was, and as it was defined. */
#define DOCUMENT_GUESTS 2

struct document {
	const xmlNode *guests[DOCUMENT_GUESTS]; /* <domain>, <inactiveDomain>, or NULL */
	const xmlNode *network;                 /* or NULL */
};

/**
 * document_recognise() - find the guests and the network
 * @root:	<domain>, <network>, <domainsnapshot> or <hookData>
 *
 * Return: false if it is none of these.
 */
bool document_recognise(const xmlNode *root, struct document *document);

/**
 * document_has_interface() - look for an interface of the guests
 * @chosen:	its MAC address, or the bridge, network or lower device in its <source>
 */
bool document_has_interface(const struct document *document, const char *chosen);

/* "52:54:00:12:34:56 (br0), ...": all there are, for a message; the caller frees. */
char *document_interfaces(const struct document *document);

#endif
