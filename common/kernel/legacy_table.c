// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The kernel holds a legacy table as one block: a chain is a run of entries (legacy_entry.h).
 * libiptc reads the block, lets chains be changed and replaces the block as a whole, so that a
 * change is made completely or not at all. Nothing protects two programs that do this at the same
 * time but the lock that iptables takes (checksum_rules.c).
 * How it is replaced: legacy_handle.c.
 *
 * Our rule goes to the head of POSTROUTING, where no ACCEPT of somebody else's comes before it. One
 * that was moved, or has such a rule before it now, is as good as what reaches it (verdicts.c), and
 * is put back to the head.
 */
#include "legacy_table.h"

#include "alloc.h"
#include "cleanup.h"
#include "legacy_handle.h"
#include "only_look.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#ifdef LEGACY_IPV6
#define TABLES_IN_USE "/proc/net/ip6_tables_names"
#define TARGETS "/proc/net/ip6_tables_targets"
#define TABLE_MODULE LOOK_IP6TABLE_MANGLE
#define TABLES_MODULE LOOK_IP6_TABLES
#define SOCKET_FAMILY AF_INET6
#define SOCKET_LEVEL IPPROTO_IPV6
#define GET_INFO IP6T_SO_GET_INFO
#define GET_REVISION_TARGET IP6T_SO_GET_REVISION_TARGET
#define LEGACY_TABLE legacy_table6
typedef struct ip6t_getinfo xt_getinfo;
#else
#define TABLES_IN_USE "/proc/net/ip_tables_names"
#define TARGETS "/proc/net/ip_tables_targets"
#define TABLE_MODULE LOOK_IPTABLE_MANGLE
#define TABLES_MODULE LOOK_IP_TABLES
#define SOCKET_FAMILY AF_INET
#define SOCKET_LEVEL IPPROTO_IP
#define GET_INFO IPT_SO_GET_INFO
#define GET_REVISION_TARGET IPT_SO_GET_REVISION_TARGET
#define LEGACY_TABLE legacy_table4
typedef struct ipt_getinfo xt_getinfo;
#endif

#define TABLE "mangle"
#define TARGET "CHECKSUM"

#define OPEN_ATTEMPTS 20

/* A chain's name in the buffer that libiptc's prototypes want. */
static const xt_chainlabel postrouting = "POSTROUTING";

/* A table that is read on behalf of one bridge. */
struct reading {
	struct xtc_handle *handle;
	const char *bridge;
	struct local_addresses *addresses;
	bool ours; /* only our own rules count as filling, or only those of others */
};

/* What the rule does; @chain gets where it jumps or goes to. */
static enum verdict read_verdict(
	const struct reading *reading, const xt_entry *entry, const char **chain)
{
	struct xt_part target = LEGACY(entry_target)(entry);
	const char *name = XTC(get_target)(entry, reading->handle);

	if (*target.name) {
		enum verdict verdict = xt_verdict(&target);
		bool ours = LEGACY(entry_owner)(entry, reading->bridge) != OWNER_OTHER;
		return verdict == VERDICT_FILL && ours != reading->ours ? VERDICT_CONTINUE
									: verdict;
	}
	if (!*name)
		return VERDICT_CONTINUE;
	if (strcmp(name, "RETURN") == 0)
		return VERDICT_RETURN;
	if (!XTC(is_chain)(name, reading->handle))
		return VERDICT_END;
	*chain = name;
	return LEGACY(entry_is_goto)(entry) ? VERDICT_GOTO : VERDICT_JUMP;
}

/*
 * A chain is read to its end before another is: libiptc has one iterator for all chains of a table
 * [iptables libiptc/libiptc.c, TC_NEXT_RULE()].
 */
static int read_chain(const char *name, struct verdict_chain *chain, void *argument)
{
	const struct reading *reading = argument;
	const xt_entry *entry = XTC(first_rule)(name, reading->handle);

	for (; entry; entry = XTC(next_rule)(entry, reading->handle)) {
		const char *target = NULL;
		enum verdict verdict = read_verdict(reading, entry, &target);
		verdict_chain_add(chain,
			LEGACY(entry_match)(entry, reading->bridge, reading->addresses), verdict,
			target);
	}
	return 0;
}

