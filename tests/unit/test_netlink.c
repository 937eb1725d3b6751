// SPDX-License-Identifier: GPL-2.0-or-later
/* netlink.c where a socket cannot be made nonblocking. The kernel's answers are its own. */
#include "test.h"

#include "cleanup.h"
#include "netlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <unistd.h>

static bool fails;
static unsigned int sends;

int __real_nl_socket_set_nonblocking(const struct nl_sock *socket);
int __wrap_nl_socket_set_nonblocking(const struct nl_sock *socket);

int __wrap_nl_socket_set_nonblocking(const struct nl_sock *socket)
{
	return fails ? -NLE_PERM : __real_nl_socket_set_nonblocking(socket);
}

int __real_nl_send_iovec(
	struct nl_sock *socket, struct nl_msg *message, struct iovec *parts, unsigned int count);
int __wrap_nl_send_iovec(
	struct nl_sock *socket, struct nl_msg *message, struct iovec *parts, unsigned int count);

int __wrap_nl_send_iovec(
	struct nl_sock *socket, struct nl_msg *message, struct iovec *parts, unsigned int count)
{
	sends++;
	return __real_nl_send_iovec(socket, message, parts, count);
}

/* For what would wait for ever. */
#define DEADLINE 10

/* Each network namespace has the first device. */
static int ask_for_loopback(void)
{
	struct ifinfomsg header = {.ifi_family = AF_UNSPEC, .ifi_index = 1};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request = netlink_request(RTM_GETLINK, NLM_F_ACK, &header, sizeof(header));

	assert_non_null(request);
	sends = 0;
	alarm(DEADLINE);
	int result = netlink_send(NETLINK_ROUTE, &request, 1);
	alarm(0);
	return result;
}

static void test_answer(void **state)
{
	(void)state;
	fails = false;
	assert_int_equal(ask_for_loopback(), 0);
	assert_int_equal(sends, 1);
}

static void test_blocking(void **state)
{
	(void)state;
	fails = true;
	assert_int_equal(ask_for_loopback(), -EPERM);
	assert_int_equal(sends, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_blocking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
