// SPDX-License-Identifier: GPL-2.0-or-later
#include "alloc.h"
#include "answer.h"
#include "change.h"
#include "cleanup.h"
#include "diagnose.h"
#include "findings.h"
#include "policy_file.h"

/* As the qemu hook does when the guest arrives here: to which interfaces is added to the request.
 */
static void decide_guest(
	const xmlNode *domain, const struct policy *policy, struct request *request)
{
	CLEANUP(diagnosis_clear) struct diagnosis guest;

	(void)diagnose_guest(&guest, EVENT_GUEST_ARRIVE, domain, policy);
	while (diagnose_next(&guest))
		;
	findings_print(&guest.plan);
	CLEANUP(cleanup_free) char *interfaces = answer_interfaces(&guest.plan);
	char *all = alloc_format("%s%s", request->interfaces, interfaces);
	free(request->interfaces);
	request->interfaces = all;
	request->driver_qemu = *all;
}

/* As the network hook does to the bridge when the network has started. */
static void decide_network(
	const xmlNode *element, const struct policy *policy, struct request *request)
{
	CLEANUP(diagnosis_clear) struct diagnosis network;

	(void)diagnose_network(&network, EVENT_NETWORK_START, element, policy);
	while (diagnose_next(&network))
		;
	findings_print(&network.plan);
	if (network.plan.finding_count == 0)
		return;
	if (network.policy.hold == HOLD_STP_OFF)
		request->stp = "off";
	else if (network.policy.hold != HOLD_REPORT)
		request->delay = "0";
}

int change_for_host(xmlDoc **doc, const struct document *document)
{
	struct request request = {.interfaces = alloc_copy("")};
	struct policy policy;

	policy_read(POLICY_FILE, &policy);
	for (size_t i = 0; i < DOCUMENT_GUESTS; i++) {
		if (document->guests[i])
			decide_guest(document->guests[i], &policy, &request);
	}
	if (document->network)
		decide_network(document->network, &policy, &request);
	int result = change_guests(doc, &request);
	if (result == 0 && request_is_for_networks(&request))
		result = change_network(doc, request.stp, request.delay);
	free(request.interfaces);
	return result;
}
