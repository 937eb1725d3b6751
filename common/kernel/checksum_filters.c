// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filters of traffic control that fill checksums at one device.
 *
 * Theory of operation
 *
 * Whoever sends is met at his own device: a guest where its packets come in from its tap (ingress),
 * this host where its packets go out through a bridge (egress). All that goes to one guest can be
 * met at its own port as well: on its way out of a tap (egress), and on its way into a macvtap from
 * its lower device (ingress; what goes out of a macvtap is what the guest sends). The kernel
 * removes a filter together with its device.
 *
 * Filters hang on a qdisc that queues nothing: "clsact", or where ingress is enough, "ingress". A
 * device has room for one of the two. Where it can be it is "ingress", because that is what libvirt
 * takes away and makes anew for <bandwidth>, without a thought for what is there [libvirt
 * src/util/virnetdevbandwidth.c, virNetDevBandwidthClear()]. A qdisc that is there already is used
 * if it can be, and else nothing is done: nobody else's is replaced.
 *
 * The qdisc and the filters of both families are made by one sendmsg(2). Each that is there already
 * is refused (NLM_F_EXCL; a handle in use is ENOSPC), so that two hooks at once end with one of
 * each, and the filters of a wider scope are put beside that of the narrower. They are read back.
 *
 * Packets come to ours if nothing before may end their way (filters_before.h). Ours let all packets
 * go on, so that they may be before others' without harm to them: where one of those may end it,
 * ours have the priorities right before the first of others. Before priority 1, and before tcx
 * programs, nothing can be.
 */
#include "cleanup.h"
#include "filters_before.h"
#include "host.h"
#include "only_look.h"
#include "qdisc.h"
#include "rates.h"
#include "u32_csum.h"

#include <errno.h>
#include <string.h>

static const char *kind_of_qdisc(enum filter_hook hook)
{
	return hook == FILTER_EGRESS ? "clsact" : "ingress";
}

static bool is_usable(enum place place, enum filter_hook hook)
{
	return place == PLACE_FREE || place == PLACE_CLSACT ||
	       (place == PLACE_INGRESS && hook == FILTER_INGRESS);
}

static uint32_t parent_of(enum filter_hook hook)
{
	return hook == FILTER_EGRESS ? PARENT_EGRESS : PARENT_INGRESS;
}

/* A set of ours may be at more than one place while it is moved, or two hooks work at once. */
#define PLACES_MAX 3

/* What a device's filters come to. */
struct found {
	struct filter_state state;
	unsigned int ours[IP_FAMILIES];    /* a bit for each filter of ours */
	unsigned int reached[IP_FAMILIES]; /* likewise: those that packets come to */
	unsigned int places[PLACES_MAX];   /* the first priorities of ours, or 0 */
	unsigned int first_foreign;        /* the first priority of others, or 0 */
	bool shared;                       /* somebody else uses a priority of ours */
	bool foreign;                      /* there are filters of others */
	bool qdisc_is_ours;                /* one of ours says that it came with its qdisc */
};

/* The filter's bit. */
static unsigned int bit_of(bool tagged, unsigned int number)
{
	return 1U << (number + (tagged ? U32_CSUM_FILTERS : 0));
}

#define ALL_OURS ((1U << 2 * U32_CSUM_FILTERS) - 1)

/* The filters at one place, beside what was found at others. They come in the order in which
 * packets meet them [linux net/sched/cls_api.c, tcf_chain_dump()]. */
struct dump {
	unsigned int ifindex;
	uint32_t parent;
	struct found found;
	unsigned int priority; /* of the filter before, and */
	bool is_ours;          /* whether that is ours */
};

static void add_place(struct found *found, unsigned int first)
{
	for (size_t i = 0; i < PLACES_MAX; i++) {
		if (found->places[i] == 0 || found->places[i] == first) {
			found->places[i] = first;
			break;
		}
	}
}

