// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * libiptc trusts the kernel's tables, and the kernel accepts none that is inconsistent [linux
 * net/ipv4/netfilter/ip_tables.c, translate_table()]. So sizes and offsets are cut to what fits,
 * and each chain gets its end; a table that the kernel has sent stays as it is.
 *
 * A jump is to the chain of that number, counted from the first one that is not the kernel's.
 */
#include "legacy_blob.h"

#include "fuzz.h"

#include <linux/netfilter.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#ifdef LEGACY_IPV6
typedef struct ip6t_getinfo xt_getinfo;
typedef struct ip6t_get_entries xt_get_entries;
#else
typedef struct ipt_getinfo xt_getinfo;
typedef struct ipt_get_entries xt_get_entries;
#endif

#define ENTRIES_MAX 64
#define BYTES_MAX 32768

#define PART sizeof(struct xt_entry_match)
#define VERDICT XT_ALIGN(sizeof(struct xt_standard_target))
#define HEAD XT_ALIGN(sizeof(struct xt_error_target))

/* A struct xt_get_entries, whose entries these are. */
#define HEADER_SIZE offsetof(xt_get_entries, entrytable)
static _Alignas(xt_get_entries) char block[HEADER_SIZE + BYTES_MAX];
static char *const entries = block + HEADER_SIZE;

static xt_getinfo info;
static size_t chains[ENTRIES_MAX];
static size_t chain_count;

/* A multiple of what parts are aligned to, from @least to @most, which both are. */
static size_t fitting(size_t size, size_t least, size_t most)
{
	size_t aligned = size & ~(size_t)(XT_ALIGN(1) - 1);

	return aligned < least ? least : aligned > most ? most : aligned;
}

static xt_entry *new_entry(const void *data, size_t size)
{
	xt_entry *entry = (void *)(entries + info.size);

	if (data)
		memcpy(entry, data, size);
	else
		memset(entry, 0, size);
	entry->next_offset = (uint16_t)size;
	info.size += (unsigned int)size;
	info.num_entries++;
	return entry;
}

static void put_verdict(int verdict)
{
	xt_entry *entry = new_entry(NULL, sizeof(*entry) + VERDICT);
	struct xt_standard_target *target = (void *)(entry + 1);

	entry->target_offset = sizeof(*entry);
	target->target.u.target_size = VERDICT;
	target->verdict = verdict;
}

static void put_head(const char *name)
{
	xt_entry *entry = new_entry(NULL, sizeof(*entry) + HEAD);
	struct xt_error_target *target = (void *)(entry + 1);

	entry->target_offset = sizeof(*entry);
	target->target.u.target_size = HEAD;
	memcpy(target->target.u.user.name, "ERROR", sizeof("ERROR"));
	memcpy(target->errorname, name, strnlen(name, sizeof(target->errorname) - 1));
}

/* Return: where the target begins. */
static size_t fit_matches(xt_entry *entry, size_t end)
{
	size_t offset = sizeof(*entry);

	while (offset + PART <= end) {
		struct xt_entry_match *match = (void *)((char *)entry + offset);
		match->u.match_size = (uint16_t)fitting(match->u.match_size, PART, end - offset);
		match->u.user.name[sizeof(match->u.user.name) - 1] = '\0';
		offset += match->u.match_size;
	}
	return offset;
}

static int fitting_verdict(int verdict)
{
	bool known = verdict >= 0 || verdict == XT_RETURN || verdict == -NF_DROP - 1 ||
		     verdict == -NF_QUEUE - 1;

	return known ? verdict : -NF_ACCEPT - 1;
}

/* One that jumps gets its chain's place when all are known. To libiptc any with the target ERROR is
 * a chain's head. */
