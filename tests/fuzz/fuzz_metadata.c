// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes where the attributes of <nb:netboot> are in a guest's and in a network's metadata. */
#include "fuzz.h"

#include "metadata.h"
#include "xml.h"

#include <string.h>

#define START "<metadata><nb:netboot xmlns:nb='" METADATA_NAMESPACE "' "
#define END "/></metadata>"

#define SIZE_MAX_OF_ATTRIBUTES 4096

static void read_metadata(const char *root, const uint8_t *data, size_t size)
{
	static char text[SIZE_MAX_OF_ATTRIBUTES + 256];
	size_t start = (size_t)snprintf(text, sizeof(text), "<%s>" START, root);
	struct policy policy = policy_defaults();

	memcpy(text + start, data, size);
	size_t end = (size_t)snprintf(
		text + start + size, sizeof(text) - start - size, END "</%s>", root);
	xmlDoc *doc = xml_parse("XML", text, start + size + end);
	if (!doc)
		return;
	metadata_read(xmlDocGetRootElement(doc), &policy);
	xmlFreeDoc(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > SIZE_MAX_OF_ATTRIBUTES)
		return 0;
	read_metadata(data[0] % 2 ? "network" : "domain", data + 1, size - 1);
	return 0;
}