static void add_ours(struct found *found, const struct u32_csum *filter)
{
	unsigned int bit = bit_of(filter->tagged, filter->number);

	found->ours[filter->family] |= bit;
	if (found->state.ending == 0)
		found->reached[filter->family] |= bit;
	found->qdisc_is_ours = found->qdisc_is_ours || filter->qdisc_is_ours;
	found->state.for_guests = found->state.for_guests || filter->for_guests;
	add_place(found, filter->first);
}

static void add_foreign(struct found *found, struct nlmsghdr *header, const struct u32_csum *filter)
{
	enum fill_scope *others = &found->state.others[filter->family];

	if (found->state.ending == 0 && !filter->tagged && filter->scope > *others)
		*others = filter->scope;
	found->foreign = true;
	if (found->state.police == 0)
		found->state.police = police_rate(header);
	if (found->first_foreign == 0)
		found->first_foreign = u32_csum_priority(header);
	if (found->state.ending == 0 && filter_may_end(header))
		found->state.ending = u32_csum_priority(header);
}

static int parse_filter(struct nlmsghdr *header, void *argument)
{
	struct dump *dump = argument;
	struct u32_csum filter;

	if (header->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	if (nlmsg_datalen(header) < (int)sizeof(struct tcmsg))
		return -EPROTO;
	if (u32_csum_is_table(header))
		return 0;
	(void)u32_csum_parse(header, &filter);
	if (filter.is_ours)
		add_ours(&dump->found, &filter);
	else
		add_foreign(&dump->found, header, &filter);
	if (u32_csum_priority(header) == dump->priority && filter.is_ours != dump->is_ours)
		dump->found.shared = true;
	dump->priority = u32_csum_priority(header);
	dump->is_ours = filter.is_ours;
	return 0;
}

static enum fill_scope scope_of_ours(unsigned int ours)
{
	const unsigned int dhcp = bit_of(false, 0) | bit_of(true, 0);

	if (ours == ALL_OURS)
		return FILL_UDP;
	return (ours & dhcp) == dhcp ? FILL_DHCP : FILL_NONE;
}

static struct nl_msg *filters_request(const void *argument)
{
	const struct dump *dump = argument;
	struct tcmsg filter = {.tcm_ifindex = (int)dump->ifindex, .tcm_parent = dump->parent};

	return netlink_request(RTM_GETTFILTER, NLM_F_REQUEST | NLM_F_DUMP, &filter, sizeof(filter));
}

static void reset_filters(void *argument)
{
	struct dump *dump = argument;

	dump->found = (struct found){0};
	dump->priority = 0;
}

/* What the filters at one place come to. */
static int dump_filters(unsigned int ifindex, uint32_t parent, struct found *found)
{
	struct dump dump = {.ifindex = ifindex, .parent = parent};
	int result =
		netlink_dump(NETLINK_ROUTE, filters_request, reset_filters, parse_filter, &dump);

	if (result == 0)
		*found = dump.found;
	return result;
}

/* True if ours can be before all of others'. */
static bool has_room(const struct found *found)
{
	return found->first_foreign > U32_CSUM_PRIORITIES;
}

static bool is_any(const unsigned int filters[IP_FAMILIES])
{
	return filters[IPV4] != 0 || filters[IPV6] != 0;
}

/* True if packets would not come to ours where they usually are. libvirt's police is behind that.
 */
static bool ends_before_usual_place(const struct found *found)
{
	unsigned int ending = found->state.ending;

	return ending != 0 && ending < U32_CSUM_PRIORITY + U32_CSUM_PRIORITIES;
}

/* How much ours come to, and whether packets come to them, or would. */
static void judge(struct found *found)
{
	struct filter_state *state = &found->state;
	bool hidden = ends_before_usual_place(found) && !is_any(found->ours);

	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		state->ours[family] = scope_of_ours(found->ours[family]);
		if (scope_of_ours(found->reached[family]) < state->ours[family])
			hidden = true;
		if (state->tcx_programs > 0)
			state->others[family] = FILL_NONE;
	}
	state->shadowed = state->tcx_programs > 0 || (hidden && !has_room(found));
	state->misplaced = hidden && has_room(found) && is_any(found->ours);
}

