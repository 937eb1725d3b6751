// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules of nftables, those that iptables-nft made among them, as libnftables writes them. */
#ifndef VIRT_NETBOOT_RULESET_H
#define VIRT_NETBOOT_RULESET_H

#include "firewall.h"

#include <json-c/json.h>

/* A set or map with a name. */
struct named_set {
	enum firewall_family family;
	const char *table;
	const char *name;
	struct json_object *elements; /* or NULL */
};

struct named_sets {
	struct named_set *list;
	size_t count;
};

/* The one that "@NAME" means in a chain, or NULL. */
const struct named_set *named_set_find(
	const struct named_sets *sets, const struct firewall_chain *chain, const char *reference);

/* A member of an object, or NULL; also if @object is none. */
struct json_object *json_member(struct json_object *object, const char *name);

/* The same as text, or NULL. */
const char *json_text(struct json_object *object, const char *name);

/**
 * ruleset_parse() - add what the JSON of `nft list ruleset` says
 * @terse:	it was written without the elements of named sets
 *
 * Return: 0; -EPROTO if it is none; or -EAGAIN if it is terse and there are sets whose elements
 * matter, with nothing added.
 */
int ruleset_parse(struct firewall_facts *facts, const char *text, size_t length, bool terse);

/* Add the rules of this host. Return: 0, also if the kernel has no nf_tables; or a negative errno,
 * after a message if it is not -EPERM. */
int ruleset_read(struct firewall_facts *facts);

#endif
