// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Filters of traffic control that fill checksums at one device.
 *
 * Theory of operation
 *
 * The rule of checksum_iptables.c sees what this host sends, and only where it goes out through IP.
 * A filter at the guest's own port sees all that goes to the guest, wherever it comes from: on its
 * way out of a tap (egress), and on its way into a macvtap from its lower device (ingress; what
 * goes out of a macvtap is what the guest sends). The kernel removes it together with the device.
 *
 * Filters hang on a qdisc that queues nothing: "clsact", or where ingress is enough, "ingress". A
 * device has room for one of the two. On a macvtap it is "ingress", because that is what libvirt
 * takes away and makes anew for <bandwidth>, without a thought for what is there [libvirt
 * src/util/virnetdevbandwidth.c, virNetDevBandwidthClear()]. A qdisc that is there already is used
 * if it can be, and else nothing is done: nobody else's is replaced.
 *
 * The qdisc and the filters of both families are made by one sendmsg(2). Each that is there already
 * is refused (NLM_F_EXCL; a handle in use is ENOSPC), so that two hooks at once end with one of
 * each, and the filters of a wider scope are put beside that of the narrower. They are read back.
 */
#include "cleanup.h"
#include "host.h"
#include "u32_csum.h"

#include <errno.h>
#include <string.h>

/* What a device has at the place for qdiscs without a queue. */
enum place { PLACE_FREE, PLACE_CLSACT, PLACE_INGRESS, PLACE_OTHER };

static struct nla_policy qdisc_policy[TCA_MAX + 1] = {
	[TCA_KIND] = {.type = NLA_STRING},
};

static int parse_qdisc(struct nlmsghdr *header, void *argument)
{
	enum place *place = argument;
	struct nlattr *attributes[TCA_MAX + 1];

	if (header->nlmsg_type != RTM_NEWQDISC)
		return 0;
	if (nlmsg_parse(header, sizeof(struct tcmsg), attributes, TCA_MAX, qdisc_policy) < 0 ||
		!attributes[TCA_KIND])
		return -EPROTO;
	const char *kind = nla_get_string(attributes[TCA_KIND]);
	*place = strcmp(kind, "clsact") == 0    ? PLACE_CLSACT
		 : strcmp(kind, "ingress") == 0 ? PLACE_INGRESS
						: PLACE_OTHER;
	return 0;
}

static const char *kind_of_qdisc(enum filter_hook hook)
{
	return hook == FILTER_EGRESS ? "clsact" : "ingress";
}

static struct nl_msg *qdisc_request(int type, int flags, unsigned int ifindex, const char *kind)
{
	struct tcmsg qdisc = {.tcm_ifindex = (int)ifindex, .tcm_parent = TC_H_INGRESS};
	struct nl_msg *request =
		netlink_request(type, NLM_F_REQUEST | NLM_F_ACK | flags, &qdisc, sizeof(qdisc));

