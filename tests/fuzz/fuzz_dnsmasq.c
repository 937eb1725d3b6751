// SPDX-License-Identifier: GPL-2.0-or-later
/* Any lines as the options in a network's <dnsmasq:options>. */
#include "fuzz.h"

#include "dnsmasq_options.h"

#include <string.h>

static const xmlChar *text(const char *constant)
{
	return (const xmlChar *)constant;
}

static void add_option(xmlNode *options, xmlNs *ns, const uint8_t *line, size_t length)
{
	char value[256];

	length = length < sizeof(value) ? length : sizeof(value) - 1;
	memcpy(value, line, length);
	value[length] = '\0';
	xmlNewProp(xmlNewChild(options, ns, text("option"), NULL), text("value"), text(value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct network_service services[IP_FAMILIES] = {0};
	xmlNode *network = xmlNewNode(NULL, text("network"));
	xmlNs *ns = xmlNewNs(
		network, text("http://libvirt.org/schemas/network/dnsmasq/1.0"), text("dnsmasq"));
	xmlNode *options = xmlNewChild(network, ns, text("options"), NULL);

	while (size > 0) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t length = end ? (size_t)(end - data) : size;
		add_option(options, ns, data, length);
		size_t consumed = end ? length + 1 : length;
		data += consumed;
		size -= consumed;
	}
	dnsmasq_options_read(network, services);
	xmlFreeNode(network);
	return 0;
}
