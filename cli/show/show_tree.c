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
	bool drawn;
};

struct tree {
	struct node *nodes;  /* by ifindex */
	struct node **order; /* by owner, then by name */
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

static int compare_order(const void *first, const void *second)
{
	const struct node *one = *(struct node *const *)first;
	const struct node *other = *(struct node *const *)second;

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

static struct node *find_index(const struct tree *tree, unsigned int ifindex)
{
	const struct show_device wanted = {.link.bridge.ifindex = ifindex};
	const struct node key = {.device = &wanted};

	return bsearch(&key, tree->nodes, tree->count, sizeof(*tree->nodes), compare_indexes);
}

static bool is_switch(const struct show_device *device)
{
	return device->link.bridge.kind == BRIDGE_LINUX ||
	       device->link.bridge.kind == BRIDGE_OPENVSWITCH;
}

/* What is on a bridge is drawn there, also if it has a parent device. */
static unsigned int owner_of(const struct tree *tree, const struct link_facts *link)
{
	const struct node *master = find_index(tree, link->master);

	if (master && is_switch(master->device))
		return link->master;
	return find_index(tree, link->parent) ? link->parent : 0;
}

/* A device is drawn if it is wanted, or something that it is on, or something that is on it. */
static void mark_drawn(const struct tree *tree, struct node *node)
{
	bool below = false;
	struct node *at = node;

	for (unsigned int depth = 0; at && depth <= DEPTH_MAX; depth++) {
		below = below || at->device->wanted;
		at->drawn = at->drawn || node->device->wanted;
		at = at->owner ? find_index(tree, at->owner) : NULL;
	}
	node->drawn = node->drawn || below;
}

static void cleanup_tree(struct tree *tree)
{
	free(tree->nodes);
	free(tree->order);
}

static void make_tree(const struct show_facts *facts, struct tree *tree)
{
	tree->count = facts->count;
	tree->nodes = alloc_array(facts->count, sizeof(*tree->nodes));
	tree->order = alloc_array(facts->count, sizeof(struct node *));
	for (size_t i = 0; i < facts->count; i++)
		tree->nodes[i].device = &facts->devices[i];
	qsort(tree->nodes, tree->count, sizeof(*tree->nodes), compare_indexes);
	for (size_t i = 0; i < tree->count; i++) {
		tree->nodes[i].owner = owner_of(tree, &tree->nodes[i].device->link);
		tree->order[i] = &tree->nodes[i];
	}
	for (size_t i = 0; i < tree->count; i++)
		mark_drawn(tree, &tree->nodes[i]);
	qsort(tree->order, tree->count, sizeof(struct node *), compare_order);
}

/* Where in the order those begin that are on a device. */
static size_t first_on(const struct tree *tree, unsigned int owner)
{
	size_t first = 0;
	size_t end = tree->count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;
		if (tree->order[middle]->owner < owner)
			first = middle + 1;
		else
			end = middle;
	}
	return first;
}

/* The node there, if it is on that device; or NULL. */
static const struct node *node_on(const struct tree *tree, size_t place, unsigned int owner)
{
	return place < tree->count && tree->order[place]->owner == owner ? tree->order[place]
									 : NULL;
}

static void add_row(const struct show_facts *facts, struct show_rows *rows,
	const struct show_device *device, const struct show_device *bridge, unsigned int depth)
{
	rows->rows = alloc_one_more(rows->rows, rows->count, sizeof(*rows->rows));
	struct show_row *row = &rows->rows[rows->count++];
	row->depth = depth;
	row->cells[SHOW_NAME] = alloc_copy(device->link.bridge.name);
	row->cells[SHOW_WHO] = show_cell_who(facts, device);
	row->cells[SHOW_STATE] = show_cell_state(device, bridge);
	row->cells[SHOW_CHECKSUM] = show_cell_checksum(facts, device, bridge);
	row->cells[SHOW_LIMIT] = show_cell_limit(device);
}

/* Where the drawing has come to on each device that it is on. */
struct path {
	const struct show_device *devices[DEPTH_MAX + 1];
	size_t places[DEPTH_MAX + 1];
	unsigned int depth;
};

/* The next node in the order of the picture; NULL at the end. */
static const struct node *next_node(const struct tree *tree, struct path *path)
{
	for (;;) {
		const struct show_device *owner = path->devices[path->depth];
		const struct node *node = node_on(
			tree, path->places[path->depth]++, owner ? owner->link.bridge.ifindex : 0);
		if (node || path->depth == 0)
			return node;
		path->depth--;
	}
}

static void enter(const struct tree *tree, struct path *path, const struct show_device *device)
{
	if (path->depth == DEPTH_MAX)
		return;
	path->depth++;
	path->devices[path->depth] = device;
	path->places[path->depth] = first_on(tree, device->link.bridge.ifindex);
}

/* What is on nothing itself is drawn if something is on it, or could be. */
static bool is_root(const struct tree *tree, const struct show_device *device)
{
	unsigned int ifindex = device->link.bridge.ifindex;

	return is_switch(device) || node_on(tree, first_on(tree, ifindex), ifindex);
}

void show_tree(const struct show_facts *facts, struct show_rows *rows)
{
	CLEANUP(cleanup_tree) struct tree tree = {0};
	struct path path = {0};
	const struct node *node;

	make_tree(facts, &tree);
	while ((node = next_node(&tree, &path)) != NULL) {
		if (!node->drawn || (path.depth == 0 && !is_root(&tree, node->device)))
			continue;
		add_row(facts, rows, node->device, path.devices[path.depth], path.depth);
		enter(&tree, &path, node->device);
	}
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
