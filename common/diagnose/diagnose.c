// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnose.h"

#include "dispatch.h"
#include "domain_xml.h"
#include "gather.h"
#include "gather_path.h"
#include "metadata.h"
#include "network_xml.h"

static void guest_hold(struct diagnosis *diagnosis)
{
	gather_guest_hold(
		diagnosis->kind, &diagnosis->guest, &diagnosis->policy, &diagnosis->facts);
	plan_guest_hold(&diagnosis->plan, diagnosis->kind, &diagnosis->guest, &diagnosis->facts,
		&diagnosis->policy);
}

static void guest_path(struct diagnosis *diagnosis)
{
	gather_paths(&diagnosis->facts);
	plan_guest_path(&diagnosis->plan, diagnosis->kind, &diagnosis->guest, &diagnosis->facts,
		&diagnosis->policy);
}

static void guest_checksums(struct diagnosis *diagnosis)
{
	gather_guest_checksums(
		diagnosis->kind, &diagnosis->guest, &diagnosis->policy, &diagnosis->facts);
	plan_guest_checksums(&diagnosis->plan, diagnosis->kind, &diagnosis->guest,
		&diagnosis->facts, &diagnosis->policy);
}

static void network_hold(struct diagnosis *diagnosis)
{
	gather_network_hold(
		diagnosis->kind, &diagnosis->network, &diagnosis->policy, &diagnosis->facts);
	plan_network_hold(&diagnosis->plan, diagnosis->kind, &diagnosis->network, &diagnosis->facts,
		&diagnosis->policy);
}

static void network_path(struct diagnosis *diagnosis)
{
	gather_paths(&diagnosis->facts);
	plan_network_path(&diagnosis->plan, diagnosis->kind, &diagnosis->network, &diagnosis->facts,
		&diagnosis->policy);
}

static void network_checksums(struct diagnosis *diagnosis)
{
	gather_network_checksums(
		diagnosis->kind, &diagnosis->network, &diagnosis->policy, &diagnosis->facts);
	plan_network_checksums(&diagnosis->plan, diagnosis->kind, &diagnosis->network,
		&diagnosis->facts, &diagnosis->policy);
}

/* The ports first. What lies beyond them takes a dump that grows with the bridge. */
static diagnosis_stage *const guest_stages[] = {guest_hold, guest_path, guest_checksums, NULL};
static diagnosis_stage *const network_stages[] = {
	network_hold, network_path, network_checksums, NULL};

int diagnose_guest(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *domain,
	const struct policy *policy)
{
	*diagnosis = (struct diagnosis){.kind = kind, .policy = *policy, .next = guest_stages};
	int result = domain_xml_read(domain, &diagnosis->guest);
	if (result == 0)
		metadata_read(domain, &diagnosis->policy);
	return result;
}

int diagnose_network(struct diagnosis *diagnosis, enum event_kind kind, const xmlNode *root,
	const struct policy *policy)
{
	*diagnosis = (struct diagnosis){.kind = kind, .policy = *policy, .next = network_stages};
	int result = network_xml_read(root, &diagnosis->network);
	if (result == 0)
		metadata_read(root, &diagnosis->policy);
	return result;
}

bool diagnose_next(struct diagnosis *diagnosis)
{
	if (!*diagnosis->next)
		return false;
	(*diagnosis->next++)(diagnosis);
	return true;
}

void diagnosis_clear(struct diagnosis *diagnosis)
{
	plan_clear(&diagnosis->plan);
	host_facts_clear(&diagnosis->facts);
	network_clear(&diagnosis->network);
	guest_clear(&diagnosis->guest);
}
