// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The kernel holds a legacy table as one block: a chain is a run of entries, an entry is
 *
 *     [ipt_entry][match]...[target]
 *
 * in one allocation, each part aligned and with its own size. libiptc reads the block, lets
 * chains be changed and replaces the block as a whole, so that a change is made completely or not
 * at all. Nothing protects two programs that do this at the same time but the lock that
 * iptables takes (checksum_iptables.c).
 *
 * Our rule, at the head of POSTROUTING, where no ACCEPT of somebody else's comes before it:
 *
 *     -o BRIDGE -p udp [-m udp --dport 68] -m comment --comment virt-netboot -j CHECKSUM
 *     --checksum-fill
 *
 * CHECKSUM lets the packet go on to the next rule [linux net/netfilter/xt_CHECKSUM.c,
 * XT_CONTINUE], so that it changes nothing for the rules that follow. The comment is the sign by
 * which a rule is ours.
 */
#include "legacy_table.h"

#include "alloc.h"
#include "cleanup.h"

#include <errno.h>
#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_comment.h>
#include <net/if.h> /* before libiptc, which needs it and does not include it */
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#ifdef LEGACY_IPV6
#include <libiptc/libip6tc.h>
#define TABLES_IN_USE "/proc/net/ip6_tables_names"
#define SOCKET_FAMILY AF_INET6
#define SOCKET_LEVEL IPPROTO_IPV6
#define GET_INFO IP6T_SO_GET_INFO
#define GET_REVISION_TARGET IP6T_SO_GET_REVISION_TARGET
#define DHCP_CLIENT_PORT 546
#define LEGACY_TABLE legacy_table6
#define XTC(name) ip6tc_##name
#define ip_part ipv6
typedef struct ip6t_entry xt_entry;
typedef struct ip6t_ip6 xt_ip;
typedef struct ip6t_getinfo xt_getinfo;
#else
#include <libiptc/libiptc.h>
#define TABLES_IN_USE "/proc/net/ip_tables_names"
#define SOCKET_FAMILY AF_INET
#define SOCKET_LEVEL IPPROTO_IP
#define GET_INFO IPT_SO_GET_INFO
#define GET_REVISION_TARGET IPT_SO_GET_REVISION_TARGET
#define DHCP_CLIENT_PORT 68
#define LEGACY_TABLE legacy_table4
#define XTC(name) iptc_##name
#define ip_part ip
typedef struct ipt_entry xt_entry;
typedef struct ipt_ip xt_ip;
typedef struct ipt_getinfo xt_getinfo;
#endif

#define TABLE "mangle"
#define NETWORK_COMMENT "virt-netboot"
#define GUEST_COMMENT "virt-netboot-guest"

/* How deep chains are followed from POSTROUTING; libvirt's is one deep. */
#define MAX_DEPTH 4

#define OPEN_ATTEMPTS 20

/* A chain's name in the buffer that libiptc's prototypes want. */
static const xt_chainlabel postrouting = "POSTROUTING";

static void cleanup_handle(struct xtc_handle **handle)
{
	if (*handle)
		XTC(free)(*handle);
}

/*
 * Open the table. Two programs that bring a table into use at the same time both try to register
 * it, and the kernel answers EEXIST to the later one, which finds it there at its next try [linux
 * net/netfilter/x_tables.c, xt_find_table_lock()].
 */
static struct xtc_handle *open_table(void)
{
	struct xtc_handle *handle = NULL;

	for (int attempt = 0; !handle && attempt < OPEN_ATTEMPTS; attempt++) {
		handle = XTC(init)(TABLE);
		if (!handle && errno != EEXIST)
			break;
	}
	return handle;
}

static const void *at(const void *base, size_t offset)
{
	return (const char *)base + offset;
}

/* True if the rule applies to every packet: no condition and no match. */
static bool is_unconditional(const xt_entry *entry)
{
	static const xt_ip none;

	/* Padding that somebody left dirty hides a rule from us, no more. */
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c)
	return memcmp(&entry->ip_part, &none, sizeof(none)) == 0 &&
	       entry->target_offset == sizeof(*entry);
}

