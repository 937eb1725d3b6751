// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * edge_port.c against a kernel of our own, which fails where the real one cannot be made to:
 * in the middle of the three messages, and whenever it is asked afterwards.
 */
#include "test.h"

#include "bridge.h"
#include "bridge_lock.h"
#include "clock.h"
#include "edge_port.h"
#include "link.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>

#define BRIDGE 7
#define PORT 9

/* Milliseconds: more than the hello timer is precise to. */
#define SLOW 150

/* The kernel, and which of its next answers are errors: those whose bit is set, lowest first. */
static struct kernel {
	struct bridge_state bridge;
	struct bridge_port port;
	unsigned int fail_messages; /* of the three that are sent together */
	unsigned int fail_sends;    /* nothing is carried out */
	int send_error;
	unsigned int fail_answers; /* to questions about the port or the bridge */
	unsigned int fail_stp_on;  /* STP on by itself */
	int stp_on_error;
	bool blocks; /* STP finds the port to be redundant */
	unsigned int sends;
	struct bridge_history history;
	int lock_error;
	int note_error;
	bool no_file;
	int lock;          /* a descriptor, until it is closed */
	bool another;      /* has the bridge's ifindex by now */
	int64_t timer_end; /* if its hello timer runs; or it stands still */
	int fast_reads;    /* so many answers about the bridge come at once */
	int slow_reads;    /* so many after these take long */
} kernel;

static bool is_locked(void)
{
	return kernel.lock > 0 && fcntl(kernel.lock, F_GETFD) >= 0;
}

/* What was told of STP that was left off. */
static struct stp_recovery told[4];
static unsigned int told_count;

static void hear(const struct stp_recovery *recovery)
{
	assert_false(is_locked());
	assert_true(told_count < sizeof(told) / sizeof(told[0]));
	told[told_count++] = *recovery;
}

static bool fails(unsigned int *bits)
{
	bool first = *bits & 1;

	*bits >>= 1;
	return first;
}

/* A request is its kind: what it is made of is tested on the real kernel. */
struct nl_msg *link_bridge_request(unsigned int ifindex, int attribute, uint32_t value)
{
	assert_int_equal(ifindex, BRIDGE);
	assert_int_equal(attribute, IFLA_BR_STP_STATE);
	return (struct nl_msg *)strdup(value == STP_OFF ? "stp off" : "stp on");
}

struct nl_msg *link_port_request(unsigned int ifindex, int attribute, uint8_t value)
{
	assert_int_equal(ifindex, PORT);
	assert_int_equal(attribute, IFLA_BRPORT_STATE);
	assert_int_equal(value, PORT_FORWARDING);
	return (struct nl_msg *)strdup("forward");
}

void nlmsg_free(struct nl_msg *message)
{
	free(message);
}

static int carry_out(const char *request)
{
	if (strcmp(request, "forward") == 0) {
		if (kernel.bridge.stp != STP_OFF)
			return -EBUSY;
		kernel.port.state = kernel.blocks ? PORT_BLOCKING : PORT_FORWARDING;
	} else {
		kernel.bridge.stp = strcmp(request, "stp on") == 0 ? STP_KERNEL : STP_OFF;
	}
	return 0;
}

int netlink_send(int protocol, struct nl_msg *const *requests, size_t count)
{
	int first_error = 0;

	(void)protocol;
	assert_true(clock_now() - kernel.history.armed < NANOSECONDS / 2);
	assert_true(is_locked());
	assert_int_equal(count, 3);
	kernel.sends++;
	if (fails(&kernel.fail_sends))
		return kernel.send_error;
	for (size_t i = 0; i < count; i++) {
		int error = fails(&kernel.fail_messages) ? -ENOMEM
							 : carry_out((const char *)requests[i]);
		first_error = first_error ? first_error : error;
	}
	return first_error;
}

int bridge_read(unsigned int ifindex, struct bridge_state *bridge)
{
	assert_int_equal(ifindex, BRIDGE);
	if (fails(&kernel.fail_answers))
		return -ENOBUFS;
	*bridge = kernel.bridge;
	if (kernel.fast_reads > 0) {
		kernel.fast_reads--;
	} else if (kernel.slow_reads > 0) {
		kernel.slow_reads--;
		poll(NULL, 0, SLOW);
	}
	if (kernel.timer_end != 0)
		bridge->hello_timer =
			(unsigned int)((kernel.timer_end - clock_now()) / (NANOSECONDS / 100));
	return 0;
}

