// SPDX-License-Identifier: GPL-2.0-or-later
/* The same code serves both families: docker_legacy6.c compiles it once more. */
#include "docker_legacy.h"

#include "cleanup.h"
#include "legacy_handle.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#ifdef LEGACY_IPV6
#define INVERTED_IN IP6T_INV_VIA_IN
#define INVERTED_OUT IP6T_INV_VIA_OUT
#define KNOWN_FLAGS IP6T_F_GOTO
#else
#define INVERTED_IN IPT_INV_VIA_IN
#define INVERTED_OUT IPT_INV_VIA_OUT
#define KNOWN_FLAGS IPT_F_GOTO
#endif

/* Chains' names in the buffers that libiptc's prototypes want. */
static const xt_chainlabel user_chain = DOCKER_USER;

/* By name, by the start of a name, or any. */
static enum docker_truth match_device(
	const char *bridge, const char *name, const unsigned char *mask, bool inverted)
{
	char wanted[IFNAME_SIZE] = "";
	bool same = true;

	memcpy(wanted, bridge, strlen(bridge));
	for (size_t i = 0; i < sizeof(wanted); i++)
		same = same && ((wanted[i] ^ name[i]) & mask[i]) == 0;
	return same != inverted ? DOCKER_ALWAYS : DOCKER_NEVER;
}

/* Addresses and the protocol. */
static enum docker_truth match_rest(const xt_ip *ip)
{
	static const xt_ip none;
	xt_ip rest = *ip;

	rest.flags &= (uint8_t)~KNOWN_FLAGS;
	rest.invflags &= (uint8_t) ~(INVERTED_IN | INVERTED_OUT);
	memset(rest.iniface, 0, sizeof(rest.iniface));
	memset(rest.iniface_mask, 0, sizeof(rest.iniface_mask));
	memset(rest.outiface, 0, sizeof(rest.outiface));
	memset(rest.outiface_mask, 0, sizeof(rest.outiface_mask));
	/* Padding that somebody left dirty makes a rule one that is not understood, no more. */
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
	return memcmp(&rest, &none, sizeof(none)) == 0 ? DOCKER_ALWAYS : DOCKER_MAYBE;
}

static void restrict_to(enum docker_truth *meets, enum docker_truth truth)
{
	if (truth < *meets)
		*meets = truth;
}

static enum docker_truth match_entry(const xt_entry *entry, const char *bridge)
{
	const xt_ip *ip = &entry->ip_part;
	enum docker_truth meets = match_rest(ip);

	restrict_to(&meets,
		match_device(bridge, ip->iniface, ip->iniface_mask, ip->invflags & INVERTED_IN));
	restrict_to(&meets,
		match_device(bridge, ip->outiface, ip->outiface_mask, ip->invflags & INVERTED_OUT));
	for (size_t offset = sizeof(*entry); offset < entry->target_offset;) {
		struct xt_part match = LEGACY(entry_part)(entry, offset, &offset);
		restrict_to(&meets, docker_match(&match));
	}
	return meets;
}

static enum docker_verdict read_verdict(struct xtc_handle *handle, const xt_entry *entry)
{
	struct xt_part target = LEGACY(entry_target)(entry);
	const char *name = XTC(get_target)(entry, handle);

	if (strcmp(target.name, "REJECT") == 0)
		return DOCKER_DROP;
	if (*target.name)
		return xt_verdict(&target) == VERDICT_END ? DOCKER_UNKNOWN : DOCKER_CONTINUE;
	if (strcmp(name, "ACCEPT") == 0)
		return DOCKER_ACCEPT;
	if (strcmp(name, "DROP") == 0)
		return DOCKER_DROP;
	if (strcmp(name, "RETURN") == 0)
		return DOCKER_RETURN;
	/* A rule without a target has an empty one. */
	if (!*name)
		return DOCKER_CONTINUE;
	return strcmp(name, DOCKER_USER) == 0 ? DOCKER_TO_USER : DOCKER_JUMP;
}

static bool is_whole_name(const char *name, const unsigned char *mask)
{
	return *name && memchr(name, '\0', IFNAME_SIZE) && mask[strlen(name)] == 0xff;
}

/* OWNER_OTHER also if it has our comment, but is for other packets. */
static enum rule_owner find_owner(
	struct xtc_handle *handle, const xt_entry *entry, const char *bridge)
{
	const xt_ip *ip = &entry->ip_part;

	if (!is_whole_name(ip->iniface, ip->iniface_mask) || strcmp(ip->iniface, bridge) != 0 ||
		!is_whole_name(ip->outiface, ip->outiface_mask) ||
		strcmp(ip->outiface, bridge) != 0 || ip->invflags != 0 ||
		match_entry(entry, bridge) != DOCKER_ALWAYS ||
		read_verdict(handle, entry) != DOCKER_ACCEPT)
		return OWNER_OTHER;
	return LEGACY(entry_owner_by_comment)(entry);
}