/* True if the rule's conditions, matches aside, are at most an output device and protocol UDP. */
static bool is_for_udp(const xt_entry *entry)
{
	static const xt_ip none;
	xt_ip rest = entry->ip_part;

	if (rest.proto != 0 && rest.proto != IPPROTO_UDP)
		return false;
	rest.proto = 0;
#ifdef LEGACY_IPV6
	rest.flags &= (uint8_t)~IP6T_F_PROTO;
#endif
	memset(rest.outiface, 0, sizeof(rest.outiface));
	memset(rest.outiface_mask, 0, sizeof(rest.outiface_mask));
	// NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c): as above
	return memcmp(&rest, &none, sizeof(none)) == 0;
}

/* True if the rule is for packets that leave through @device, by name, by prefix or by any. */
static bool is_towards(const xt_entry *entry, const char *device)
{
	char name[IFNAMSIZ] = "";

	strncpy(name, device, sizeof(name) - 1);
	for (size_t i = 0; i < sizeof(name); i++) {
		if ((name[i] ^ entry->ip_part.outiface[i]) & entry->ip_part.outiface_mask[i])
			return false;
	}
	return true;
}

/* What a rule that fills checksums fills. */
struct fill_entry {
	enum fill_scope scope;
	bool ours;
	bool for_guests;
};

/* Narrow @fill by one match of the rule. */
static void read_match(const struct xt_entry_match *match, struct fill_entry *fill)
{
	if (strcmp(match->u.user.name, "comment") == 0) {
		const struct xt_comment_info *info = (const void *)match->data;
		fill->for_guests |= strcmp(info->comment, GUEST_COMMENT) == 0;
		fill->ours |= fill->for_guests || strcmp(info->comment, NETWORK_COMMENT) == 0;
		return;
	}
	const struct xt_udp *udp = (const void *)match->data;
	if (strcmp(match->u.user.name, "udp") != 0 || udp->invflags != 0 || udp->spts[0] != 0 ||
		udp->spts[1] != UINT16_MAX || udp->dpts[0] > DHCP_CLIENT_PORT ||
		udp->dpts[1] < DHCP_CLIENT_PORT)
		fill->scope = FILL_NONE;
	else if (udp->dpts[0] != 0 || udp->dpts[1] != UINT16_MAX)
		fill->scope = FILL_DHCP;
}

static struct fill_entry read_entry(const xt_entry *entry)
{
	const struct xt_entry_target *target = at(entry, entry->target_offset);
	const struct xt_CHECKSUM_info *info = (const void *)target->data;
	struct fill_entry fill = {.scope = FILL_UDP};

	if (strcmp(target->u.user.name, "CHECKSUM") != 0 ||
		!(info->operation & XT_CHECKSUM_OP_FILL) || !is_for_udp(entry))
		return (struct fill_entry){.scope = FILL_NONE};
	for (size_t offset = sizeof(*entry); offset < entry->target_offset && fill.scope;) {
		const struct xt_entry_match *match = at(entry, offset);
		read_match(match, &fill);
		offset += match->u.match_size;
	}
	return fill;
}

static void widen(enum fill_scope *scope, enum fill_scope other)
{
	if (*scope < other)
		*scope = other;
}

/* True if it is our rule towards @bridge and nothing else: "br+" with our comment is not. */
static bool is_ours(const xt_entry *entry, struct fill_entry fill, const char *bridge)
{
	size_t end = strlen(bridge);

	return fill.ours && strcmp(entry->ip_part.outiface, bridge) == 0 &&
	       entry->ip_part.outiface_mask[end] == 0xff;
}

static void note(const xt_entry *entry, struct fill_rule *rules, size_t count)
{
	struct fill_entry fill = read_entry(entry);

	for (size_t i = 0; i < count && fill.scope != FILL_NONE; i++) {
		struct fill_state *state = &rules[i].state;
		if (is_ours(entry, fill, rules[i].bridge))
			widen(&state->ours, fill.scope);
		else if (is_towards(entry, rules[i].bridge))
			widen(&state->others, fill.scope);
	}
}

/* The rules of a chain. */
struct chain {
	const xt_entry **entries;
	size_t count;
};

static void cleanup_chain(struct chain *chain)
{
	free(chain->entries);
}

/*
 * Read a chain to its end. libiptc has one iterator for all chains of a table: who reads a second
 * chain meanwhile has lost the place in the first [iptables libiptc/libiptc.c, TC_NEXT_RULE()].
 */
static struct chain read_chain(struct xtc_handle *handle, const char *name)
{
	struct chain chain = {0};
	const xt_entry *entry = XTC(first_rule)(name, handle);

	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		chain.entries =
			alloc_one_more(chain.entries, chain.count, sizeof(const xt_entry *));
		chain.entries[chain.count++] = entry;
	}
	return chain;
}