static void fit_target(xt_entry *entry)
{
	struct xt_standard_target *target = (void *)((char *)entry + entry->target_offset);
	size_t size = entry->next_offset - entry->target_offset;

	target->target.u.user.name[sizeof(target->target.u.user.name) - 1] = '\0';
	target->target.u.target_size = (uint16_t)size;
	if (strcmp(target->target.u.user.name, "ERROR") == 0)
		target->target.u.user.name[0] = 'e';
	if (*target->target.u.user.name)
		return;
	info.size -= (unsigned int)(size - VERDICT);
	entry->next_offset = (uint16_t)(entry->target_offset + VERDICT);
	target->target.u.target_size = VERDICT;
	target->verdict = fitting_verdict(target->verdict);
}

static bool is_head(const uint8_t *data, size_t size)
{
	struct xt_entry_target target;

	if (size < sizeof(xt_entry) + HEAD)
		return false;
	memcpy(&target, data + sizeof(xt_entry), sizeof(target));
	return memcmp(target.u.user.name, "ERROR", sizeof("ERROR")) == 0;
}

/* Return: how many bytes were used. */
static size_t put_chain(const uint8_t *data)
{
	char name[XT_FUNCTION_MAXNAMELEN] = "";

	memcpy(name, data + sizeof(xt_entry) + offsetof(struct xt_error_target, errorname),
		sizeof(name) - 1);
	put_verdict(chain_count == 0 ? -NF_ACCEPT - 1 : XT_RETURN);
	if (chain_count == 0)
		info.underflow[NF_INET_POST_ROUTING] = info.size - sizeof(xt_entry) - VERDICT;
	put_head(name);
	chains[chain_count++] = info.size;
	return sizeof(xt_entry) + HEAD;
}

static size_t put_rule(const uint8_t *data, size_t size)
{
	xt_entry entry;

	memcpy(&entry, data, sizeof(entry));
	size_t next = fitting(entry.next_offset, sizeof(entry) + VERDICT, fitting(size, 0, size));
	size_t target = fitting(entry.target_offset, sizeof(entry), next - VERDICT);
	xt_entry *copy = new_entry(data, next);
	copy->target_offset = (uint16_t)fit_matches(copy, target);
	fit_target(copy);
	return copy->next_offset;
}

static void put_entries(const uint8_t *data, size_t size)
{
	while (size >= sizeof(xt_entry) + VERDICT && info.num_entries < ENTRIES_MAX - 8 &&
		info.size + size + 1024 < BYTES_MAX) {
		size_t used = is_head(data, size) ? put_chain(data) : put_rule(data, size);
		data += used;
		size -= used;
	}
}

static void place_jumps(void)
{
	xt_entry *entry;

	for (size_t offset = 0; offset < info.size; offset += entry->next_offset) {
		entry = (void *)(entries + offset);
		struct xt_standard_target *target = (void *)((char *)entry + entry->target_offset);
		if (*target->target.u.user.name || target->verdict < 0)
			continue;
		target->verdict = chain_count > 0
					  ? (int)chains[(size_t)target->verdict % chain_count]
					  : -NF_ACCEPT - 1;
	}
}

void LEGACY(blob_put)(const uint8_t *data, size_t size)
{
	info = (xt_getinfo){.name = "mangle", .valid_hooks = 0x1f};
	chain_count = 0;
	for (unsigned int hook = 0; hook < NF_INET_POST_ROUTING; hook++) {
		info.hook_entry[hook] = info.underflow[hook] = info.size;
		put_verdict(-NF_ACCEPT - 1);
	}
	info.hook_entry[NF_INET_POST_ROUTING] = info.size;
	put_entries(data, size);
	put_verdict(chain_count == 0 ? -NF_ACCEPT - 1 : XT_RETURN);
	if (chain_count == 0)
		info.underflow[NF_INET_POST_ROUTING] = info.size - sizeof(xt_entry) - VERDICT;
	put_head("ERROR");
	place_jumps();
	const xt_get_entries header = {.name = "mangle", .size = info.size};
	memcpy(block, &header, HEADER_SIZE);
	kernel_table(&info, sizeof(info), block, HEADER_SIZE + info.size);
}
