// SPDX-License-Identifier: GPL-2.0-or-later
#include "document.h"

#include "alloc.h"
#include "xml.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool document_recognise(const xmlNode *root, struct document *document)
{
	*document = (struct document){{NULL, NULL}, NULL};
	if (xml_is(root, "domain")) {
		document->guests[0] = root;
	} else if (xml_is(root, "domainsnapshot")) {
		document->guests[0] = xml_child(root, "domain");
		document->guests[1] = xml_child(root, "inactiveDomain");
	} else if (xml_is(root, "hookData")) {
		document->guests[0] = xml_child(root, "domain");
		document->network = xml_child(root, "network");
	} else if (xml_is(root, "network")) {
		document->network = root;
	} else {
		return false;
	}
	return true;
}

/* What <source> may name. */
static const char *const sources[] = {"bridge", "network", "dev"};

#define SOURCE_COUNT (sizeof(sources) / sizeof(sources[0]))

static const char *source_of(const xmlNode *interface)
{
	const xmlNode *source = xml_child(interface, "source");

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		const char *value = xml_attribute(source, sources[i]);
		if (value)
			return value;
	}
	return "";
}

static bool is_chosen(const xmlNode *interface, const char *chosen)
{
	const xmlNode *source = xml_child(interface, "source");
	const char *mac = xml_attribute(xml_child(interface, "mac"), "address");

	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		if (xml_attribute_is(source, sources[i], chosen))
			return true;
	}
	return mac && strcasecmp(mac, chosen) == 0;
}

static const xmlNode *first_interface(const xmlNode *guest)
{
	return xml_child(xml_child(guest, "devices"), "interface");
}

bool document_has_interface(const struct document *document, const char *chosen)
{
	for (size_t i = 0; i < DOCUMENT_GUESTS; i++) {
		const xmlNode *interface = first_interface(document->guests[i]);
		for (; interface; interface = xml_next(interface)) {
			if (is_chosen(interface, chosen))
				return true;
		}
	}
	return false;
}

char *document_interfaces(const struct document *document)
{
	char *list = alloc_copy("");

	for (const xmlNode *interface = first_interface(document->guests[0]); interface;
		interface = xml_next(interface)) {
		const char *mac = xml_attribute(xml_child(interface, "mac"), "address");
		const char *source = source_of(interface);
		char *longer = alloc_format("%s%s%s%s%s%s", list, *list ? ", " : "",
			mac ? mac : "no MAC address", *source ? " (" : "", source,
			*source ? ")" : "");
		free(list);
		list = longer;
	}
	return list;
}
