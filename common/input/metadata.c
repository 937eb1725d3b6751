// SPDX-License-Identifier: GPL-2.0-or-later
#include "metadata.h"

#include "log.h"
#include "policy_file.h"
#include "xml.h"

#include <stdbool.h>
#include <string.h>

/* More than these are counted only, so that they do not fill the log. */
#define MAX_COMPLAINTS 10

static bool is_netboot(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE && node->ns &&
	       strcmp((const char *)node->name, "netboot") == 0 &&
	       strcmp((const char *)node->ns->href, METADATA_NAMESPACE) == 0;
}

void metadata_read(const xmlNode *root, struct policy *policy)
{
	const xmlNode *network = xml_child(root, "network");
	const xmlNode *metadata = xml_child(network ? network : root, "metadata");
	const xmlNode *node = metadata ? metadata->children : NULL;
	unsigned int complaints = 0;

	/* libvirt keeps one element of each namespace [libvirt docs/formatdomain.rst]. */
	while (node && !is_netboot(node))
		node = node->next;
	for (const xmlAttr *attribute = node ? node->properties : NULL; attribute;
		attribute = attribute->next) {
		const char *name = (const char *)attribute->name;
		const char *value = xml_attribute(node, name);
		/* One with a namespace is somebody else's. */
		if (!attribute->ns && !policy_override(policy, name, value ? value : "",
					      complaints < MAX_COMPLAINTS))
			complaints++;
	}
	if (complaints > MAX_COMPLAINTS)
		log_warning("%u more attributes of <netboot> in <metadata> are not known or not "
			    "understood, and ignored",
			complaints - MAX_COMPLAINTS);
}
