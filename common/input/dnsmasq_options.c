// SPDX-License-Identifier: GPL-2.0-or-later
#include "dnsmasq_options.h"

#include "xml.h"

#include <string.h>

/* [libvirt src/network/bridge_driver.c, networkDnsmasqDefNamespaceParse()] */
#define DNSMASQ_NAMESPACE "http://libvirt.org/schemas/network/dnsmasq/1.0"

static const char blanks[] = " \t";

static bool is_dnsmasq(const xmlNode *node, const char *name)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       strcmp((const char *)node->name, name) == 0 &&
	       strcmp((const char *)node->ns->href, DNSMASQ_NAMESPACE) == 0;
}

/* Return: what follows the option's name and "=", without blanks before it, "" if nothing does; or
 * NULL if it is another option. */
static const char *option_value(const char *line, const char *name)
{
	size_t length = strlen(name);

	line += strspn(line, blanks);
	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	line += strspn(line, blanks);
	if (*line != '=')
		return *line ? NULL : line;
	line++;
	return line + strspn(line, blanks);
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Tags come before the first address: "tag:red,set:blue,192.0.2.10,..." [dnsmasq src/option.c,
 * one_opt(), 'F']. */
static const char *first_address(const char *range)
{
	while (starts_with(range, "tag:") || starts_with(range, "set:") ||
		starts_with(range, "net:")) {
		range += strcspn(range, ",");
		range += strspn(range, ", \t");
	}
	return range;
}

/* An IPv6 range may be there for router advertisements alone. */
static void read_range(const char *range, struct network_service services[IP_FAMILIES])
{
	const char *address = first_address(range);
	size_t length = strcspn(address, ",");

	if (!memchr(address, ':', length))
		services[IPV4].dhcp = true;
	else if (!strstr(address, "ra-only"))
		services[IPV6].dhcp = true;
}

/* With a file to boot, or a menu, dnsmasq names itself as the TFTP server, unless told another. */
static bool is_for_netboot(const char *line)
{
	return option_value(line, "enable-tftp") || option_value(line, "dhcp-boot") ||
	       option_value(line, "pxe-service");
}

/* Return: true if it is one of those that go with TFTP. */
static bool read_option(const char *line, struct network_service services[IP_FAMILIES])
{
	const char *range = option_value(line, "dhcp-range");

	if (range)
		read_range(range, services);
	return is_for_netboot(line);
}

static bool read_options(const xmlNode *options, struct network_service services[IP_FAMILIES])
{
	bool tftp = false;

	for (const xmlNode *node = options->children; node; node = node->next) {
		const char *line = is_dnsmasq(node, "option") ? xml_attribute(node, "value") : NULL;
		if (line && read_option(line, services))
			tftp = true;
	}
	return tftp;
}

void dnsmasq_options_read(const xmlNode *network, struct network_service services[IP_FAMILIES])
{
	bool tftp = false;

	for (const xmlNode *node = network->children; node; node = node->next) {
		if (is_dnsmasq(node, "options") && read_options(node, services))
			tftp = true;
	}
	/* For those who get an address here; if nobody does, they get one by IPv4 elsewhere. */
	services[IPV6].tftp |= tftp && services[IPV6].dhcp;
	services[IPV4].tftp |= tftp && (services[IPV4].dhcp || !services[IPV6].dhcp);
}