static void add_rules(struct xtc_handle *handle, const char *chain, const char *bridge,
	struct docker_table *table,
	void (*add)(struct docker_table *table, const struct docker_rule *rule))
{
	const xt_entry *entry = XTC(first_rule)(chain, handle);

	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		const struct docker_rule rule = {
			.meets = match_entry(entry, bridge),
			.verdict = read_verdict(handle, entry),
			.owner = find_owner(handle, entry, bridge),
		};
		add(table, &rule);
	}
}

static void read_table(struct xtc_handle *handle, const char *bridge, struct docker_table *table)
{
	struct xt_counters counters;

	*table = (struct docker_table){0};
	if (!XTC(is_chain)(DOCKER_USER, handle))
		return;
	const char *policy = XTC(get_policy)(DOCKER_FORWARD, &counters, handle);
	table->user = true;
	table->drops = policy && strcmp(policy, "DROP") == 0;
	add_rules(handle, DOCKER_FORWARD, bridge, table, docker_forward_rule);
	add_rules(handle, DOCKER_USER, bridge, table, docker_user_rule);
}

int LEGACY(docker_read)(const char *bridge, struct docker_table *table)
{
	*table = (struct docker_table){0};
	if (!LEGACY(is_in_use)(DOCKER_TABLE))
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(DOCKER_TABLE);
	if (!handle)
		return -errno;
	read_table(handle, bridge, table);
	return 0;
}

static size_t put_accept(char *buffer, size_t offset)
{
	struct xt_standard_target *target = (void *)(buffer + offset);

	target->target.u.target_size = (uint16_t)XT_ALIGN(sizeof(*target));
	snprintf(target->target.u.user.name, sizeof(target->target.u.user.name), "ACCEPT");
	return offset + target->target.u.target_size;
}

static void put_device(char *name, unsigned char *mask, const char *bridge)
{
	memcpy(name, bridge, strlen(bridge) + 1);
	/* The whole name with its NUL, so that br0 is not br01 too. */
	memset(mask, 0xff, strlen(bridge) + 1);
}

static void build(union legacy_buffer *buffer, const char *bridge, enum rule_owner owner)
{
	xt_entry *entry = &buffer->entry;
	xt_ip *ip = &entry->ip_part;

	memset(buffer, 0, sizeof(*buffer));
	put_device(ip->iniface, ip->iniface_mask, bridge);
	put_device(ip->outiface, ip->outiface_mask, bridge);
	size_t offset = LEGACY(entry_put_comment)(buffer->bytes, sizeof(*entry), owner);
	entry->target_offset = (uint16_t)offset;
	entry->next_offset = (uint16_t)put_accept(buffer->bytes, offset);
}

/* The number of a rule of ours in DOCKER-USER, or -1. */
static int find_ours(struct xtc_handle *handle, const char *bridge)
{
	const xt_entry *entry = XTC(first_rule)(user_chain, handle);

	for (int i = 0; entry; i++, entry = XTC(next_rule)(entry, handle)) {
		if (find_owner(handle, entry, bridge) != OWNER_OTHER)
			return i;
	}
	return -1;
}

/* What is looked at after a commit. */
struct commit {
	const char *bridge;
	enum docker_user_wish wish;
};

static bool is_done(struct xtc_handle *handle, void *argument)
{
	const struct commit *commit = argument;
	struct docker_table table;

	read_table(handle, commit->bridge, &table);
	return docker_is_as_wanted(&table, commit->wish);
}

static int replace_rule(struct xtc_handle *handle, const char *bridge, enum rule_owner owner)
{
	union legacy_buffer buffer;
	int number;

	while ((number = find_ours(handle, bridge)) >= 0) {
		if (!XTC(delete_num_entry)(user_chain, (unsigned int)number, handle))
			return -errno;
	}
	if (owner == OWNER_OTHER)
		return 0;
	build(&buffer, bridge, owner);
	return XTC(insert_entry)(user_chain, &buffer.entry, 0, handle) ? 0 : -errno;
}

int LEGACY(docker_change)(const char *bridge, enum docker_user_wish wish, size_t *counters_lost)
{
	struct commit commit = {bridge, wish};
	struct legacy_change change = {
		.table = DOCKER_TABLE, .is_done = is_done, .argument = &commit};
	struct docker_table table;

	*counters_lost = 0;
	if (!LEGACY(is_in_use)(DOCKER_TABLE))
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(DOCKER_TABLE);
	if (!handle)
		return -errno;
	read_table(handle, bridge, &table);
	if (docker_is_as_wanted(&table, wish))
		return 0;
	int result = replace_rule(handle, bridge, docker_wanted(&table, wish));
	if (result == 0)
		result = LEGACY(commit)(handle, &change);
	*counters_lost = change.counters_lost;
	return result;
}

int LEGACY(docker_list)(struct docker_bridges *bridges)
{
	if (!LEGACY(is_in_use)(DOCKER_TABLE))
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(DOCKER_TABLE);
	if (!handle)
		return -errno;
	const xt_entry *entry = XTC(first_rule)(DOCKER_USER, handle);
	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		char name[IFNAME_SIZE] = "";
		memcpy(name, entry->ip_part.iniface, IFNAME_SIZE - 1);
		if (find_owner(handle, entry, name) != OWNER_OTHER)
			docker_add_bridge(bridges, name);
	}
	return 0;
}
