// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnose.h"

#include "dispatch.h"
#include "domain_xml.h"
#include "gather.h"
#include "metadata.h"
#include "network_xml.h"

int diagnose_guest(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *domain,
	const struct policy *policy)
{
	*diagnosis = (struct diagnosis){.policy = *policy};
	int result = domain_xml_read(domain, &diagnosis->guest);
	if (result != 0)
		return result;
	metadata_read(domain, &diagnosis->policy);
	gather_guest(kind, &diagnosis->guest, &diagnosis->policy, &diagnosis->facts);
	plan_guest(
		&diagnosis->plan, kind, &diagnosis->guest, &diagnosis->facts, &diagnosis->policy);
	return 0;
}

int diagnose_network(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *root,
	const struct policy *policy)
{
	*diagnosis = (struct diagnosis){.policy = *policy};
	int result = network_xml_read(root, &diagnosis->network);
	if (result != 0)
		return result;
	metadata_read(root, &diagnosis->policy);
	gather_network(kind, &diagnosis->network, &diagnosis->policy, &diagnosis->facts);
	plan_network(
		&diagnosis->plan, kind, &diagnosis->network, &diagnosis->facts, &diagnosis->policy);
	return 0;
}

void diagnosis_clear(struct diagnosis *diagnosis)
{
	plan_clear(&diagnosis->plan);
	host_facts_clear(&diagnosis->facts);
	network_clear(&diagnosis->network);
	guest_clear(&diagnosis->guest);
}
