// SPDX-License-Identifier: GPL-2.0-or-later
#include "show_tree.h"

#include "alloc.h"
#include "cleanup.h"
#include "show_cells.h"

#include <string.h>

/* A macvtap's parent device may be on something itself, and so on; the kernel allows 8 [linux
 * include/linux/netdevice.h, MAX_NEST_DEV]. */
#define DEPTH_MAX 8

/* A device and what it is on. */
struct node {
	const struct show_device *device;
	unsigned int owner; /* ifindex of the bridge or parent device; 0: it is on nothing */
};

struct nodes {
	struct node *nodes;
	size_t count;
};

/* vnet2 before vnet10: a number counts as a whole. */
static int compare_names(const char *one, const char *other)
{
	static const char digits[] = "0123456789";

	while (*one && *other) {
		size_t length = strspn(one, digits);
		size_t other_length = strspn(other, digits);
		if (length != other_length && length > 0 && other_length > 0 && *one != '0' &&
			*other != '0')
			return length < other_length ? -1 : 1;
		if (*one != *other)
			return (unsigned char)*one < (unsigned char)*other ? -1 : 1;
		one++;
		other++;
	}
	return (*one != '\0') - (*other != '\0');
}

static int compare_nodes(const void *first, const void *second)
{
	const struct node *one = first;
	const struct node *other = second;

	if (one->owner != other->owner)
		return one->owner < other->owner ? -1 : 1;
	return compare_names(one->device->link.bridge.name, other->device->link.bridge.name);
}

static int compare_indexes(const void *first, const void *second)
{
	unsigned int one = ((const struct node *)first)->device->link.bridge.ifindex;
	unsigned int other = ((const struct node *)second)->device->link.bridge.ifindex;

	return (one > other) - (one < other);
}

static const struct show_device *find_index(const struct nodes *by_index, unsigned int ifindex)
{
	const struct show_device wanted = {.link.bridge.ifindex = ifindex};
	const struct node key = {.device = &wanted};
	const struct node *found = bsearch(
		&key, by_index->nodes, by_index->count, sizeof(*by_index->nodes), compare_indexes);

	return found ? found->device : NULL;
}

static bool is_switch(const struct show_device *device)
{
	return device && (device->link.bridge.kind == BRIDGE_LINUX ||
				 device->link.bridge.kind == BRIDGE_OPENVSWITCH);
}

/* What is on a bridge is drawn there, also if it has a parent device. */
static unsigned int owner_of(const struct nodes *by_index, const struct link_facts *link)
{
	if (is_switch(find_index(by_index, link->master)))
		return link->master;
	return find_index(by_index, link->parent) ? link->parent : 0;
}

static void cleanup_nodes(struct nodes *nodes)
{
	free(nodes->nodes);
}

static void make_nodes(const struct show_facts *facts, struct nodes *nodes)
{
	CLEANUP(cleanup_nodes) struct nodes by_index = {0};

	by_index.nodes = alloc_array(facts->count, sizeof(*by_index.nodes));
	by_index.count = nodes->count = facts->count;
	for (size_t i = 0; i < facts->count; i++)
		by_index.nodes[i].device = &facts->devices[i];
	qsort(by_index.nodes, by_index.count, sizeof(*by_index.nodes), compare_indexes);
	nodes->nodes = alloc_array(facts->count, sizeof(*nodes->nodes));
	for (size_t i = 0; i < facts->count; i++) {
		nodes->nodes[i].device = &facts->devices[i];
		nodes->nodes[i].owner = owner_of(&by_index, &facts->devices[i].link);
	}
	qsort(nodes->nodes, nodes->count, sizeof(*nodes->nodes), compare_nodes);
}

/* The first of what is on a device; the others follow. */
static const struct node *first_on(const struct nodes *nodes, unsigned int owner)
{
	size_t first = 0;
	size_t end = nodes->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (nodes->nodes[middle].owner < owner)
			first = middle + 1;
		else
			end = middle;
	}
	return &nodes->nodes[first];
}