/* Filters of the root qdisc are met by what goes out, too, whatever the verdict before: libvirt's
 * own is there. */
static int add_root(unsigned int ifindex, struct filter_state *state)
{
	struct found root = {0};
	int result = dump_filters(ifindex, PARENT_ROOT, &root);

	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (root.state.others[family] > state->others[family])
			state->others[family] = root.state.others[family];
	}
	return result;
}

static int read_filters(
	unsigned int ifindex, enum filter_hook hook, enum place place, struct found *found)
{
	int result = 0;

	*found = (struct found){0};
	if (place != PLACE_FREE && is_usable(place, hook))
		result = dump_filters(ifindex, parent_of(hook), found);
	found->state.blocked = !is_usable(place, hook);
	found->state.tcx_programs = tcx_programs(ifindex, hook);
	judge(found);
	if (result == 0 && hook == FILTER_EGRESS)
		result = add_root(ifindex, &found->state);
	return result;
}

int host_filters_read(unsigned int ifindex, enum filter_hook hook, struct filter_state *state)
{
	struct found found = {0};
	enum place place;
	int result = qdisc_read_place(ifindex, &place);

	if (result == 0)
		result = read_filters(ifindex, hook, place, &found);
	*state = found.state;
	return result;
}

int host_filters_read_in(
	const struct qdisc_facts *qdisc, enum filter_hook hook, struct filter_state *state)
{
	enum place place = qdisc->clsact    ? PLACE_CLSACT
			   : qdisc->ingress ? PLACE_INGRESS
					    : PLACE_FREE;
	struct found found;
	int result = read_filters(qdisc->ifindex, hook, place, &found);

	*state = found.state;
	return result;
}

static bool probe(void)
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = u32_csum_probe_request();

	return request && netlink_call(NETLINK_ROUTE, request, NULL, NULL) == -EINVAL;
}

bool host_filters_supported(void)
{
	enum module_state module = look_only() ? look_module(LOOK_ACT_CSUM) : MODULE_UNKNOWN;

	return module == MODULE_UNKNOWN ? probe()
					: module == MODULE_PRESENT || module == MODULE_LOADABLE;
}

/* Requests that go to the kernel together. */
struct batch {
	struct nl_msg *requests[NETLINK_SEND_MAX];
	size_t count;
	bool incomplete; /* without memory */
};

static void cleanup_batch(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		nlmsg_free(batch->requests[i]);
}

static void batch_add(struct batch *batch, struct nl_msg *request)
{
	if (request && batch->count < NETLINK_SEND_MAX)
		batch->requests[batch->count++] = request;
	else
		batch->incomplete = true;
}

static int batch_send(const struct batch *batch)
{
	return batch->incomplete ? -ENOMEM
				 : netlink_send(NETLINK_ROUTE, batch->requests, batch->count);
}

/* Add to the batch a request for each filter of the scope, or for each priority of ours. */
static void batch_add_filters(
	struct batch *batch, int type, const struct u32_csum_place *where, unsigned int count)
{
	struct u32_csum_which which;

	for (which.tagged = false;; which.tagged = true) {
		for (which.family = 0; which.family < IP_FAMILIES; which.family++) {
			for (which.number = 0; which.number < count; which.number++)
				batch_add(batch, u32_csum_request(type, where, &which));
		}
		if (which.tagged)
			break;
	}
}

/* Where ours begin. */
static unsigned int choose_place(const struct found *found)
{
	bool hidden =
		is_any(found->ours) ? !is_any(found->reached) : ends_before_usual_place(found);

	if (hidden && has_room(found))
		return found->first_foreign - U32_CSUM_PRIORITIES;
	return found->places[0] != 0 ? found->places[0] : U32_CSUM_PRIORITY;
}

/* Add requests that take ours away from all places but one. */
static void batch_delete_places(
	struct batch *batch, struct u32_csum_place where, const struct found *found)
{
	const unsigned int kept = where.first;

