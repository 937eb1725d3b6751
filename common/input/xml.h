// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only way XML gets in: parsed from memory, without network, without a DTD and so
 * without entities of its own. And the few steps that reading libvirt's XML takes.
 */
#ifndef VIRT_NETBOOT_XML_H
#define VIRT_NETBOOT_XML_H

#include "ifname.h"
#include "vlan_tags.h"

#include <libxml/tree.h>
#include <stdbool.h>

/**
 * xml_parse() - parse a whole document
 * @what:	what it is, for messages: "XML", or a file's name
 * @text:	the document, not NUL-terminated
 * @length:	its length in bytes
 *
 * A document with a DTD is refused before anything in the DTD is looked at. Why a
 * document was refused is logged.
 *
 * Return: the document, which the caller frees with xmlFreeDoc(), or NULL.
 */
xmlDoc *xml_parse(const char *what, const char *text, size_t length);

static inline void cleanup_xml_doc(xmlDoc **doc)
{
	xmlFreeDoc(*doc);
}

/* True if @node is an element called @name. */
bool xml_is(const xmlNode *node, const char *name);

/* The first child of @parent (which may be NULL) that is an element called @name, or NULL. */
xmlNode *xml_child(const xmlNode *parent, const char *name);

/* The next sibling of @node that is an element called the same, or NULL. */
xmlNode *xml_next(const xmlNode *node);

/* The value of an attribute, which stays the document's, or NULL; @node may be NULL. */
const char *xml_attribute(const xmlNode *node, const char *name);

/* The text inside @node (which may be NULL), to be freed by the caller, or NULL. */
char *xml_text(const xmlNode *node);

/* True if the attribute is there and has this value. */
bool xml_attribute_is(const xmlNode *node, const char *name, const char *value);

/* A number from an attribute: digits only, otherwise @otherwise. */
unsigned int xml_number(const xmlNode *node, const char *name, unsigned int otherwise);

/*
 * An interface name from an attribute. A name that no interface can have is logged and, like an
 * absent one, gives the empty name.
 */
void xml_ifname(const xmlNode *node, const char *name, char ifname[IFNAME_SIZE]);

/* The document is read: log how many more such names there were than were logged, which are some.
 */
void xml_ifnames_end(void);

/* True if @parent has a <virtualport> of Open vSwitch. */
bool xml_is_openvswitch(const xmlNode *parent);

/* <vlan> of @parent. */
struct vlan_tags xml_vlan(const xmlNode *parent);

/* A MAC address from <mac address=> of @parent; empty if there is none that looks like one. */
void xml_mac(const xmlNode *parent, char *mac);

#endif