int host_port_get_index(unsigned int ifindex, struct bridge_port *port)
{
	assert_int_equal(ifindex, PORT);
	if (fails(&kernel.fail_answers))
		return -EINTR;
	*port = kernel.port;
	return 0;
}

int host_bridge_set_stp(unsigned int ifindex, bool on)
{
	assert_int_equal(ifindex, BRIDGE);
	assert_true(on);
	if (fails(&kernel.fail_stp_on))
		return kernel.stp_on_error;
	kernel.bridge.stp = STP_KERNEL;
	return 0;
}

int bridge_lock(unsigned int bridge, bool create, struct bridge_history *history)
{
	if (!create && kernel.no_file)
		return -ENOENT;
	assert_int_equal(bridge, BRIDGE);
	*history = kernel.history;
	if (kernel.lock_error)
		return kernel.lock_error;
	kernel.lock = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return kernel.lock;
}

bool bridge_lock_is_same(unsigned int bridge, const struct bridge_history *history)
{
	(void)history;
	assert_int_equal(bridge, BRIDGE);
	return !kernel.another;
}

int bridge_lock_note(unsigned int bridge, const struct bridge_history *history)
{
	assert_true(is_locked());
	assert_int_equal(bridge, BRIDGE);
	if (!kernel.note_error)
		kernel.history = *history;
	return kernel.note_error;
}

void progress_step(const char *step)
{
	(void)step;
}

/* A root bridge that sent a hello a second ago. */
static int setup(void **state)
{
	(void)state;
	host_recover_stp(hear);
	told_count = 0;
	kernel = (struct kernel){
		.stp_on_error = -ENOMEM,
		.bridge = {.name = "br0",
			.kind = BRIDGE_LINUX,
			.ifindex = BRIDGE,
			.stp = STP_KERNEL,
			.is_root = true,
			.hello_time = 200,
			.hello_timer = 100},
		.port = {.ifindex = PORT, .bridge = BRIDGE, .state = PORT_LISTENING},
	};
	return 0;
}

static void check(int wanted, enum port_state port, unsigned int sends)
{
	assert_int_equal(host_port_make_edge(BRIDGE, PORT), wanted);
	assert_int_equal(kernel.bridge.stp, STP_KERNEL);
	assert_int_equal(kernel.port.state, port);
	assert_int_equal(kernel.sends, sends);
}

/* The timer as the kernel would tell it, if it was armed so many seconds ago. */
static void armed_ago(double seconds)
{
	kernel.bridge.hello_timer = (unsigned int)(200 - seconds * 100);
}

/* We armed it: the hello was sent longer ago. */
static void history(double armed, double hello)
{
	kernel.history.armed = clock_now() - (int64_t)(armed * NANOSECONDS);
	kernel.history.hello = clock_now() - (int64_t)(hello * NANOSECONDS);
	armed_ago(armed);
}

static void test_at_once(void **state)
{
	(void)state;
	check(0, PORT_FORWARDING, 1);
	check(0, PORT_FORWARDING, 1); /* nothing left to do */
}

static void test_left_alone(void **state)
{
	(void)state;
	kernel.port.state = PORT_BLOCKING;
	check(-EBUSY, PORT_BLOCKING, 0);
	kernel.port.state = PORT_DISABLED;
	check(-EBUSY, PORT_DISABLED, 0);
	kernel.port.state = PORT_LISTENING;
	kernel.port.bridge = BRIDGE + 1;
	check(-ENODEV, PORT_LISTENING, 0);
}

static void test_stp_of_others(void **state)
{
	(void)state;
	kernel.bridge.stp = STP_USER;
	assert_int_equal(host_port_make_edge(BRIDGE, PORT), -EOPNOTSUPP);
	kernel.bridge.stp = STP_OFF;
	assert_int_equal(host_port_make_edge(BRIDGE, PORT), -EOPNOTSUPP);
	assert_int_equal(kernel.bridge.stp, STP_OFF);
	assert_int_equal(kernel.sends, 0);
}