static bool is_final(const char *target)
{
	return strcmp(target, "ACCEPT") == 0 || strcmp(target, "DROP") == 0 ||
	       strcmp(target, "QUEUE") == 0;
}

/*
 * Note every rule that a packet reaches without any condition on the way. Return: true if no packet
 * comes back from this chain.
 */
// NOLINTNEXTLINE(misc-no-recursion): MAX_DEPTH bounds it
static bool walk(struct xtc_handle *handle, const char *name, unsigned int depth,
	struct fill_rule *rules, size_t count)
{
	CLEANUP(cleanup_chain) struct chain chain = read_chain(handle, name);

	for (size_t i = 0; i < chain.count; i++) {
		note(chain.entries[i], rules, count);
		if (!is_unconditional(chain.entries[i]))
			continue;
		const char *target = XTC(get_target)(chain.entries[i], handle);
		if (strcmp(target, "RETURN") == 0)
			return false;
		if (is_final(target))
			return true;
		if (depth < MAX_DEPTH && XTC(is_chain)(target, handle) &&
			walk(handle, target, depth + 1, rules, count))
			return true;
	}
	return false;
}

/* True if the table is in use in this network namespace: asking libiptc would bring it into use. */
static bool is_in_use(void)
{
	CLEANUP(cleanup_file) FILE *file = fopen(TABLES_IN_USE, "re");
	char name[XT_TABLE_MAXNAMELEN + 2];

	while (file && fgets(name, sizeof(name), file)) {
		if (strcmp(name, TABLE "\n") == 0)
			return true;
	}
	return false;
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
		struct fill_entry fill = read_entry(entry);
		if (!is_ours(entry, fill, bridge))
			continue;
		found = i;
		state->rules++;
		state->for_guests = state->for_guests && fill.for_guests;
	}
	return found;
}

static void read_state(struct xtc_handle *handle, struct fill_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		rules[i].state = (struct fill_state){0};
		find_ours(handle, rules[i].bridge, &rules[i].state);
	}
	walk(handle, postrouting, 1, rules, count);
}

static int look(struct fill_rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rules[i].state = (struct fill_state){0};
	if (!is_in_use())
		return 0;
	CLEANUP(cleanup_handle) struct xtc_handle *handle = open_table();
	if (!handle)
		return -errno;
	read_state(handle, rules, count);
	return 0;
}

/* Two rules towards one bridge are in the list twice. */
static int list(struct fill_rule **rules, size_t *count)
{
	*rules = NULL;
	*count = 0;
	if (!is_in_use())
		return 0;
	CLEANUP(cleanup_handle) struct xtc_handle *handle = open_table();
	if (!handle)
		return -errno;
	const xt_entry *entry = XTC(first_rule)(postrouting, handle);
	for (; entry; entry = XTC(next_rule)(entry, handle)) {
		struct fill_rule rule = {.scope = FILL_NONE};
		memcpy(rule.bridge, entry->ip_part.outiface, IFNAME_SIZE - 1);
		if (!is_ours(entry, read_entry(entry), rule.bridge))
			continue;
		*rules = alloc_one_more(*rules, *count, sizeof(rule));
		(*rules)[(*count)++] = rule;
	}
	return 0;
}

static size_t part_size(size_t header, size_t data)
{
	return XT_ALIGN(header) + XT_ALIGN(data);
}

static size_t put_match(
	char *buffer, size_t offset, const char *name, const void *data, size_t size)
{
	struct xt_entry_match *match = (void *)(buffer + offset);

	match->u.match_size = (uint16_t)part_size(sizeof(*match), size);
	snprintf(match->u.user.name, sizeof(match->u.user.name), "%s", name);
	memcpy(match->data, data, size);
	return offset + match->u.match_size;
}

static size_t put_target(char *buffer, size_t offset)
{
	const struct xt_CHECKSUM_info fill = {.operation = XT_CHECKSUM_OP_FILL};
	struct xt_entry_target *target = (void *)(buffer + offset);

	target->u.target_size = (uint16_t)part_size(sizeof(*target), sizeof(fill));
	snprintf(target->u.user.name, sizeof(target->u.user.name), "CHECKSUM");
	memcpy(target->data, &fill, sizeof(fill));
	return offset + target->u.target_size;
}