	if (request && kind && nla_put_string(request, TCA_KIND, kind) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

/* The answer is sent only to who wants to hear of changes too (NLM_F_ECHO). "None" is ENOENT, and
 * EINVAL where there was one before [linux net/sched/sch_api.c, tc_get_qdisc(), qdisc_notify()]. */
static int read_place(unsigned int ifindex, enum place *place)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = qdisc_request(RTM_GETQDISC, NLM_F_ECHO, ifindex, NULL);

	*place = PLACE_FREE;
	if (!request)
		return -ENOMEM;
	int result = netlink_call(NETLINK_ROUTE, request, parse_qdisc, place);
	return result == -ENOENT || result == -EINVAL ? 0 : result;
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

/* What a device's filters come to. */
struct found {
	struct filter_state state;
	unsigned int ours[IP_FAMILIES]; /* a bit for each filter of ours */
	bool shared;                    /* somebody else uses our priority */
};

#define ALL_OURS ((1U << U32_CSUM_FILTERS) - 1)

/* The filters at one place, beside what was found at others. */
struct dump {
	unsigned int ifindex;
	uint32_t parent;
	const struct found *before;
	struct found found;
};

static int parse_filter(struct nlmsghdr *header, void *argument)
{
	struct found *found = &((struct dump *)argument)->found;
	struct u32_csum filter;

	if (!u32_csum_parse(header, &filter))
		return 0;
	enum fill_scope *others = &found->state.others[filter.family];
	if (filter.is_ours)
		found->ours[filter.family] |= 1U << filter.number;
	else if (filter.scope > *others)
		*others = filter.scope;
	found->shared = found->shared || (filter.is_at_our_place && !filter.is_ours);
	return 0;
}

static enum fill_scope scope_of_ours(unsigned int ours)
{
	if (ours == ALL_OURS)
		return FILL_UDP;
	return ours & 1 ? FILL_DHCP : FILL_NONE;
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

	dump->found = *dump->before;
}

/* Add what filters at one more place come to. */
static int dump_filters(unsigned int ifindex, uint32_t parent, struct found *found)
{
	struct dump dump = {.ifindex = ifindex, .parent = parent, .before = found};
	int result =
		netlink_dump(NETLINK_ROUTE, filters_request, reset_filters, parse_filter, &dump);

	if (result == 0)
		*found = dump.found;
	return result;
}

/* Filters of the root qdisc are met by what goes out, too: libvirt's own is there. */
static int find(unsigned int ifindex, enum filter_hook hook, enum place place, struct found *found)
{
	int result = 0;

	*found = (struct found){.state.blocked = !is_usable(place, hook)};
	if (place != PLACE_FREE && !found->state.blocked)
		result = dump_filters(ifindex, parent_of(hook), found);
	if (result == 0 && hook == FILTER_EGRESS)
		result = dump_filters(ifindex, PARENT_ROOT, found);
	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		found->state.ours[family] = scope_of_ours(found->ours[family]);
	return result;
}

int host_filter_look(unsigned int ifindex, enum filter_hook hook, struct filter_state *state)
{
	struct found found = {0};
	enum place place;
	int result = read_place(ifindex, &place);

	if (result == 0)
		result = find(ifindex, hook, place, &found);
	*state = found.state;
	return result;
}

bool host_filter_is_supported(void)
{
	CLEANUP(cleanup_nl_msg) struct nl_msg *request = u32_csum_probe_request();

	return request && netlink_call(NETLINK_ROUTE, request, NULL, NULL) == -EINVAL;
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
	return batch->incomplete ? -ENOMEM : netlink_send(batch->requests, batch->count);
}

static int add(unsigned int ifindex, enum filter_hook hook, enum fill_scope scope, enum place place)
{
	CLEANUP(cleanup_batch) struct batch batch = {0};
	unsigned int count = scope == FILL_UDP ? U32_CSUM_FILTERS : 1;

	if (place == PLACE_FREE)
		batch_add(&batch, qdisc_request(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, ifindex,
					  kind_of_qdisc(hook)));
	for (enum ip_family family = 0; family < IP_FAMILIES; family++) {
		for (unsigned int i = 0; i < count; i++)
			batch_add(&batch, u32_csum_request(RTM_NEWTFILTER, ifindex, parent_of(hook),
						  family, i));
	}
	return batch_send(&batch);
}

/* That no filter came of. */
static void delete_qdisc(unsigned int ifindex, enum filter_hook hook)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = qdisc_request(RTM_DELQDISC, 0, ifindex, kind_of_qdisc(hook));

	if (request)
		(void)netlink_call(NETLINK_ROUTE, request, NULL, NULL);
}

static int take_away(unsigned int ifindex, enum filter_hook hook)
{
	CLEANUP(cleanup_batch) struct batch batch = {0};

	for (enum ip_family family = 0; family < IP_FAMILIES; family++)
		batch_add(&batch,
			u32_csum_request(RTM_DELTFILTER, ifindex, parent_of(hook), family, 0));
	return batch_send(&batch);
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

int host_filter_set(unsigned int ifindex, enum filter_hook hook, enum fill_scope scope)
{
	struct found found;
	enum place place;
	int error;
	int result = read_place(ifindex, &place);

	if (result == 0)
		result = find(ifindex, hook, place, &found);
	if (result != 0)
		return result;
	if (is_as_wanted(&found.state, scope))
		return 0;
	if (found.state.blocked || (scope == FILL_NONE && found.shared))
		return -EBUSY;
	error = scope == FILL_NONE ? take_away(ifindex, hook) : add(ifindex, hook, scope, place);
	result = host_filter_look(ifindex, hook, &found.state);
	if (scope != FILL_NONE && place == PLACE_FREE && result == 0 &&
		is_as_wanted(&found.state, FILL_NONE))
		delete_qdisc(ifindex, hook);
	if (result == 0 && !is_as_wanted(&found.state, scope))
		result = error != 0 && error != -EEXIST && error != -ENOSPC ? error : -EPROTO;
	return result;
}