/* Each of the messages fails, alone and with others, and the questions afterwards fail as well. */
static void test_every_failure(void **state)
{
	for (unsigned int messages = 0; messages < 1U << 5; messages++) {
		for (unsigned int answers = 0; answers < 1U << 4; answers++) {
			setup(state);
			kernel.fail_messages = messages;
			kernel.fail_answers = answers
					      << 2; /* the first two are before any change */
			kernel.fail_stp_on = answers;
			assert_int_equal(host_port_make_edge(BRIDGE, PORT), 0);
			assert_int_equal(kernel.bridge.stp, STP_KERNEL);
			assert_int_equal(kernel.port.state, PORT_FORWARDING);
		}
	}
}

static void test_nothing_can_be_sent(void **state)
{
	(void)state;
	kernel.fail_sends = ~0U;
	kernel.send_error = -ENOBUFS; /* may pass, and does */
	check(0, PORT_FORWARDING, 33);

	setup(state);
	kernel.fail_sends = ~0U;
	kernel.send_error = -EPERM;
	check(-EPERM, PORT_LISTENING, 1);
}

static void test_nothing_is_known(void **state)
{
	(void)state;
	kernel.fail_answers = 1;
	check(-EINTR, PORT_LISTENING, 0);
	kernel.fail_answers = 2;
	check(-ENOBUFS, PORT_LISTENING, 0);
	kernel.note_error = -ENOSPC;
	check(-ENOSPC, PORT_LISTENING, 0);
	kernel.lock_error = -EROFS;
	check(-EROFS, PORT_LISTENING, 0);
}

/* Somebody was killed over switching STP on, so many seconds ago. What the timer had left then is
 * what it has now, and those seconds. */
static void left_off(double ago)
{
	int64_t at = clock_now() - (int64_t)(ago * NANOSECONDS);

	kernel.bridge.stp = STP_OFF;
	kernel.history.left_off = at;
	kernel.history.left_off_timer =
		kernel.bridge.hello_timer == 0
			? 0
			: clock_now() + kernel.bridge.hello_timer * (NANOSECONDS / 100);
}

/* What the next one makes of it. */
static void check_settled(enum bridge_stp stp, bool noted)
{
	assert_true(edge_port_settle(BRIDGE));
	assert_int_equal(kernel.bridge.stp, stp);
	assert_int_equal(kernel.history.left_off != 0, noted);
}

/* One recovery was told. */
static void check_told(int result)
{
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].result, result);
	assert_int_equal(told[0].ifindex, BRIDGE);
	assert_string_equal(told[0].bridge, "br0");
	told_count = 0;
}

static void check_nothing_told(void)
{
	assert_int_equal(told_count, 0);
}

static void test_left_off(void **state)
{
	history(1, 3);
	left_off(0.5);
	kernel.no_file = true;
	assert_false(edge_port_settle(BRIDGE)); /* nobody can have been there */
	assert_int_equal(kernel.bridge.stp, STP_OFF);

	kernel.no_file = false;
	check_settled(STP_KERNEL, false);
	check_told(0);
	armed_ago(0.05); /* not by a hello */
	check(-EINPROGRESS, PORT_LISTENING, 0);
	armed_ago(-0.5); /* the next one, rounded up to a full second by the kernel */
	check(0, PORT_FORWARDING, 1);
	assert_true(kernel.history.hello <= clock_now());

	setup(state);
	kernel.bridge.hello_timer = 0; /* it has expired, and nobody has armed it */
	left_off(1.7);
	check_settled(STP_KERNEL, false);
	check_told(0);

	setup(state);
	left_off(0.5);
	kernel.history.left_off_timer += NANOSECONDS / 50;
	check_settled(STP_KERNEL, false); /* so precise is the timer */
	check_told(0);
}

/* Nothing was noted, or somebody has switched it on and off since. */
static void test_off_by_others(void **state)
{
	(void)state;
	kernel.bridge.stp = STP_OFF;
	check_settled(STP_OFF, false);

	history(0.1, 0.2); /* whoever armed the timer was killed before STP was switched off */
	kernel.bridge.stp = STP_OFF;
	check_settled(STP_OFF, false);

	check_nothing_told();
}

