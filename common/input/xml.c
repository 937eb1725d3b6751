// SPDX-License-Identifier: GPL-2.0-or-later
#include "xml.h"

#include "alloc.h"
#include "character.h"
#include "log.h"
#include "mac.h"

#include <ctype.h>
#include <errno.h>
#include <libxml/parser.h>
#include <string.h>
#include <unistd.h>

#define MAX_COMPLAINTS 10

/* Names that are no interface's, in the XML that is being read. */
static unsigned int complaints;

/* No network, no entities of its own, no messages but ours; CDATA is text, as it is to a
 * stylesheet. */
#if LIBXML_VERSION >= 21300
#define NO_XXE XML_PARSE_NO_XXE
#else
#define NO_XXE 0
#endif
#define PARSE_OPTIONS \
	(XML_PARSE_NONET | XML_PARSE_NOWARNING | XML_PARSE_NOERROR | XML_PARSE_NOCDATA | NO_XXE)

/* The parser calls this at "<!DOCTYPE", before it reads what is inside. */
static void refuse_dtd(
	void *parser, const xmlChar *name, const xmlChar *external_id, const xmlChar *system_id)
{
	xmlParserCtxt *context = parser;
	bool *has_dtd = context->_private;

	(void)name;
	(void)external_id;
	(void)system_id;
	*has_dtd = true;
	xmlStopParser(context);
}

static void log_refusal(const char *what, xmlParserCtxt *context, bool has_dtd)
{
	const xmlError *error = xmlCtxtGetLastError(context);

	if (has_dtd)
		log_error("%s with a DTD is refused", what);
	else if (!error || !error->message)
		log_error("%s not understood", what);
	else
		log_error("%s not understood: line %d: %.*s", what, error->line,
			(int)strcspn(error->message, "\n"), error->message);
}

xmlDoc *xml_parse(const char *what, const char *text, size_t length)
{
	xmlParserCtxt *context = xmlNewParserCtxt();
	bool has_dtd = false;

	if (!context)
		out_of_memory();
	context->_private = &has_dtd;
	context->sax->internalSubset = refuse_dtd;
	xmlDoc *doc = xmlCtxtReadMemory(context, text, (int)length, NULL, NULL, PARSE_OPTIONS);
	/* A parser that was stopped may return what it had read until then. */
	if (has_dtd) {
		xmlFreeDoc(doc);
		doc = NULL;
	}
	if (!doc)
		log_refusal(what, context, has_dtd);
	xmlFreeParserCtxt(context);
	return doc;
}

bool xml_is(const xmlNode *node, const char *name)
{
	/* Elements of other namespaces are other people's: <qemu:commandline>, <metadata> contents.
	 */
	return node->type == XML_ELEMENT_NODE && !node->ns &&
	       strcmp((const char *)node->name, name) == 0;
}

static xmlNode *first_called(xmlNode *node, const char *name)
{
	while (node && !xml_is(node, name))
		node = node->next;
	return node;
}

xmlNode *xml_child(const xmlNode *parent, const char *name)
{
	return parent ? first_called(parent->children, name) : NULL;
}

xmlNode *xml_next(const xmlNode *node)
{
	return first_called(node->next, (const char *)node->name);
}

const char *xml_attribute(const xmlNode *node, const char *name)
{
	const xmlAttr *attribute = node ? xmlHasNsProp(node, (const xmlChar *)name, NULL) : NULL;

	/* Without a DTD there are no entities to expand: the value is one text node or none. */
	if (!attribute || !attribute->children || !attribute->children->content)
		return NULL;
	return (const char *)attribute->children->content;
}

char *xml_text(const xmlNode *node)
{
	if (!node)
		return NULL;
	xmlChar *content = xmlNodeGetContent(node);
	char *text = alloc_copy((const char *)content);
	xmlFree(content);
	return text;
}

bool xml_attribute_is(const xmlNode *node, const char *name, const char *value)
{
	const char *found = xml_attribute(node, name);

	return found && strcmp(found, value) == 0;
}

unsigned int xml_number(const xmlNode *node, const char *name, unsigned int otherwise)
{
	const char *text = xml_attribute(node, name);
	char *end;

	if (!text || !isdigit((unsigned char)*text))
		return otherwise;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);
	return errno || *end || number > 0xffff ? otherwise : (unsigned int)number;
}

void xml_ifname(const xmlNode *node, const char *name, char ifname[IFNAME_SIZE])
{
	const char *text = xml_attribute(node, name);

	ifname[0] = '\0';
	if (!text)
		return;
	if (ifname_is_valid(text))
		memcpy(ifname, text, strlen(text) + 1);
	else if (++complaints <= MAX_COMPLAINTS)
		log_warning("<%s %s='%s'> is not the name of an interface: 1 to 15 bytes "
			    "without white space, '/' and ':' are",
			(const char *)node->name, name, TEXT_NAME(text));
}

void xml_ifnames_end(void)
{
	if (complaints > MAX_COMPLAINTS)
		log_warning("%u more names in the XML are not names of interfaces",
			complaints - MAX_COMPLAINTS);
	complaints = 0;
}

bool xml_is_openvswitch(const xmlNode *parent)
{
	return xml_attribute_is(xml_child(parent, "virtualport"), "type", "openvswitch");
}

void xml_mac(const xmlNode *parent, char *mac)
{
	const char *text = xml_attribute(xml_child(parent, "mac"), "address");

	mac[0] = '\0';
	if (text && strlen(text) == MAC_TEXT_SIZE - 1 &&
		strspn(text, "0123456789abcdefABCDEF:") == MAC_TEXT_SIZE - 1)
		memcpy(mac, text, MAC_TEXT_SIZE);
}

/* With nativeMode='tagged' the native VLAN is tagged, too [libvirt docs/formatdomain.rst,
 * nativeMode]. */
struct vlan_tags xml_vlan(const xmlNode *parent)
{
	const xmlNode *vlan = xml_child(parent, "vlan");
	const xmlNode *tag = xml_child(vlan, "tag");
	struct vlan_tags tags = {.first = xml_number(tag, "id", 0)};

	tags.trunk = xml_attribute_is(vlan, "trunk", "yes") || (tag && xml_next(tag));
	for (; tag; tag = xml_next(tag)) {
		if (xml_attribute_is(tag, "nativeMode", "untagged"))
			tags.native = xml_number(tag, "id", 0);
	}
	return tags;
}
