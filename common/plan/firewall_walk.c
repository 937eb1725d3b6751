// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A request is followed through the rules as the kernel would do it, but where a condition is not
 * understood, both ways: the result is the set of all ends that it may come to.
 *
 * It is certain to be dropped if there is no other end. It may be dropped if there is one, and that
 * depends on a condition that is not understood. Otherwise it goes on: a rule that accepts the
 * request for what it is (DHCP's port, the bridge) counts even behind conditions that are not
 * understood, because whoever wrote that rule meant it to be reached; and so does a rule that
 * accepts all, or the policy, unless only such a condition kept the request from a rule that drops
 * all. Rules that drop some packets, of one address or too many at a time, are in most firewalls,
 * and are no reason to warn.
 *
 * [linux net/netfilter/nf_tables_core.c, nft_do_chain(); net/ipv4/netfilter/ip_tables.c,
 * ipt_do_table()]: RETURN and the end of a chain go back behind the jump by which a packet came
 * there, and in the base chain they mean its policy. A goto notes no place to come back to.
 */
#include "firewall_walk.h"

#include "alloc.h"
#include "cleanup.h"

/* As many as the kernel follows [linux include/net/netfilter/nf_tables.h, NFT_JUMP_STACK_SIZE]. */
#define MAX_DEPTH 16

/* The ends that a request may come to. */
enum {
	END_DROP = 1,
	END_NAMED = 2,        /* accepted for what it is */
	END_ACCEPT = 4,       /* accepted, like others */
	END_MAY_ACCEPT = 8,   /* accepted under a condition that is not understood */
	END_BACK = 16,        /* in the chain that it came from */
	END_CHANCE_BACK = 32, /* there, but only by such a condition */
	END_KNOWN = 64,       /* the chain was walked through */
};

struct walk {
	const struct firewall_facts *facts;
	const struct firewall_packet *packet;
	unsigned char *ends; /* of each chain */
};

static unsigned int follow_chain(
	struct walk *walk, const struct firewall_chain *chain, unsigned int depth);

static enum firewall_truth match_devices(
	const struct firewall_devices *devices, const struct firewall_packet *packet)
{
	const char *name = packet->devices[devices->side];

	if (!name || devices->count == 0)
		return FIREWALL_MAYBE;
	return firewall_has_device(devices, name) != devices->inverted ? FIREWALL_ALWAYS
								       : FIREWALL_NEVER;
}

static enum firewall_truth match_rule(
	const struct firewall_rule *rule, const struct firewall_packet *packet, bool *named)
{
	enum firewall_truth truth = rule->meets[packet->family];

	*named = rule->named;
	for (size_t i = 0; i < rule->device_count; i++) {
		enum firewall_truth meets = match_devices(&rule->devices[i], packet);
		truth = meets < truth ? meets : truth;
		*named = *named || !rule->devices[i].inverted;
	}
	return truth;
}

/* What becomes of a request that goes to another chain. */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static unsigned int follow_name(struct walk *walk, const struct firewall_chain *from,
	const struct firewall_rule *rule, unsigned int depth)
{
	const struct firewall_chain *chain = firewall_find_chain(
		walk->facts, from->family, from->legacy, from->table, rule->chain);

	if (!chain || depth >= MAX_DEPTH)
		return END_DROP | END_MAY_ACCEPT | END_BACK;
	return follow_chain(walk, chain, depth + 1);
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static unsigned int follow_rule(struct walk *walk, const struct firewall_chain *chain,
	const struct firewall_rule *rule, bool named, unsigned int depth)
{
	switch (rule->verdict) {
	case FIREWALL_ACCEPT:
		return named ? END_NAMED : END_ACCEPT;
	case FIREWALL_DROP:
		return END_DROP;
	case FIREWALL_RETURN:
		return END_BACK;
	case FIREWALL_UNKNOWN:
		return END_DROP | END_MAY_ACCEPT;
	case FIREWALL_JUMP:
	case FIREWALL_GOTO:
		return follow_name(walk, chain, rule, depth);
	default:
		return 0;
	}
}

/* Ends that are reached by a condition that is not understood. */
static unsigned int by_chance(unsigned int ends)
{
	if (ends & (END_NAMED | END_ACCEPT))
		ends = (ends & ~(unsigned int)(END_NAMED | END_ACCEPT)) | END_MAY_ACCEPT;
	return ends;
}

/* What is left of a chain after a rule: whether a request comes to the next one. */
struct progress {
	unsigned int ends;
	bool over;   /* no request comes to the next rule */
	bool chance; /* one does only by a condition that is not understood */
};

static void after_rule(struct progress *progress, enum firewall_truth meets,
	enum firewall_verdict verdict, unsigned int ends)
{
	const unsigned int backs = END_BACK | END_CHANCE_BACK;

	if (meets == FIREWALL_MAYBE)
		ends = by_chance(ends);
	else if (progress->chance && ends & END_ACCEPT)
		ends = (ends & ~(unsigned int)END_ACCEPT) | END_MAY_ACCEPT;
	if (verdict == FIREWALL_JUMP) {
		progress->over = meets == FIREWALL_ALWAYS && !(ends & backs);
		progress->chance = progress->chance ||
				   (meets == FIREWALL_ALWAYS && (ends & backs) == END_CHANCE_BACK);
		ends &= ~backs;
	} else {
		progress->over = meets == FIREWALL_ALWAYS && verdict != FIREWALL_CONTINUE;
	}
	progress->ends |= ends;
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static unsigned int follow_rules(
	struct walk *walk, const struct firewall_chain *chain, unsigned int depth)
{
	struct progress progress = {0};

	for (size_t i = 0; i < chain->count && !progress.over; i++) {
		const struct firewall_rule *rule = &chain->rules[i];
		bool named;
		enum firewall_truth meets = match_rule(rule, walk->packet, &named);
		if (meets == FIREWALL_NEVER)
			continue;
		unsigned int before = progress.ends;
		unsigned int ends = follow_rule(walk, chain, rule, named, depth);
		after_rule(&progress, meets, rule->verdict, ends);
		/* All that did not go back before is dropped. */
		if (progress.over && (ends & ~(unsigned int)END_KNOWN) == END_DROP &&
			before & END_BACK)
			progress.ends = (progress.ends & ~(unsigned int)END_BACK) | END_CHANCE_BACK;
	}
	if (progress.over)
		return progress.ends;
	return progress.ends | (progress.chance ? END_CHANCE_BACK : END_BACK);
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static unsigned int follow_chain(
	struct walk *walk, const struct firewall_chain *chain, unsigned int depth)
{
	unsigned char *ends = &walk->ends[chain - walk->facts->chains];

	if (!(*ends & END_KNOWN))
		*ends = (unsigned char)(follow_rules(walk, chain, depth) | END_KNOWN);
	return *ends & ~(unsigned int)END_KNOWN;
}

enum firewall_fate firewall_walk(const struct firewall_facts *facts,
	const struct firewall_chain *base, const struct firewall_packet *packet)
{
	CLEANUP(cleanup_free)
	unsigned char *known = alloc_array(facts->count, sizeof(*known));
	struct walk walk = {.facts = facts, .packet = packet, .ends = known};
	unsigned int ends = follow_chain(&walk, base, 0);

	if (ends & (END_BACK | END_CHANCE_BACK))
		ends |= base->drops ? END_DROP : (ends & END_BACK) ? END_ACCEPT : END_MAY_ACCEPT;
	if (!(ends & END_DROP) || ends & (END_NAMED | END_ACCEPT))
		return FATE_GOES_ON;
	return ends & END_MAY_ACCEPT ? FATE_MAY_BE_DROPPED : FATE_IS_DROPPED;
}
