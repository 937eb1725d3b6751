// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A CHECKSUM rule repairs what reaches it, and a verdict of an earlier rule may keep packets away.
 * So the packets are followed, one kind of them at a time (udp_match.h), from the head of the base
 * chain: those whose checksum is not filled yet. Whatever becomes of one that is filled is of no
 * concern. The kind is filled for certain if no packet of it can leave the table, by a verdict or
 * by the end of the base chain, without having met a rule that fills. What may be, counts:
 *
 *  - a rule that fills does so for a kind that always meets its conditions, and else for none;
 *  - a verdict takes packets away if they meet its conditions always, or maybe. A condition that
 *    is not understood, a mark for example, may be met by the very packets that matter.
 *
 * Both errors are on the side of "not filled", whose price is a rule of ours beside one that would
 * have been enough. It does no harm. The other error's is a guest without an address.
 *
 * Every verdict that ends the table for a packet is VERDICT_END: ACCEPT, a queue, and DROP too. A
 * packet that is dropped needs no checksum, but what stands behind a DROP works for nobody until
 * somebody takes the DROP out, and then ours should be there.
 *
 * The kernel's rules [linux net/ipv4/netfilter/ip_tables.c, ipt_do_table(); net/netfilter/
 * nf_tables_core.c, nft_do_chain()]: RETURN and the end of a chain go back behind the jump by which
 * a packet came there, and in the base chain they mean its policy, which ends the table. A goto
 * notes no place to come back to: what comes back from there goes where the chain with the goto
 * would have gone back to.
 *
 * Chains cannot call each other in a circle, the kernel refuses that. What becomes of a kind of
 * packets in a chain is found once, and so is the chain read once, however many rules jump there.
 */
#include "verdicts.h"

#include "alloc.h"
#include "cleanup.h"

#include <stdlib.h>
#include <string.h>

/* The kernel itself follows no more jumps in nf_tables [linux include/net/netfilter/nf_tables.h,
 * NFT_JUMP_STACK_SIZE]. What is deeper in a legacy table is not followed, and not filled. */
#define MAX_DEPTH 16

/* What may become of packets that are not filled. The worst counts. */
enum fate {
	FATE_UNKNOWN,
	FATE_FILLED, /* none is left that is not */
	FATE_STAYS,  /* some may go on to the next rule */
	FATE_BACK,   /* some may go back to where the chain was called from */
	FATE_LOST,   /* some may leave the table */
};

/* A chain that was read. */
struct known_chain {
	struct known_chain *next;
	char *name;
	struct verdict_chain rules;
	enum fate fate[UDP_KINDS];
};

struct walk {
	verdict_reader *read;
	void *argument;
	enum udp_kind kind;
	struct known_chain *chains;
	int error;
};

static enum fate follow_chain(struct walk *walk, const char *name, unsigned int depth);

void verdict_chain_add(struct verdict_chain *chain, struct udp_match match, enum verdict verdict,
	const char *target)
{
	chain->rules = alloc_one_more(chain->rules, chain->count, sizeof(*chain->rules));
	chain->rules[chain->count++] = (struct verdict_rule){match, verdict, alloc_copy(target)};
}

void verdict_chain_clear(struct verdict_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		free(chain->rules[i].chain);
	free(chain->rules);
	*chain = (struct verdict_chain){0};
}

static void cleanup_walk(struct walk *walk)
{
	while (walk->chains) {
		struct known_chain *chain = walk->chains;
		walk->chains = chain->next;
		verdict_chain_clear(&chain->rules);
		free(chain->name);
		free(chain);
	}
}

/* Return: the chain, read now if it was not before. */
static struct known_chain *get_chain(struct walk *walk, const char *name)
{
	struct known_chain *chain = walk->chains;

	while (chain && strcmp(chain->name, name) != 0)
		chain = chain->next;
	if (chain)
		return chain;
	chain = alloc_array(1, sizeof(*chain));
	chain->name = alloc_copy(name);
	chain->next = walk->chains;
	walk->chains = chain;
	walk->error = walk->read(name, &chain->rules, walk->argument);
	return chain;
}

/* What may become of those packets that meet the rule's conditions. */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static enum fate follow_verdict(
	struct walk *walk, const struct verdict_rule *rule, unsigned int depth)
{
	enum fate fate;

