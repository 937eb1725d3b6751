// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * XML and a stylesheet -> XML, with libxslt.
 *
 * Theory of operation
 *
 * A stylesheet is a program, and left to itself libxslt lets it read and write files and the
 * network, and lets it name external entities. So it comes from a file that only root can write
 * (/etc/virt-netboot/xslt, or else where ours are installed), is parsed by xml_parse(), without a
 * DTD, and may neither read nor write anything: xsl:import and xsl:include obey libxslt's default
 * preferences, document() and xsl:document those of the transformation [libxslt
 * libxslt/imports.c, documents.c, security.c], so both are set. Its parameters are
 * strings, never expressions. A transformation that had an error, or was ended by xsl:message, has
 * no result, nor has one that makes anything but a document of the same kind.
 */
#ifndef VIRT_NETBOOT_REWRITE_H
#define VIRT_NETBOOT_REWRITE_H

#include <libxml/tree.h>
#include <stddef.h>

/* The stylesheets; xslt/ says what each changes, and its parameters. */
#define REWRITE_DRIVER_QEMU "driver-qemu"
#define REWRITE_GUEST_CSUM_OFF "guest-csum-off"
#define REWRITE_BRIDGE_HOLD "bridge-hold"

/**
 * rewrite_document() - apply one stylesheet
 * @doc:	the document, which stays as it is
 * @stylesheet:	its name, one of the above
 * @parameters:	name, value, name, value, ..., NULL
 * @result:	gets the new document, which the caller frees with xmlFreeDoc()
 *
 * What went wrong is logged. Return: 0 or a negative errno.
 */
int rewrite_document(
	xmlDoc *doc, const char *stylesheet, const char *parameters[], xmlDoc **result);

/**
 * rewrite_text() - a document as text, without XML declaration, in UTF-8
 * @length:	gets its length in bytes
 *
 * Return: the text, which the caller frees with xmlFree(), or NULL without memory.
 */
char *rewrite_text(xmlDoc *doc, size_t *length);

#endif