/* True if one of the lines is this. */
static bool has_line(FILE *file, const char *wanted)
{
	char line[XT_TABLE_MAXNAMELEN + 2];

	while (file && fgets(line, sizeof(line), file)) {
		if (strcmp(line, wanted) == 0)
			return true;
	}
	return false;
}

static bool is_in_use(void)
{
	return LEGACY(is_in_use)(TABLE);
}

/* The number in POSTROUTING of a rule of ours towards the bridge, or -1; the state gets how many
 * there are, and for whom. */
static int find_ours(struct xtc_handle *handle, const char *bridge, struct fill_state *state)
{
	const xt_entry *entry = XTC(first_rule)(postrouting, handle);
	int found = -1;

	state->rules = 0;
	state->for_guests = true;
	for (int i = 0; entry; i++, entry = XTC(next_rule)(entry, handle)) {
		enum rule_owner owner = LEGACY(entry_owner)(entry, bridge);
		if (owner == OWNER_OTHER)
			continue;
		found = i;
		state->rules++;
		state->for_guests = state->for_guests && owner == OWNER_GUEST;
	}
	return found;
}

static void read_state(struct xtc_handle *handle, struct checksum_rule *rules, size_t count)
{
	CLEANUP(cleanup_local_addresses)
	struct local_addresses addresses = {.family = LEGACY_FAMILY};

	for (size_t i = 0; i < count; i++) {
		struct fill_state *state = &rules[i].state;
		struct reading ours = {handle, rules[i].bridge, &addresses, .ours = true};
		struct reading others = {handle, rules[i].bridge, &addresses, .ours = false};
		*state = (struct fill_state){0};
		find_ours(handle, rules[i].bridge, state);
		/* What is in memory can be read. */
		(void)verdicts_filled(postrouting, read_chain, &ours, &state->ours);
		(void)verdicts_filled(postrouting, read_chain, &others, &state->others);
	}
}

static int read_rules(struct checksum_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rules[i].state = (struct fill_state){0};
	if (!is_in_use())
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(TABLE);
	if (!handle)
		return -errno;
	read_state(handle, rules, count);
	return 0;
}

/* Two rules towards one bridge are in the list twice. */
static int list_rules(struct checksum_rule **rules, size_t *count)
{
	*rules = NULL;
	*count = 0;
	if (!is_in_use())
		return 0;
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(TABLE);
	if (!handle)
		return -errno;
	const xt_entry *entry = XTC(first_rule)(postrouting, handle);
	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		struct checksum_rule rule = {.scope = FILL_NONE};
		memcpy(rule.bridge, entry->ip_part.outiface, IFNAME_SIZE - 1);
		if (LEGACY(entry_owner)(entry, rule.bridge) == OWNER_OTHER)
			continue;
		*rules = alloc_one_more(*rules, *count, sizeof(rule));
		(*rules)[(*count)++] = rule;
	}
	return 0;
}

/* A network's rule stays one if it is made wider for a guest. */
static enum rule_owner wanted_owner(const struct checksum_rule *rule)
{
	bool guest = rule->for_guests && (rule->state.rules == 0 || rule->state.for_guests);

	return guest ? OWNER_GUEST : OWNER_NETWORK;
}

/* Take our rules towards the bridge out and put the wanted one in. */
static int replace_rule(struct xtc_handle *handle, const struct checksum_rule *rule)
{
	union legacy_buffer buffer;
	struct fill_state state;
	int number;

	while ((number = find_ours(handle, rule->bridge, &state)) >= 0) {
		if (!XTC(delete_num_entry)(postrouting, (unsigned int)number, handle))
			return -errno;
	}
	if (rule->scope == FILL_NONE)
		return 0;
	LEGACY(entry_build)(&buffer, rule, wanted_owner(rule));
	return XTC(insert_entry)(postrouting, &buffer.entry, 0, handle) ? 0 : -errno;
}

static bool all_as_wanted(const struct checksum_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!rule_is_as_wanted(&rules[i]))
			return false;
	}
	return true;
}

/* What is looked at after a commit. */
struct commit {
	struct checksum_rule *rules;
	size_t count;
};

static bool is_done(struct xtc_handle *handle, void *argument)
{
	const struct commit *commit = argument;

	read_state(handle, commit->rules, commit->count);
	return all_as_wanted(commit->rules, commit->count);
}

