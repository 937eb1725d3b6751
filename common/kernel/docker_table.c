// SPDX-License-Identifier: GPL-2.0-or-later
#include "docker_table.h"

#include "alloc.h"

#include <linux/netfilter/xt_physdev.h>
#include <string.h>

/* A packet that a bridge forwards is bridged, by this match too [linux net/netfilter/xt_physdev.c,
 * physdev_mt()]. */
static enum docker_truth match_physdev(const struct xt_part *match)
{
	struct xt_physdev_info info;

	if (match->size < sizeof(info))
		return DOCKER_MAYBE;
	memcpy(&info, match->data, sizeof(info));
	if (info.bitmask != XT_PHYSDEV_OP_BRIDGED)
		return DOCKER_MAYBE;
	return (info.invert & XT_PHYSDEV_OP_BRIDGED) ? DOCKER_NEVER : DOCKER_ALWAYS;
}

enum docker_truth docker_match(const struct xt_part *match)
{
	if (strcmp(match->name, "comment") == 0)
		return DOCKER_ALWAYS;
	return strcmp(match->name, "physdev") == 0 ? match_physdev(match) : DOCKER_MAYBE;
}

static bool is_end(const struct docker_rule *rule)
{
	return rule->meets == DOCKER_ALWAYS &&
	       (rule->verdict == DOCKER_ACCEPT || rule->verdict == DOCKER_DROP ||
		       rule->verdict == DOCKER_RETURN);
}

void docker_forward_rule(struct docker_table *table, const struct docker_rule *rule)
{
	if (table->forward_over || rule->meets == DOCKER_NEVER)
		return;
	if (rule->verdict == DOCKER_TO_USER)
		table->reached = true;
	if (!is_end(rule))
		return;
	table->forward_over = true;
	table->accepted_after = table->reached && rule->verdict == DOCKER_ACCEPT;
}

/* Docker's own is a RETURN; an ACCEPT is not undone by one before it. */
static bool may_drop(const struct docker_rule *rule)
{
	return rule->owner == OWNER_OTHER && rule->meets != DOCKER_NEVER &&
	       (rule->verdict == DOCKER_DROP || rule->verdict == DOCKER_TO_USER ||
		       rule->verdict == DOCKER_JUMP || rule->verdict == DOCKER_UNKNOWN);
}

void docker_user_rule(struct docker_table *table, const struct docker_rule *rule)
{
	if (rule->owner != OWNER_OTHER)
		table->ours++;
	if (rule->owner == OWNER_NETWORK)
		table->network = true;
	table->used = table->used || may_drop(rule);
	if (table->user_end != DOCKER_CONTINUE || !is_end(rule))
		return;
	table->user_end = rule->verdict;
	table->user_by = rule->owner;
}

static bool is_accepted(const struct docker_table *table)
{
	return table->user_end == DOCKER_ACCEPT || table->accepted_after;
}

/* A rule of ours at the head would keep an administrator's rules, which drop some packets or all,
 * from what the bridge forwards: with them there is nothing for us to do. One that is there by then
 * and does its work stays. */
static bool is_in_the_way(const struct docker_table *table)
{
	if (!table->user || !table->reached || !table->drops || table->user_end == DOCKER_DROP)
		return false;
	return !table->used || (table->ours > 0 && is_accepted(table));
}

struct docker_user_state docker_state(const struct docker_table *table)
{
	return (struct docker_user_state){
		.reached = table->user && table->reached,
		.chain = is_in_the_way(table),
		.accepts = is_accepted(table),
		.ours = table->ours > 0,
		.for_guests = table->ours > 0 && !table->network,
	};
}

/* What does not go with the last guest stays so. */
enum rule_owner docker_wanted(const struct docker_table *table, enum docker_user_wish wish)
{
	if (wish == DOCKER_USER_NONE)
		return OWNER_OTHER;
	return wish == DOCKER_USER_FOR_GUESTS && !table->network ? OWNER_GUEST : OWNER_NETWORK;
}

bool docker_is_as_wanted(const struct docker_table *table, enum docker_user_wish wish)
{
	if (wish == DOCKER_USER_NONE)
		return table->ours == 0;
	/* Beside an administrator's rules ours is not moved, either. */
	if (!is_in_the_way(table) || table->used)
		return true;
	if (is_accepted(table) && table->user_by == OWNER_OTHER)
		return true;
	return table->ours == 1 && is_accepted(table) &&
	       table->user_by == docker_wanted(table, wish);
}

void docker_add_bridge(struct docker_bridges *bridges, const char name[IFNAME_SIZE])
{
	for (size_t i = 0; i < bridges->count; i++) {
		if (strcmp(bridges->names[i], name) == 0)
			return;
	}
	bridges->names = alloc_one_more(bridges->names, bridges->count, sizeof(*bridges->names));
	memcpy(bridges->names[bridges->count++], name, IFNAME_SIZE);
}
