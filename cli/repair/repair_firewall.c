// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A probe shows who drops a guest's request; what there is against it is done (remedy.h); another
 * probe shows whether it gets past that point now. If not, it is taken back. So on, until a probe
 * is answered, or nothing is left to be tried: what then is wrong is told, with the probe's cures.
 *
 *     remedy_facts.c   what is known of the bridge
 *       zone_choice.c    which zone of firewalld fits; pure
 *     remedy.c         what to do; pure
 *     remedy_do.c      does it, and takes it back
 *
 * A signal ends the probe, and each later one. What was done before it and has not been shown to
 * help is taken back. After SIGKILL it is there, with what `repair --undo` knows it by.
 */
#include "repair_parts.h"

#include "cleanup.h"
#include "conditions.h"
#include "host.h"
#include "log.h"
#include "nic_place.h"
#include "probe_judge.h"
#include "probe_run.h"
#include "probe_words.h"
#include "remedy_do.h"
#include "remedy_facts.h"

#include <errno.h>
#include <string.h>

struct attempt {
	struct repair_run *run;
	struct probe_request request;
	bool tried[REMEDIES];
	bool failed[REMEDIES];
	struct remedy_facts facts;  /* of the drop that was met last */
	struct remedy_done done;    /* what was done about it, and is not shown to help yet */
	struct probe_result before; /* the probe that showed it */
	const struct drop *met;     /* in it */
};

static void attempt_clear(struct attempt *attempt)
{
	remedy_facts_clear(&attempt->facts);
	probe_result_clear(&attempt->before);
}

/* Firmware sees all checksums complete: they are not what this is about. */
static struct probe_request make_request(
	const struct repair_run *run, enum probe_target target, const char *name)
{
	return (struct probe_request){
		.target = target,
		.name = name,
		.edge = !run->request->dry_run && policy_makes_edge_ports(&run->policy),
		.view = PROBE_FIRMWARE,
		.uri = run->request->targets.uri,
	};
}

/* A drop that keeps guests from an address. */
static bool counts(const struct probe_result *result, const struct drop *drop)
{
	return probe_count_addresses(result) == 0 && probe_drop_matters(result, drop);
}

static bool is_met_again(const struct attempt *attempt, const struct probe_result *result)
{
	for (size_t i = 0; i < result->drops.count; i++) {
		const struct drop *drop = &result->drops.drops[i];
		if (counts(result, drop) && remedy_is_same_point(attempt->met, drop))
			return true;
	}
	return false;
}

/* Whether a request reaches a server by way of where it was dropped is shown by its not being
 * dropped there again, and by somebody's answer or another one's drop. */
static void settle(struct attempt *attempt, const struct probe_result *result, bool seen)
{
	enum remedy remedy = attempt->done.remedy;

	if (remedy == REMEDY_NONE)
		return;
	if (seen && result->forwarded >= 0 && !is_met_again(attempt, result)) {
		remedy_keep(attempt->run, &attempt->done);
	} else {
		bool is_as_before = remedy_take_back(attempt->run, &attempt->done);
		attempt->failed[remedy] = seen && is_as_before;
	}
	attempt->done = (struct remedy_done){0};
}

/* The next one for the first drop that there is one for. Return: the drop, or NULL. */
static const struct drop *choose(
	struct attempt *attempt, const struct probe_result *result, enum remedy *remedy)
{
	for (size_t i = 0; i < result->drops.count && !result->direct; i++) {
		const struct drop *drop = &result->drops.drops[i];
		if (!counts(result, drop))
			continue;
		remedy_facts_clear(&attempt->facts);
		remedy_facts_gather(attempt->request.uri, drop, result->device, &attempt->facts);
		*remedy = remedy_choose(drop, &attempt->facts, attempt->tried);
		if (*remedy != REMEDY_NONE)
			return drop;
	}
	return NULL;
}