static bool is_on(const struct nodes *nodes, const struct node *node, unsigned int owner)
{
	return node < nodes->nodes + nodes->count && node->owner == owner;
}

/* What is being drawn. */
struct drawing {
	const struct show_facts *facts;
	struct nodes nodes;
	struct show_rows *rows;
};

static void add_row(struct drawing *drawing, const struct show_device *device,
	const struct show_device *bridge, unsigned int depth)
{
	struct show_rows *rows = drawing->rows;

	rows->rows = alloc_one_more(rows->rows, rows->count, sizeof(*rows->rows));
	struct show_row *row = &rows->rows[rows->count++];
	row->depth = depth;
	row->cells[SHOW_NAME] = alloc_copy(device->link.bridge.name);
	row->cells[SHOW_WHO] = show_cell_who(drawing->facts, device);
	row->cells[SHOW_STATE] = show_cell_state(device, bridge);
	row->cells[SHOW_CHECKSUM] = show_cell_checksum(drawing->facts, device, bridge);
	row->cells[SHOW_LIMIT] = show_cell_limit(device);
}

static bool has_wanted(const struct nodes *nodes, unsigned int owner, unsigned int depth)
{
	const struct node *node = first_on(nodes, owner);

	for (; depth < DEPTH_MAX && is_on(nodes, node, owner); node++) {
		if (node->device->wanted ||
			has_wanted(nodes, node->device->link.bridge.ifindex, depth + 1))
			return true;
	}
	return false;
}

/* A device, and what is on it: all, or what is wanted itself. */
static void draw(struct drawing *drawing, const struct show_device *device,
	const struct show_device *below, bool all, unsigned int depth)
{
	unsigned int ifindex = device->link.bridge.ifindex;
	const struct node *node = first_on(&drawing->nodes, ifindex);

	all = all || device->wanted;
	if (depth > DEPTH_MAX || (!all && !has_wanted(&drawing->nodes, ifindex, depth)))
		return;
	add_row(drawing, device, below, depth);
	for (; is_on(&drawing->nodes, node, ifindex); node++)
		draw(drawing, node->device, device, all, depth + 1);
}

/* Of what is on nothing, only what something is on, or could be. */
void show_tree(const struct show_facts *facts, struct show_rows *rows)
{
	struct drawing drawing = {.facts = facts, .rows = rows};

	make_nodes(facts, &drawing.nodes);
	for (const struct node *node = drawing.nodes.nodes; is_on(&drawing.nodes, node, 0);
		node++) {
		unsigned int ifindex = node->device->link.bridge.ifindex;
		if (is_switch(node->device) ||
			is_on(&drawing.nodes, first_on(&drawing.nodes, ifindex), ifindex))
			draw(&drawing, node->device, NULL, false, 0);
	}
	cleanup_nodes(&drawing.nodes);
}

static bool is_called(const struct show_facts *facts, const char *device, const char *name)
{
	const struct show_name *found = show_names_find(&facts->names, device);
	const struct show_name *end = facts->names.names + facts->names.count;

	for (; found && found < end && strcmp(found->device, device) == 0; found++) {
		if ((found->guest && strcmp(found->guest, name) == 0) ||
			(found->network && strcmp(found->network, name) == 0))
			return true;
	}
	return false;
}

bool show_want(struct show_facts *facts, const char *name)
{
	bool any = !name;

	for (size_t i = 0; i < facts->count; i++) {
		struct show_device *device = &facts->devices[i];
		device->wanted = !name || strcmp(device->link.bridge.name, name) == 0 ||
				 is_called(facts, device->link.bridge.name, name);
		any = any || device->wanted;
	}
	return any;
}

bool show_is_waiting(const struct show_facts *facts)
{
	for (size_t i = 0; i < facts->count; i++) {
		if (facts->devices[i].link.port.bridge != 0 &&
			port_is_held(&facts->devices[i].link.port))
			return true;
	}
	return false;
}
