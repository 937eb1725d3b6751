// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any bytes as a hook's XML, through parser, metadata, model, facts of a host without any help,
 * plan and text; and as XML that the command changes and writes, which has to read as what was
 * written. `make fuzz` runs it from the recorded inputs on; FUZZ_SECONDS= says for how long.
 */
#include "../unit/fake_host.h"

#include "apply.h"
#include "diagnose.h"
#include "keep_lines.h"
#include "report.h"
#include "rewrite.h"
#include "xml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct fake_host host = {
	.bridges = {{.state = {.name = "br0",
			     .kind = BRIDGE_LINUX,
			     .stp = STP_KERNEL,
			     .forward_delay = 1500,
			     .is_root = true},
		.dhcp_server = {true, true}}},
	.support = {.table = true, .target = true},
	.vhost_net = true,
};

static void as_network(const xmlNode *root, const struct policy *policy)
{
	struct diagnosis network;

	if (diagnose_network(&network, EVENT_NETWORK_ACTIVE, root, policy) == 0) {
		while (diagnose_next(&network))
			apply_actions(&network.plan);
		report_plan(&network.plan);
	}
	diagnosis_clear(&network);
}

static void as_guest(const xmlNode *root, enum event_kind kind, const struct policy *policy)
{
	struct diagnosis guest;

	if (diagnose_guest(&guest, kind, root, policy) == 0) {
		while (diagnose_next(&guest))
			apply_actions(&guest.plan);
		report_plan(&guest.plan);
		report_refusal(&guest.plan);
	}
	diagnosis_clear(&guest);
}

static char *text_of(xmlDoc *doc)
{
	size_t length;
	char *text = rewrite_text(doc, &length);

	if (!text)
		abort();
	return text;
}

static void as_document(const char *text, size_t size, xmlDoc *doc)
{
	xmlDoc *changed = xmlCopyDoc(doc, 1);
	size_t length;

	for (xmlNode *node = xmlDocGetRootElement(changed)->children; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE)
			xmlSetProp(node, (const xmlChar *)"changed", (const xmlChar *)"'\"<");
	}
	char *kept = keep_lines("XML", (struct text){text, size}, doc, changed, &length);
	xmlDoc *again = xml_parse("XML", kept, length);
	char *wanted = text_of(changed);
	char *got = text_of(again);
	if (strcmp(got, wanted) != 0)
		abort();
	xmlFree(got);
	xmlFree(wanted);
	xmlFreeDoc(again);
	xmlFreeDoc(changed);
	free(kept);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy policy = policy_defaults();
	char *text;
	size_t length;
	xmlDoc *doc = xml_parse("XML", (const char *)data, size);

	if (!doc)
		return 0;
	fake_host = host;
	fake_host.record = open_memstream(&text, &length);
	as_network(xmlDocGetRootElement(doc), &policy);
	as_guest(xmlDocGetRootElement(doc), EVENT_GUEST_RECONNECT, &policy);
	as_guest(xmlDocGetRootElement(doc), EVENT_GUEST_ARRIVE, &policy);
	as_document((const char *)data, size, doc);
	fclose(fake_host.record);
	free(text);
	xmlFreeDoc(doc);
	return 0;
}