static int commit_rules(struct xtc_handle *handle, struct checksum_rule *rules, size_t count)
{
	struct commit commit = {rules, count};
	struct legacy_change change = {.table = TABLE, .is_done = is_done, .argument = &commit};
	int result = LEGACY(commit)(handle, &change);

	if (change.counters_lost != 0)
		rules[0].counters_lost = change.counters_lost;
	return result;
}

static int change_rules(struct checksum_rule *rules, size_t count)
{
	CLEANUP(cleanup_legacy_handle) struct xtc_handle *handle = LEGACY(open)(TABLE);
	bool changed = false;

	if (!handle)
		return -errno;
	read_state(handle, rules, count);
	for (size_t i = 0; i < count; i++) {
		if (rule_is_as_wanted(&rules[i]))
			continue;
		int result = replace_rule(handle, &rules[i]);
		if (result != 0)
			return result;
		changed = true;
	}
	return changed ? commit_rules(handle, rules, count) : 0;
}

/* True if the kernel just does not have what was asked for. */
static bool is_absence(int error)
{
	return error == ENOENT || error == ENOPROTOOPT || error == EPROTONOSUPPORT ||
	       error == EAFNOSUPPORT;
}

static int ask_kernel(int socket, int option, void *answer, socklen_t size, bool *has)
{
	int error = EEXIST;

	/* As in legacy_handle.c. */
	for (int attempt = 0; error == EEXIST && attempt < OPEN_ATTEMPTS; attempt++)
		error = getsockopt(socket, SOCKET_LEVEL, option, answer, &size) == 0 ? 0 : errno;
	*has = error == 0;
	return error == 0 || is_absence(error) ? 0 : -error;
}

/* True if the target is registered: built in, or loaded. */
static bool has_target(void)
{
	CLEANUP(cleanup_file) FILE *file = fopen(TARGETS, "re");

	return has_line(file, TARGET "\n");
}

/* True if the kernel has this, or would load it, or does by what else is known of it. */
static bool is_available(enum look_module module, bool otherwise)
{
	enum module_state state = look_module(module);

	return state == MODULE_UNKNOWN ? otherwise
				       : state == MODULE_PRESENT || state == MODULE_LOADABLE;
}

/*
 * Without bringing the table into use. The list of tables is there if ip_tables is, which the
 * kernel does not load for us.
 *
 * A kernel may have its modules built in and no list of them. Its mangle table is then known only
 * once it is in use; before, it is supposed that a kernel with the target has it as well, for the
 * target depends on either family's mangle table or on nft_compat [linux net/netfilter/Kconfig].
 * So one that has it for the other family only, or for nft_compat, is not told.
 */
static int look_at_support(struct rule_support *support)
{
	CLEANUP(cleanup_file) FILE *tables = fopen(TABLES_IN_USE, "re");
	int error = tables ? 0 : errno;

	*support = (struct rule_support){.in_use = has_line(tables, TABLE "\n")};
	support->target = is_available(LOOK_XT_CHECKSUM, has_target());
	bool has_table = support->in_use || is_available(TABLE_MODULE, support->target);
	support->table = tables && has_table;
	support->loadable = !tables && has_table && look_module(TABLES_MODULE) == MODULE_LOADABLE;
	return error == ENOENT ? 0 : -error;
}

static int read_support(struct rule_support *support)
{
	if (look_only())
		return look_at_support(support);
	xt_getinfo table = {.name = TABLE};
	struct xt_get_revision target = {.name = TARGET, .revision = 0};
	CLEANUP(cleanup_fd) int fd = socket(SOCKET_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*support = (struct rule_support){.in_use = is_in_use()};
	if (fd < 0)
		return is_absence(errno) ? 0 : -errno;
	int result = ask_kernel(fd, GET_INFO, &table, sizeof(table), &support->table);
	if (result == 0 && support->table)
		result = ask_kernel(
			fd, GET_REVISION_TARGET, &target, sizeof(target), &support->target);
	return result;
}

const struct legacy_table LEGACY_TABLE = {
	.is_in_use = is_in_use,
	.support = read_support,
	.read = read_rules,
	.list = list_rules,
	.change = change_rules,
};
