// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A dump that somebody interrupts by a change, which the kernel says of itself at its end: nothing
 * of it counts. libnl is ours here, up to where messages are sent and received: real kernels
 * interrupt no dump of filters.
 */
#include "test.h"

#include "cleanup.h"
#include "host.h"
#include "netlink.h"
#include "u32_csum.h"

#include <errno.h>

#define DEVICE 7

/* What a dump answers: a filter of ours, by its number, or none of ours; and how it ends. */
struct answer {
	const char *filters; /* a digit each, of another program 'x'; after '-' none for VLANs */
	int end;             /* what nl_recvmsgs() returns */
};

static struct kernel {
	const struct answer *answers;
	nl_recvmsg_msg_cb_t on_message;
	nl_recvmsg_msg_cb_t on_finish;
	void *argument;
	bool is_dump;
	unsigned int dumps;
} kernel;

int nl_cb_set(struct nl_cb *callbacks, enum nl_cb_type type, enum nl_cb_kind kind,
	nl_recvmsg_msg_cb_t function, void *argument)
{
	(void)callbacks;
	if (kind != NL_CB_CUSTOM) /* libnl's own */
		return 0;
	if (type == NL_CB_VALID)
		kernel.on_message = function;
	if (type == NL_CB_FINISH)
		kernel.on_finish = function;
	kernel.argument = argument;
	return 0;
}

int nl_connect(struct nl_sock *socket, int protocol)
{
	(void)socket;
	assert_int_equal(protocol, NETLINK_ROUTE);
	return 0;
}

int nl_send_auto(struct nl_sock *socket, struct nl_msg *request)
{
	(void)socket;
	kernel.is_dump = nlmsg_hdr(request)->nlmsg_type == RTM_GETTFILTER;
	return 0;
}

/* The device has a clsact. */
static void send_qdisc(void)
{
	struct tcmsg header = {.tcm_ifindex = DEVICE};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *message = netlink_request(RTM_NEWQDISC, 0, &header, sizeof(header));

	assert_int_equal(nla_put_string(message, TCA_KIND, "clsact"), 0);
	kernel.on_message(message, kernel.argument);
}

/* The kernel's messages about a filter are like the requests for one. */
static void send_filter(bool tagged, char number)
{
	const struct u32_csum_place place = {
		.ifindex = DEVICE, .parent = PARENT_EGRESS, .first = U32_CSUM_PRIORITY};
	const struct u32_csum_which which = {
		IPV4, tagged, number == 'x' ? 0 : (unsigned int)(number - '0')};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *message = u32_csum_request(RTM_NEWTFILTER, &place, &which);
	struct tcmsg *header = nlmsg_data(nlmsg_hdr(message));

	if (number == 'x')
		header->tcm_handle = 0x80000800;
	kernel.on_message(message, kernel.argument);
}

int nl_recvmsgs(struct nl_sock *socket, struct nl_cb *callbacks)
{
	const struct answer *answer = kernel.answers;
	CLEANUP(cleanup_nl_msg) struct nl_msg *done = nlmsg_alloc_simple(NLMSG_DONE, 0);

	(void)socket;
	(void)callbacks;
	if (!kernel.is_dump) {
		send_qdisc();
		return kernel.on_finish(done, kernel.argument) == NL_STOP ? 0 : -NLE_FAILURE;
	}
	kernel.dumps++;
	bool tagged = *answer->filters != '-';
	for (const char *filter = answer->filters + !tagged; *filter; filter++) {
		send_filter(false, *filter);
		if (*filter != 'x' && tagged)
			send_filter(true, *filter);
	}
	if (answer[1].filters)
		kernel.answers++;
	if (answer->end == 0)
		kernel.on_finish(done, kernel.argument);
	return answer->end;
}

static struct filter_state look(const struct answer *answers, int wanted, unsigned int dumps)
{
	struct filter_state state;

	kernel = (struct kernel){.answers = answers};
	assert_int_equal(host_filters_read(DEVICE, FILTER_EGRESS, &state), wanted);
	assert_int_equal(kernel.dumps, dumps);
	return state;
}

/* Those of the clsact, and those of the root qdisc. */
static void test_whole(void **state)
{
	const struct answer answers[] = {{"01234", 0}, {"x", 0}, {0}};
	struct filter_state found = look(answers, 0, 2);

	(void)state;
	assert_int_equal(found.ours[IPV4], FILL_UDP);
	assert_int_equal(found.others[IPV4], FILL_DHCP);
	assert_int_equal(found.ours[IPV6], FILL_NONE);
}

/* What was there at the first attempt is gone at the second. */
static void test_interrupted(void **state)
{
	const struct answer ours[] = {{"01234x", -NLE_DUMP_INTR}, {"0", 0}, {"", 0}, {0}};
	const struct answer none[] = {{"0x", -NLE_DUMP_INTR}, {"", 0}, {"", 0}, {0}};
	struct filter_state found = look(ours, 0, 3);

	(void)state;
	assert_int_equal(found.ours[IPV4], FILL_DHCP);
	assert_int_equal(found.others[IPV4], FILL_NONE);
	found = look(none, 0, 3);
	assert_int_equal(found.ours[IPV4], FILL_NONE);
	assert_int_equal(found.others[IPV4], FILL_NONE);
}

/* The second dump does not forget what the first has found. */
static void test_second_interrupted(void **state)
{
	const struct answer answers[] = {{"0", 0}, {"x", -NLE_DUMP_INTR}, {"", 0}, {0}};
	struct filter_state found = look(answers, 0, 3);

	(void)state;
	assert_int_equal(found.ours[IPV4], FILL_DHCP);
	assert_int_equal(found.others[IPV4], FILL_NONE);
}

/* As an earlier version left them: what is sent to VLANs is not filled. */
static void test_without_tagged(void **state)
{
	const struct answer answers[] = {{"-01234", 0}, {"", 0}, {0}};

	(void)state;
	assert_int_equal(look(answers, 0, 2).ours[IPV4], FILL_NONE);
}

static void test_interrupted_for_ever(void **state)
{
	const struct answer answers[] = {{"0", -NLE_DUMP_INTR}, {0}};

	(void)state;
	look(answers, -EAGAIN, NETLINK_DUMP_ATTEMPTS);
}

static void test_other_errors(void **state)
{
	const struct answer answers[] = {{"0", -NLE_NOMEM}, {0}};

	(void)state;
	look(answers, -ENOMEM, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_second_interrupted),
		cmocka_unit_test(test_without_tagged),
		cmocka_unit_test(test_interrupted_for_ever),
		cmocka_unit_test(test_other_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