/* Large enough for our rule, aligned for its parts. */
union rule_buffer {
	xt_entry entry;
	char bytes[1024];
};

/* A network's rule stays one if it is made wider for a guest. */
static bool is_for_guests(const struct fill_rule *rule)
{
	return rule->for_guests && (rule->state.rules == 0 || rule->state.for_guests);
}

static void build_rule(union rule_buffer *buffer, const struct fill_rule *rule)
{
	const struct xt_udp dhcp = {
		.spts = {0, UINT16_MAX}, .dpts = {DHCP_CLIENT_PORT, DHCP_CLIENT_PORT}};
	const struct xt_comment_info network = {.comment = NETWORK_COMMENT};
	const struct xt_comment_info guest = {.comment = GUEST_COMMENT};
	xt_entry *entry = &buffer->entry;
	size_t offset = sizeof(*entry);

	memset(buffer, 0, sizeof(*buffer));
	entry->ip_part.proto = IPPROTO_UDP;
#ifdef LEGACY_IPV6
	entry->ip_part.flags = IP6T_F_PROTO;
#endif
	memcpy(entry->ip_part.outiface, rule->bridge, IFNAME_SIZE);
	/* The whole name with its NUL, so that br0 is not br01 too. */
	memset(entry->ip_part.outiface_mask, 0xff, strlen(rule->bridge) + 1);
	if (rule->scope == FILL_DHCP)
		offset = put_match(buffer->bytes, offset, "udp", &dhcp, sizeof(dhcp));
	offset = put_match(buffer->bytes, offset, "comment",
		is_for_guests(rule) ? &guest : &network, sizeof(guest));
	entry->target_offset = (uint16_t)offset;
	entry->next_offset = (uint16_t)put_target(buffer->bytes, offset);
}

/* Take our rules towards the bridge out and put the wanted one in. */
static int change_one(struct xtc_handle *handle, const struct fill_rule *rule)
{
	union rule_buffer buffer;
	struct fill_state state;
	int number;

	while ((number = find_ours(handle, rule->bridge, &state)) >= 0) {
		if (!XTC(delete_num_entry)(postrouting, (unsigned int)number, handle))
			return -errno;
	}
	if (rule->scope == FILL_NONE)
		return 0;
	build_rule(&buffer, rule);
	return XTC(insert_entry)(postrouting, &buffer.entry, 0, handle) ? 0 : -errno;
}

static int change(struct fill_rule *rules, size_t count)
{
	CLEANUP(cleanup_handle) struct xtc_handle *handle = open_table();
	bool changed = false;

	if (!handle)
		return -errno;
	read_state(handle, rules, count);
	for (size_t i = 0; i < count; i++) {
		if (fill_is_as_wanted(&rules[i]))
			continue;
		int result = change_one(handle, &rules[i]);
		if (result != 0)
			return result;
		changed = true;
	}
	return !changed || XTC(commit)(handle) ? 0 : -errno;
}

/* True if the kernel just does not have what was asked for. */
static bool is_absence(int error)
{
	return error == ENOENT || error == ENOPROTOOPT || error == EPROTONOSUPPORT ||
	       error == EAFNOSUPPORT;
}

static int ask(int socket, int option, void *answer, socklen_t size, bool *has)
{
	int error = EEXIST;

	/* As in open_table(). */
	for (int attempt = 0; error == EEXIST && attempt < OPEN_ATTEMPTS; attempt++)
		error = getsockopt(socket, SOCKET_LEVEL, option, answer, &size) == 0 ? 0 : errno;
	*has = error == 0;
	return error == 0 || is_absence(error) ? 0 : -error;
}

static int support(struct fill_support *support)
{
	xt_getinfo table = {.name = TABLE};
	struct xt_get_revision target = {.name = "CHECKSUM", .revision = 0};
	CLEANUP(cleanup_fd) int fd = socket(SOCKET_FAMILY, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*support = (struct fill_support){.in_use = is_in_use()};
	if (fd < 0)
		return is_absence(errno) ? 0 : -errno;
	int result = ask(fd, GET_INFO, &table, sizeof(table), &support->table);
	if (result == 0 && support->table)
		result = ask(fd, GET_REVISION_TARGET, &target, sizeof(target), &support->target);
	return result;
}

const struct legacy_table LEGACY_TABLE = {
	.is_in_use = is_in_use,
	.support = support,
	.look = look,
	.list = list,
	.change = change,
};
