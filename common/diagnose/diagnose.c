// SPDX-License-Identifier: GPL-2.0-or-later
#include "diagnose.h"

#include "alloc.h"
#include "dispatch.h"
#include "domain_xml.h"
#include "gather.h"
#include "gather_path.h"
#include "metadata.h"
#include "network_xml.h"

#include <stdio.h>

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

static void guest_docker(struct diagnosis *diagnosis)
{
	gather_guest_docker(
		diagnosis->kind, &diagnosis->guest, &diagnosis->policy, &diagnosis->facts);
	plan_guest_docker(&diagnosis->plan, diagnosis->kind, &diagnosis->guest, &diagnosis->facts,
		&diagnosis->policy);
}

static void newcomer_paths(struct diagnosis *diagnosis)
{
	gather_newcomer_paths(&diagnosis->guest, diagnosis->ports, &diagnosis->facts);
	plan_guest_path(&diagnosis->plan, diagnosis->kind, &diagnosis->guest, &diagnosis->facts,
		&diagnosis->policy);
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

static void network_docker(struct diagnosis *diagnosis)
{
	gather_network_docker(
		diagnosis->kind, &diagnosis->network, &diagnosis->policy, &diagnosis->facts);
	plan_network_docker(&diagnosis->plan, diagnosis->kind, &diagnosis->network,
		&diagnosis->facts, &diagnosis->policy);
}

/* The ports first. What lies beyond them takes a dump that grows with the bridge, and rules of
 * a firewall may have to wait for whoever holds their lock. */
static diagnosis_stage *const guest_stages[] = {
	guest_hold, guest_path, guest_checksums, guest_docker, NULL};
/* A port that is still to come is known by its path only, which the other stages do not expect. */
static diagnosis_stage *const newcomer_stages[] = {
	guest_hold, guest_checksums, newcomer_paths, NULL};
static diagnosis_stage *const network_stages[] = {
	network_hold, network_path, network_checksums, network_docker, NULL};

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

void diagnose_coming_ports(struct diagnosis *diagnosis, const struct port_list *ports)
{
	struct guest *guest = &diagnosis->guest;

	diagnosis->ports = ports;
	diagnosis->next = newcomer_stages;
	for (size_t i = 0; i < guest->nic_count; i++) {
		struct guest_nic *nic = &guest->nics[i];
		/* No device can have that name [linux net/core/dev.c, dev_valid_name()]. */
		snprintf(nic->target, sizeof(nic->target), "/%u", (unsigned int)i);
	}
}

void diagnose_newcomers(struct diagnosis *diagnosis, const char *const *bridges, size_t count,
	const struct port_list *ports, const struct policy *policy)
{
	struct guest *guest = &diagnosis->guest;

	*diagnosis = (struct diagnosis){.kind = EVENT_GUEST_PREPARE, .policy = *policy};
	guest->kvm = true;
	guest->boot_network = true;
	guest->nics = alloc_array(count, sizeof(*guest->nics));
	guest->nic_count = count;
	for (size_t i = 0; i < count; i++) {
		struct guest_nic *nic = &guest->nics[i];
		nic->type = NIC_BRIDGE;
		nic->model = alloc_copy("virtio");
		snprintf(nic->bridge, sizeof(nic->bridge), "%s", bridges[i]);
	}
	diagnose_coming_ports(diagnosis, ports);
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