	switch (rule->verdict) {
	case VERDICT_FILL:
		return FATE_FILLED;
	case VERDICT_END:
		return FATE_LOST;
	case VERDICT_RETURN:
		return FATE_BACK;
	case VERDICT_GOTO:
		return follow_chain(walk, rule->chain, depth + 1);
	case VERDICT_JUMP:
		fate = follow_chain(walk, rule->chain, depth + 1);
		return fate == FATE_BACK ? FATE_STAYS : fate;
	default:
		return FATE_STAYS;
	}
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static enum fate follow_rules(
	struct walk *walk, const struct verdict_chain *chain, unsigned int depth)
{
	bool some_go_back = false;

	for (size_t i = 0; i < chain->count; i++) {
		const struct verdict_rule *rule = &chain->rules[i];
		enum truth meets = rule->match.of[walk->kind];
		if (meets == NEVER)
			continue;
		enum fate fate = follow_verdict(walk, rule, depth);
		if (fate == FATE_LOST)
			return FATE_LOST;
		some_go_back = some_go_back || fate == FATE_BACK;
		if (meets == ALWAYS && fate != FATE_STAYS)
			return some_go_back ? FATE_BACK : FATE_FILLED;
	}
	return FATE_BACK;
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static enum fate follow_chain(struct walk *walk, const char *name, unsigned int depth)
{
	if (depth > MAX_DEPTH)
		return FATE_LOST;
	struct known_chain *chain = get_chain(walk, name);
	if (walk->error != 0)
		return FATE_LOST;
	if (chain->fate[walk->kind] == FATE_UNKNOWN)
		chain->fate[walk->kind] = follow_rules(walk, &chain->rules, depth);
	return chain->fate[walk->kind];
}

int verdicts_filled(const char *base, verdict_reader *read, void *argument, enum fill_scope *filled)
{
	CLEANUP(cleanup_walk) struct walk walk = {.read = read, .argument = argument};
	bool all = true;

	*filled = FILL_NONE;
	for (; walk.kind < UDP_KINDS && all && walk.error == 0; walk.kind++) {
		all = follow_chain(&walk, base, 0) == FATE_FILLED;
		if (all)
			*filled = walk.kind == UDP_DHCP ? FILL_DHCP : FILL_UDP;
	}
	if (walk.error != 0)
		*filled = FILL_NONE;
	return walk.error;
}

/* Where packets to DHCP clients are after a rule or chain that all of them meet. */
enum place_after { AFTER_ON, AFTER_BACK, AFTER_END, AFTER_ZERO };

static enum place_after seek_chain(struct walk *walk, const char *name, unsigned int depth);

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static enum place_after seek_verdict(
	struct walk *walk, const struct verdict_rule *rule, unsigned int depth)
{
	enum place_after after;

	switch (rule->verdict) {
	case VERDICT_ZERO:
		return AFTER_ZERO;
	case VERDICT_END:
		return AFTER_END;
	case VERDICT_RETURN:
		return AFTER_BACK;
	case VERDICT_GOTO:
		return seek_chain(walk, rule->chain, depth + 1);
	case VERDICT_JUMP:
		after = seek_chain(walk, rule->chain, depth + 1);
		return after == AFTER_BACK ? AFTER_ON : after;
	default:
		return AFTER_ON;
	}
}

// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static enum place_after seek_chain(struct walk *walk, const char *name, unsigned int depth)
{
	if (depth > MAX_DEPTH)
		return AFTER_END;
	const struct known_chain *chain = get_chain(walk, name);
	for (size_t i = 0; walk->error == 0 && i < chain->rules.count; i++) {
		const struct verdict_rule *rule = &chain->rules.rules[i];
		if (rule->match.of[UDP_DHCP] != ALWAYS)
			continue;
		enum place_after after = seek_verdict(walk, rule, depth);
		if (after != AFTER_ON)
			return after;
	}
	return AFTER_BACK;
}

int verdicts_zeroed(const char *base, verdict_reader *read, void *argument, bool *zeroed)
{
	CLEANUP(cleanup_walk) struct walk walk = {.read = read, .argument = argument};

	*zeroed = seek_chain(&walk, base, 0) == AFTER_ZERO && walk.error == 0;
	return walk.error;
}