	for (size_t i = 0; i < PLACES_MAX && found->places[i] != 0; i++) {
		where.first = found->places[i];
		if (where.first != kept)
			batch_add_filters(batch, RTM_DELTFILTER, &where, 1);
	}
}

static int add_filters(unsigned int ifindex, const struct filter_wish *wish, enum place place,
	const struct found *found)
{
	CLEANUP(cleanup_batch) struct batch batch = {0};
	const struct u32_csum_place where = {
		.ifindex = ifindex,
		.parent = parent_of(wish->hook),
		.first = choose_place(found),
		.qdisc_is_ours = place == PLACE_FREE || found->qdisc_is_ours,
		.for_guests = wish->for_guests,
	};

	if (place == PLACE_FREE)
		batch_add(&batch, qdisc_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex,
					  kind_of_qdisc(wish->hook)));
	batch_add_filters(
		&batch, RTM_NEWTFILTER, &where, wish->scope == FILL_UDP ? U32_CSUM_FILTERS : 1);
	if (found->state.misplaced && !found->shared)
		batch_delete_places(&batch, where, found);
	return batch_send(&batch);
}

static int take_filters_away(unsigned int ifindex, enum filter_hook hook, const struct found *found)
{
	CLEANUP(cleanup_batch) struct batch batch = {0};
	const struct u32_csum_place where = {.ifindex = ifindex, .parent = parent_of(hook)};

	batch_delete_places(&batch, where, found);
	return batch_send(&batch);
}

/* True if we made the qdisc, and nothing is in it but what is to go. */
static bool may_take_qdisc(unsigned int ifindex, enum filter_hook hook, enum place place)
{
	enum filter_hook other = hook == FILTER_EGRESS ? FILTER_INGRESS : FILTER_EGRESS;
	struct found here = {0};
	struct found there = {0};

	if (dump_filters(ifindex, parent_of(hook), &here) != 0 ||
		(place == PLACE_CLSACT && dump_filters(ifindex, parent_of(other), &there) != 0))
		return false;
	return here.qdisc_is_ours && !here.foreign && !there.foreign && !is_any(there.ours);
}

/* An empty clsact would keep libvirt from making the qdisc that it wants there. */
static int take_away(
	unsigned int ifindex, enum filter_hook hook, enum place place, const struct found *found)
{
	if (may_take_qdisc(ifindex, hook, place))
		return qdisc_delete(ifindex, place == PLACE_CLSACT ? "clsact" : "ingress");
	return take_filters_away(ifindex, hook, found);
}

static bool is_as_wanted(const struct filter_state *state, enum fill_scope scope)
{
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		if (scope == FILL_NONE ? state->ours[family] != FILL_NONE
				       : state->ours[family] < scope)
			return false;
	}
	return true;
}

int host_filters_set(unsigned int ifindex, const struct filter_wish *wish)
{
	struct found found;
	enum place place;
	int error;
	int result = qdisc_read_place(ifindex, &place);

	if (result == 0)
		result = read_filters(ifindex, wish->hook, place, &found);
	if (result != 0)
		return result;
	if (is_as_wanted(&found.state, wish->scope) &&
		!(wish->scope != FILL_NONE && found.state.misplaced))
		return 0;
	if (found.state.blocked || (wish->scope == FILL_NONE && found.shared))
		return -EBUSY;
	error = wish->scope == FILL_NONE ? take_away(ifindex, wish->hook, place, &found)
					 : add_filters(ifindex, wish, place, &found);
	result = host_filters_read(ifindex, wish->hook, &found.state);
	if (wish->scope != FILL_NONE && place == PLACE_FREE && result == 0 &&
		is_as_wanted(&found.state, FILL_NONE))
		(void)qdisc_delete(ifindex, kind_of_qdisc(wish->hook)); /* no filter came of it */
	if (result == 0 && !is_as_wanted(&found.state, wish->scope))
		result = error != 0 && error != -EEXIST && error != -ENOSPC ? error : -EPROTO;
	return result;
}