static void advise_drops(struct attempt *attempt, struct probe_result *result)
{
	for (size_t i = 0; i < result->drops.count && !result->direct; i++) {
		struct drop *drop = &result->drops.drops[i];
		if (!counts(result, drop))
			continue;
		remedy_facts_clear(&attempt->facts);
		remedy_facts_gather(attempt->request.uri, drop, result->device, &attempt->facts);
		remedy_advise(drop, &attempt->facts, result->device, attempt->failed);
	}
}

static void tell_left(struct attempt *attempt, struct probe_result *result)
{
	struct probe_judgement judgement;

	advise_drops(attempt, result);
	probe_judge(result, &judgement);
	for (size_t i = 0; i < judgement.plan.finding_count; i++) {
		const struct finding *finding = &judgement.plan.findings[i];
		if (finding->severity <= SEVERITY_WARNING)
			repair_tell_left(attempt->run, &judgement.plan, finding);
	}
	probe_judgement_clear(&judgement);
}

/* Return: true if another probe is to show whether it helped. */
static bool act(struct attempt *attempt, struct probe_result *result)
{
	struct bridge_state bridge = {0};
	enum remedy remedy = REMEDY_NONE;
	const struct drop *drop = choose(attempt, result, &remedy);

	while (drop) {
		attempt->tried[remedy] = true;
		if (remedy == REMEDY_LOOK_AGAIN)
			return true;
		if (host_bridge_get(result->device, &bridge) == 0 &&
			remedy_do(attempt->run, remedy, &attempt->facts, result->device,
				bridge.ifindex, &attempt->done) == 0) {
			attempt->met = drop;
			return !attempt->run->request->dry_run;
		}
		attempt->done = (struct remedy_done){0};
		drop = choose(attempt, result, &remedy);
	}
	tell_left(attempt, result);
	return false;
}

/* Return: true if there is to be another one. */
static bool probe_once(struct attempt *attempt)
{
	struct probe_result result;
	int error = probe_run(&attempt->request, &result);
	bool seen = error == 0 && !result.interrupted;

	if (error == 0 && result.interrupted)
		log_error("the probe was interrupted, so it is not known what %s",
			*attempt->before.device ? "would help" : "firewalls do");
	settle(attempt, &result, seen);
	if (!seen) {
		/* What the one before it has shown is true again: it was taken back. */
		probe_result_clear(&result);
		if (*attempt->before.device)
			tell_left(attempt, &attempt->before);
		return false;
	}
	probe_result_clear(&attempt->before);
	attempt->before = result;
	return act(attempt, &attempt->before);
}

/* The network as it is now. Return: -ENOENT if it has gone meanwhile; or another negative errno,
 * after a message. */
static int read_network(const struct repair_run *run, const char *name, struct network *network)
{
	CLEANUP(libvirt_close) struct libvirt *libvirt = NULL;
	CLEANUP(libvirt_list_clear) struct libvirt_list list = {0};
	int result = libvirt_open(run->request->targets.uri, &libvirt);

	*network = (struct network){0};
	if (result == 0)
		result = libvirt_networks(libvirt, name, &list);
	if (result != 0 && result != -ENOENT)
		log_error("network '%s' cannot be read: %s", name, libvirt_trouble());
	return result == 0 ? nic_place_read(&list.objects[0], network) : result;
}

/* True of a network with a bridge that libvirt made. A network may be only a name for a bridge of
 * the host's own, which has to be named; and where no guest has a port of a bridge there is nothing
 * to be repaired. */
static bool has_own_bridge(const struct repair_run *run, const char *name)
{
	CLEANUP(network_clear) struct network network = {0};

	return read_network(run, name, &network) == 0 && *network.bridge &&
	       network_is_managed(&network) && !network.openvswitch;
}

void repair_firewall(struct repair_run *run, enum probe_target target, const char *name)
{
	CLEANUP(attempt_clear)
	struct attempt attempt = {.run = run, .request = make_request(run, target, name)};

	if (run->request->targets.all && target == PROBE_NETWORK && !has_own_bridge(run, name))
		return;
	/* Each turn tries a remedy that was not tried before. */
	bool again = true;
	while (again)
		again = probe_once(&attempt);
}
