// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"
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

/* As the qemu hook does when the guest arrives here: to which interfaces is added to the request.
 */
static void decide_guest(const xmlNode *domain, struct policy policy, struct request *request)
{
	struct guest guest;
	struct host_facts facts;
	struct plan plan;

	metadata_read(domain, &policy);
	domain_xml_read(domain, &guest);
	gather_guest(EVENT_GUEST_ARRIVE, &guest, &policy, &facts);
	plan_guest(&plan, EVENT_GUEST_ARRIVE, &guest, &facts, &policy);
	print_findings(&plan);
	CLEANUP(cleanup_free) char *interfaces = answer_interfaces(&plan);
	char *all = alloc_format("%s%s", request->interfaces, interfaces);
	free(request->interfaces);
	request->interfaces = all;
	request->driver_qemu = *all;
	plan_clear(&plan);
	host_facts_clear(&facts);
	guest_clear(&guest);
}

/* As the network hook does to the bridge when the network has started. */
static void decide_network(const xmlNode *element, struct policy policy, struct request *request)
{
	const struct host_facts none = {0};
	struct network network;
	struct plan plan;

	metadata_read(element, &policy);
	network_xml_read(element, &network);
	plan_network(&plan, EVENT_NETWORK_START, &network, &none, &policy);
	print_findings(&plan);
	if (plan.finding_count > 0 && policy.hold == HOLD_STP_OFF)
		request->stp = "off";
	else if (plan.finding_count > 0 && policy.hold != HOLD_REPORT)
		request->delay = "0";
	plan_clear(&plan);
	network_clear(&network);
}

int change_for_host(xmlDoc **doc, const struct document *document)
{
	struct request request = {.interfaces = alloc_copy("")};
	struct policy policy;

	policy_read(POLICY_FILE, &policy);
	for (size_t i = 0; i < DOCUMENT_GUESTS; i++) {
		if (document->guests[i])
			decide_guest(document->guests[i], policy, &request);
	}
	if (document->network)
		decide_network(document->network, policy, &request);
	int result = change_guests(doc, &request);
	if (result == 0 && request_is_for_networks(&request))
		result = change_network(doc, request.stp, request.delay);
	free(request.interfaces);
	return result;
}