/* Somebody has switched it on and off since: it was left off, and is theirs now. */
static void test_off_by_others_since(void **state)
{
	(void)state;
	left_off(0.5);
	kernel.history.left_off_timer -= NANOSECONDS / 2;
	check_settled(STP_OFF, false);
	check_told(-ECANCELED);
	check_settled(STP_OFF, false);
	check_nothing_told();

	left_off(0.5);
	kernel.history.left_off_timer = 0; /* none was running */
	check_settled(STP_OFF, false);
	check_told(-ECANCELED);
}

/* The kernel takes its time for an answer: that is no other timer. */
static void test_read_slowly(void **state)
{
	(void)state;
	kernel.bridge.hello_time = 1000;
	kernel.bridge.hello_timer = 500;
	left_off(0.1);
	kernel.timer_end = kernel.history.left_off_timer;
	kernel.slow_reads = INT_MAX;
	check_settled(STP_OFF, true);
	check_told(-EAGAIN);

	kernel.slow_reads = 3;
	check_settled(STP_KERNEL, false);
	check_told(0);
}

/* Nor is STP left off for longer, so that it can be noted what the timer is. */
static void test_left_off_slowly(void **state)
{
	(void)state;
	kernel.fail_messages = 4;
	kernel.fail_stp_on = ~0U;
	kernel.stp_on_error = -EPERM;
	kernel.fast_reads = 1; /* before that */
	kernel.slow_reads = 5;
	assert_int_equal(host_port_make_edge(BRIDGE, PORT), -EPERM);
	assert_int_equal(kernel.slow_reads, 4);
	check_told(-EPERM);

	kernel.slow_reads = 0;
	kernel.fail_stp_on = 0;
	check_settled(STP_OFF, false);
	check_told(-ETIME);
}

/* A process that cannot tell of it leaves it to one that can. */
static void test_left_to_others(void **state)
{
	(void)state;
	left_off(0.5);
	host_recover_stp(NULL);
	check_settled(STP_OFF, true);
	host_recover_stp(hear);
	check_settled(STP_KERNEL, false);
	check_told(0);
}

/* The kernel refuses the third message for good: that is told, and the note is there for the next.
 */
static void test_refused_for_good(void **state)
{
	(void)state;
	kernel.fail_messages = 4;
	kernel.fail_stp_on = 1;
	kernel.stp_on_error = -EINVAL;
	assert_int_equal(host_port_make_edge(BRIDGE, PORT), -EINVAL);
	assert_int_equal(kernel.bridge.stp, STP_OFF);
	check_told(-EINVAL);
	check_settled(STP_KERNEL, false);
	check_told(0);
}

/* It may have been switched on and off: nothing shows it any more. */
static void test_off_for_too_long(void **state)
{
	(void)state;
	kernel.bridge.hello_timer = 0;
	left_off(1.95);
	check_settled(STP_OFF, false);
	check_told(-ETIME);
	check_settled(STP_OFF, false);
	check_nothing_told();

	left_off(0.5);
	kernel.bridge.down = true; /* then it has no timer at all */
	check_settled(STP_OFF, false);
	check_told(-ETIME);

	kernel.bridge.down = false;
	left_off(-5); /* by nobody who knows this clock */
	check_settled(STP_OFF, false);
	check_told(-ETIME);
}

static void test_off_at_another_device(void **state)
{
	(void)state;
	left_off(0.5);
	kernel.bridge.kind = BRIDGE_NOT_A_BRIDGE;
	check_settled(STP_OFF, false);

	left_off(0.5);
	kernel.bridge.kind = BRIDGE_LINUX;
	kernel.another = true;
	check_settled(STP_OFF, false);
	check_nothing_told();
}

/* The kernel refuses: the note stays, for the next one. */
static void test_recovery_fails(void **state)
{
	(void)state;
	left_off(1);
	kernel.fail_stp_on = ~0U;
	kernel.stp_on_error = -EPERM;
	check_settled(STP_OFF, true);
	check_told(-EPERM);
	assert_int_equal(kernel.fail_stp_on, ~0U >> 1); /* asked once */
	assert_true(clock_now() - kernel.history.left_off < NANOSECONDS / 2);

	kernel.fail_stp_on = 0x1f;
	kernel.stp_on_error = -ENOMEM; /* may pass, and does */
	check_settled(STP_KERNEL, false);
	check_told(0);
}

