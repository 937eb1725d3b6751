// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"
#include "change.h"
#include "cleanup.h"
#include "domain_xml.h"
#include "gather.h"
#include "log.h"
#include "metadata.h"
#include "network_xml.h"
#include "plan_text.h"

static void print_findings(const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		CLEANUP(cleanup_free) char *text = NULL;
		size_t length;
		FILE *line = open_memstream(&text, &length);
		if (!line)
			continue;
		plan_text_finding(line, plan, &plan->findings[i]);
		fclose(line);
		log_warning("%s", text);
	}
}

/* As the qemu hook does when the guest arrives here. */
static int change_guest_for_host(xmlDoc **doc, const xmlNode *domain, const struct policy *policy)
{
	struct guest guest;
	struct host_facts facts;
	struct plan plan;

	domain_xml_read(domain, &guest);
	gather_guest(EVENT_GUEST_ARRIVE, &guest, policy, &facts);
	plan_guest(&plan, EVENT_GUEST_ARRIVE, &guest, &facts, policy);
	CLEANUP(cleanup_free) char *interfaces = answer_interfaces(&plan);
	const struct request request = {.driver_qemu = *interfaces, .interfaces = interfaces};
	int result = change_guests(doc, &request);
	print_findings(&plan);
	plan_clear(&plan);
	host_facts_clear(&facts);
	guest_clear(&guest);
	return result;
}

/* As the network hook does to the bridge when the network has started. */
static int change_network_for_host(xmlDoc **doc, const xmlNode *root, const struct policy *policy)
{
	const struct host_facts none = {0};
	struct network network;
	struct plan plan;
	int result = 0;

	network_xml_read(root, &network);
	plan_network(&plan, EVENT_NETWORK_START, &network, &none, policy);
	print_findings(&plan);
	if (plan.finding_count > 0 && policy->hold == HOLD_STP_OFF)
		result = change_network(doc, "off", NULL);
	else if (plan.finding_count > 0 && policy->hold != HOLD_REPORT)
		result = change_network(doc, NULL, "0");
	plan_clear(&plan);
	network_clear(&network);
	return result;
}

int change_for_host(xmlDoc **doc, const struct document *document)
{
	const xmlNode *root = xmlDocGetRootElement(*doc);
	struct policy policy;

	policy_read(POLICY_FILE, &policy);
	metadata_read(root, &policy);
	if (document->guests[0])
		return change_guest_for_host(doc, document->guests[0], &policy);
	return change_network_for_host(doc, root, &policy);
}