/* Between the messages the bridge has gone, and something else has its ifindex. */
static void test_gone_meanwhile(void **state)
{
	(void)state;
	kernel.fail_messages = 4;
	kernel.another = true;
	(void)host_port_make_edge(BRIDGE, PORT);
	assert_int_equal(kernel.bridge.stp, STP_OFF);
	assert_int_equal(kernel.history.left_off, 0);
}

/* A loop was found in the meantime: no second attempt. */
static void test_blocked_meanwhile(void **state)
{
	(void)state;
	kernel.blocks = true;
	check(-EBUSY, PORT_BLOCKING, 1);
}

static void test_hello_once(void **state)
{
	(void)state;
	armed_ago(1.9); /* nothing known: a hello was sent then */
	check(0, PORT_FORWARDING, 1);
	assert_true(clock_now() - kernel.history.armed < NANOSECONDS / 2);
	assert_true(clock_now() - kernel.history.hello > NANOSECONDS);

	kernel.port.state = PORT_LISTENING;
	history(0.5, 1.5); /* put off once, and still within the hello time */
	check(0, PORT_FORWARDING, 2);
}

static void test_hello_not_twice(void **state)
{
	(void)state;
	history(0.5, 2.2);
	check(-EINPROGRESS, PORT_LISTENING, 0);
	history(1.9, 3.8);
	check(-EINPROGRESS, PORT_LISTENING, 0);
	history(0.5, 2.2);
	kernel.slow_reads = 1;
	check(-EINPROGRESS, PORT_LISTENING, 0);

	armed_ago(0.1); /* it has been sent since */
	check(0, PORT_FORWARDING, 1);
}

/* The kernel says 0 for the last instants, too. */
static void test_hello_about_to_be_sent(void **state)
{
	(void)state;
	kernel.bridge.hello_timer = 0;
	check(-EINPROGRESS, PORT_LISTENING, 0);
	history(0.5, 3);
	kernel.bridge.hello_timer = 0;
	check(-EINPROGRESS, PORT_LISTENING, 0);
}

static void test_hello_of_no_concern(void **state)
{
	(void)state;
	history(0.5, 3);
	kernel.bridge.is_root = false;
	check(0, PORT_FORWARDING, 1);

	setup(state);
	history(-1000, -1000); /* noted by nobody who knows this clock */
	armed_ago(1);
	check(0, PORT_FORWARDING, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_at_once, setup),
		cmocka_unit_test_setup(test_left_alone, setup),
		cmocka_unit_test_setup(test_stp_of_others, setup),
		cmocka_unit_test_setup(test_every_failure, setup),
		cmocka_unit_test_setup(test_nothing_can_be_sent, setup),
		cmocka_unit_test_setup(test_nothing_is_known, setup),
		cmocka_unit_test_setup(test_blocked_meanwhile, setup),
		cmocka_unit_test_setup(test_left_off, setup),
		cmocka_unit_test_setup(test_off_by_others, setup),
		cmocka_unit_test_setup(test_off_by_others_since, setup),
		cmocka_unit_test_setup(test_read_slowly, setup),
		cmocka_unit_test_setup(test_left_off_slowly, setup),
		cmocka_unit_test_setup(test_left_to_others, setup),
		cmocka_unit_test_setup(test_refused_for_good, setup),
		cmocka_unit_test_setup(test_off_for_too_long, setup),
		cmocka_unit_test_setup(test_off_at_another_device, setup),
		cmocka_unit_test_setup(test_recovery_fails, setup),
		cmocka_unit_test_setup(test_gone_meanwhile, setup),
		cmocka_unit_test_setup(test_hello_once, setup),
		cmocka_unit_test_setup(test_hello_not_twice, setup),
		cmocka_unit_test_setup(test_hello_about_to_be_sent, setup),
		cmocka_unit_test_setup(test_hello_of_no_concern, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
