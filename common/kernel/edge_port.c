// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A port that forwards at once, on a bridge that keeps STP: what switches call an edge port.
 *
 * Theory of operation
 *
 * While STP is on, the kernel lets nobody set a port's state (EBUSY) [linux
 * net/bridge/br_netlink.c, br_set_port_state()]. While it is off, anybody may; and switching it off
 * and on again does not touch any port's state [br_stp_if.c, br_stp_stop(), br_stp_start()]. So
 * three messages make an edge port: STP off, this port forwarding, STP on. They go to the kernel in
 * one sendmsg(2), which works through all three before it returns, also if one fails, and also if
 * the process is killed [net/netlink/af_netlink.c, netlink_rcv_skb()]. STP is off for about 0.1 ms.
 *
 * Other ports do not move. The second and third message end in br_port_state_selection(), which
 * lets ports forward that are blocking and have a role to forward, and blocks those that have none:
 * ports that have their role already stay as they are, listening ones with their timers. The same
 * holds for our port: if STP has found it to be redundant meanwhile, it is blocked again in the
 * same step [br_stp.c, br_port_state_selection(), br_make_forwarding(), br_make_blocking()].
 *
 * The port's own timer is left running, and when it expires finds nothing to do [br_stp_timer.c,
 * br_forward_delay_timer_expired()]. No topology change is raised, as for the edge ports of
 * 802.1D-2004. BPDUs on the port count as before: a loop is still cut.
 *
 * Between the messages anybody else can change the bridge, so another process in the middle of the
 * same three may have STP on before our second (EBUSY). Hence the lock of bridge_lock.h, for our
 * own kind; and for all others the port is read back and the three are sent again. Whatever happens
 * in between, STP being on is read back last. Who reads a bridge and finds STP off waits for the
 * lock and reads again, for it may be off for these three messages only (edge_port_settle()).
 *
 * STP that is left off. Only the kernel can leave it off, by refusing the third message; a signal
 * cannot, see above. Then that STP is off is noted beside the lock, again and again while it is
 * asked to switch it on; and if we are killed over that, whoever comes next goes on, if it can tell
 * of it (host_recover_stp()). But an administrator may have switched STP on meanwhile, and off
 * again, and that is not ours to undo. Switching it on arms the bridge's hello timer
 * [br_stp_start()]; so until the hello time has passed since the note, a timer that is as it was
 * then, or has expired, shows that nobody did. Later nothing shows it. So the note is good for one
 * hello time; after that, or with another timer, STP stays as it is, and the log says so, once. A
 * bridge that becomes the root because a port left it arms its timer, too, whatever STP is
 * [br_stp.c, br_become_root_bridge()]: that is taken for an administrator. Not seen is a switch on
 * and off whose timer expires within 0.1 s of the one before; and if the kernel refuses the third
 * message and we are killed before we have read that, some 0.1 ms, there is no note.
 *
 * The hello timer. Switching STP on starts the bridge's hello timer anew [br_stp_if.c,
 * br_stp_start()]. A root bridge on which this happened more often than every hello time, 2 s,
 * would send no more hellos; and bridges beyond give up a root that is silent for max age, 20 s, or
 * for three hello times if they speak RSTP [802.1D-2004 17.21.23], and may open a loop. So no hello
 * is put off twice: the time of the last one is derived from the timer, and what we did to the
 * timer ourselves is noted beside the lock; what cannot be noted is not done. Who comes too early
 * is told to wait for the hello, and so is who comes in its last instants, when the timer is told
 * to be 0 and has not expired.
 */
#include "edge_port.h"

#include "alloc.h"
#include "bridge.h"
#include "bridge_lock.h"
#include "cleanup.h"
#include "clock.h"
#include "link.h"
#include "progress.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

/* With a nap of 1 ms after each. */
#define ATTEMPTS 1000

#define HUNDREDTH (NANOSECONDS / 100)

/* The timer is told in 1/100 s, and we note the time somewhat after the kernel armed it. */
#define TIMER_PRECISION (NANOSECONDS / 10)

/* Another process may have the processor, or the kernel's lock, while a bridge is read. */
#define READ_ATTEMPTS 10
#define READ_PRECISION (TIMER_PRECISION / 2)

/* Of a bridge that was never read that fast. */
#define TIMER_UNKNOWN (-1)

/* How often the kernel is asked to switch on STP that another process has left off; and that we
 * have switched off ourselves: for 20 s, and some more. */
#define RECOVERY_ATTEMPTS 100
#define SWITCH_ON_ATTEMPTS 20000

/* Who is told of a recovery; and what is to be told when the lock is released, because the log may
 * have to be waited for. */
static stp_recovery_teller *tell;
static struct stp_recovery *recoveries;
static size_t recovery_count;

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = NANOSECONDS_PER_MILLISECOND}, NULL);
}

/*
 * True if the next hello may be put off by a hello time: if the last one was sent less than a hello
 * time ago. Other bridges depend on a root's hellos only.
 */
static bool may_put_off_hello(
	const struct bridge_state *bridge, int64_t at, struct bridge_history *history)
{
	int64_t hello_time = bridge->hello_time * HUNDREDTH;
	int64_t armed = at - hello_time + bridge->hello_timer * HUNDREDTH;

	if (!bridge->is_root)
		return true;
	/* It is about to expire. (A bridge that is down has no timer, but no port to change
	 * either.) */
	if (bridge->hello_timer == 0)
		return false;
	/* Not by us: then it was armed when a hello was sent. */
	if (armed > history->armed + TIMER_PRECISION || history->armed > at)
		history->hello = armed < at ? armed : at;
	return at - history->hello <= hello_time;
}

static int send_sequence(unsigned int bridge, unsigned int port)
{
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *stp_off = link_bridge_request(bridge, IFLA_BR_STP_STATE, STP_OFF);
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *forward = link_port_request(port, IFLA_BRPORT_STATE, PORT_FORWARDING);
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *stp_on = link_bridge_request(bridge, IFLA_BR_STP_STATE, STP_KERNEL);

	if (!stp_off || !forward || !stp_on)
		return -ENOMEM;
	return netlink_send(NETLINK_ROUTE, (struct nl_msg *[]){stp_off, forward, stp_on}, 3);
}

/* Before and after the timer is armed: what cannot be noted is not done. */
static int note_armed(unsigned int bridge, struct bridge_history *history)
{
	history->armed = clock_now();
	history->left_off = 0;
	return bridge_lock_note(bridge, history);
}

/* A bridge as it was at some time between two. */
struct reading {
	struct bridge_state bridge;
	int64_t begin;
	int64_t end;
};

static int read_in_time(unsigned int ifindex, struct reading *now)
{
	now->begin = clock_now();
	int result = bridge_read(ifindex, &now->bridge);
	now->end = clock_now();
	return result;
}

static bool is_precise(const struct reading *now)
{
	return now->end - now->begin < READ_PRECISION;
}

/* For how long the bridge's hello timer is still to run, in ns, or 0. */
static int64_t timer_left(const struct reading *now)
{
	return now->bridge.hello_timer * HUNDREDTH;
}

/* True if it is still the bridge that @history is about, and has STP off. */
static bool is_off(unsigned int ifindex, const struct bridge_history *history,
	const struct bridge_state *bridge)
{
	return bridge->kind == BRIDGE_LINUX && bridge->stp == STP_OFF &&
	       bridge_lock_is_same(ifindex, history);
}

/* No further attempt will help. */
static bool is_for_good(int error)
{
	return error == -EPERM || error == -EACCES || error == -EOPNOTSUPP || error == -EINVAL;
}

/* What shows the next process that STP is off by us. A bridge is not read again for that: STP is to
 * be switched on. */
static void note_left_off(
	unsigned int ifindex, const struct reading *now, struct bridge_history *history)
{
	if (is_precise(now)) {
		history->left_off = now->begin;
		history->left_off_timer = timer_left(now) ? now->begin + timer_left(now) : 0;
	} else if (history->left_off == 0) {
		history->left_off = now->begin;
		history->left_off_timer = TIMER_UNKNOWN;
	}
	(void)bridge_lock_note(ifindex, history);
}

/*
 * We have switched STP off and it may be off still. Return: 0 when it is on, or the bridge gone; or
 * why it is not, after that many attempts, or when no further one will help.
 */
static int leave_stp_on(unsigned int ifindex, struct bridge_history *history, int attempts)
{
	struct reading now;
	int result = -EAGAIN;

	for (; attempts > 0 && !is_for_good(result); attempts--) {
		result = read_in_time(ifindex, &now);
		if (result == -ENODEV || (result == 0 && !is_off(ifindex, history, &now.bridge)))
			return 0;
		progress_step("switching STP on again");
		if (result == 0) {
			note_left_off(ifindex, &now, history);
			result = host_bridge_set_stp(ifindex, true);
		}
		nap();
	}
	return result;
}

/* Return: 0 if the port may be changed, and 1 if there is no need to. */
static int may_be_forced(unsigned int bridge, unsigned int ifindex, struct bridge_history *history,
	struct bridge_state *state)
{
	struct bridge_port port;
	int result = host_port_get_index(ifindex, &port);

	if (result != 0)
		return result;
	if (port.bridge != bridge)
		return -ENODEV;
	if (port.state == PORT_FORWARDING)
		return 1;
	if (!port_is_held(&port))
		return -EBUSY;
	/* Before: a timer that was armed by us must not seem to have been armed later. */
	int64_t at = clock_now();
	result = bridge_read(bridge, state);
	if (result != 0)
		return result;
	if (state->stp != STP_KERNEL)
		return -EOPNOTSUPP;
	return may_put_off_hello(state, at, history) ? 0 : -EINPROGRESS;
}

/* Return: 0 if the port forwards now, -EAGAIN if it is worth another attempt. */
static int read_back(unsigned int ifindex)
{
	struct bridge_port port;

	if (host_port_get_index(ifindex, &port) != 0)
		return -EAGAIN;
	if (port.state == PORT_FORWARDING)
		return 0;
	return port_is_held(&port) ? -EAGAIN : -EBUSY;
}

/* True if the timer that runs is none that was to expire at @end. */
static bool is_another_timer(const struct reading *now, int64_t end)
{
	return timer_left(now) != 0 && (now->begin + timer_left(now) > end + TIMER_PRECISION ||
					       now->end + timer_left(now) < end - TIMER_PRECISION);
}

/*
 * Whether STP, which is off, is so because we left it so, and not because somebody switched it on
 * meanwhile and off again. Return: 0; -ECANCELED if somebody did; -ETIME if nothing can show it any
 * more; -EAGAIN if it took too long to read the bridge.
 */
static int is_left_off(const struct reading *now, const struct bridge_history *history)
{
	bool known = history->left_off_timer != TIMER_UNKNOWN;
	int64_t good_for = now->bridge.hello_time * HUNDREDTH - TIMER_PRECISION;

	if (known && is_another_timer(now, history->left_off_timer))
		return -ECANCELED;
	/* A bridge that is down has no timer. */
	if (!known || now->bridge.down || now->begin < history->left_off ||
		now->begin > history->left_off + good_for)
		return -ETIME;
	return is_precise(now) ? 0 : -EAGAIN;
}

void host_recover_stp(stp_recovery_teller *teller)
{
	tell = teller;
}

static void note_recovery(const struct bridge_state *bridge, int result)
{
	recoveries = alloc_one_more(recoveries, recovery_count, sizeof(*recoveries));
	struct stp_recovery *recovery = &recoveries[recovery_count++];
	recovery->ifindex = bridge->ifindex;
	recovery->result = result;
	memcpy(recovery->bridge, bridge->name, IFNAME_SIZE);
}

static void tell_recoveries(void)
{
	for (size_t i = 0; tell && i < recovery_count; i++)
		tell(&recoveries[i]);
	cleanup_free(&recoveries);
	recoveries = NULL;
	recovery_count = 0;
}

/* Return: as is_left_off(), or NOT_OFF. */
#define NOT_OFF 1

static int read_left_off(
	unsigned int ifindex, const struct bridge_history *history, struct reading *now)
{
	int result = -EAGAIN;

	for (int attempt = 0; result == -EAGAIN && attempt < READ_ATTEMPTS; attempt++) {
		result = read_in_time(ifindex, now);
		if (result == 0 && !is_off(ifindex, history, &now->bridge))
			return NOT_OFF;
		if (result == 0)
			result = is_left_off(now, history);
	}
	return result;
}

/* STP was left off. Where it cannot be switched on now, the note stays for the next one. */
static void recover(unsigned int ifindex, struct bridge_history *history)
{
	struct reading now = {0};
	int result = read_left_off(ifindex, history, &now);

	if (result == 0)
		result = leave_stp_on(ifindex, history, RECOVERY_ATTEMPTS);
	if (result != NOT_OFF && *now.bridge.name)
		note_recovery(&now.bridge, result);
	if (result == 0 || result == NOT_OFF || result == -ECANCELED || result == -ETIME)
		(void)note_armed(ifindex, history);
}

static int take_bridge(unsigned int bridge, bool create, struct bridge_history *history)
{
	int lock = bridge_lock(bridge, create, history);

	if (lock >= 0 && history->left_off != 0 && tell)
		recover(bridge, history);
	return lock;
}

static bool wait_for_bridge(unsigned int bridge)
{
	struct bridge_history history;
	CLEANUP(cleanup_fd) int lock = take_bridge(bridge, false, &history);

	return lock >= 0;
}

bool edge_port_settle(unsigned int bridge)
{
	bool settled = wait_for_bridge(bridge);

	tell_recoveries();
	return settled;
}

/* One attempt. Return: -EAGAIN if another may help. */
static int force_port(
	const struct bridge_state *bridge, unsigned int port, struct bridge_history *history)
{
	int result = note_armed(bridge->ifindex, history);

	if (result != 0)
		return result;
	int error = send_sequence(bridge->ifindex, port);
	/* What may pass is waited for, by a hook until the guard's deadline. */
	result = leave_stp_on(bridge->ifindex, history, SWITCH_ON_ATTEMPTS);
	if (result != 0) {
		note_recovery(bridge, result);
		return result;
	}
	(void)note_armed(bridge->ifindex, history);
	result = read_back(port);
	return result == -EAGAIN && is_for_good(error) ? error : result;
}

/* When it is this process's turn. */
static int make_edge(unsigned int bridge, unsigned int port)
{
	struct bridge_history history;
	struct bridge_state state;
	CLEANUP(cleanup_fd) int lock = take_bridge(bridge, true, &history);

	if (lock < 0)
		return lock;
	int result = may_be_forced(bridge, port, &history, &state);
	if (result != 0)
		return result < 0 ? result : 0;
	result = force_port(&state, port, &history);
	for (int attempt = 1; result == -EAGAIN && attempt < ATTEMPTS; attempt++) {
		nap();
		result = force_port(&state, port, &history);
	}
	return result;
}

/*
 * Without a priority, any busy process can get the processor between two of the messages: with
 * sixty hooks at once on two processors STP was off for up to 117 ms, with it for 0.4 ms. The hook
 * has it from the moment it queues for the lock, because one that is descheduled with the lock, or
 * when its turn comes, keeps the others waiting: up to 3.5 s beside 48 busy processes, instead of
 * 0.8 s.
 */
static int make_edge_urgently(unsigned int bridge, unsigned int port, int policy)
{
	const struct sched_param urgent = {.sched_priority = sched_get_priority_min(SCHED_FIFO)};
	const struct sched_param before = {0};

	sched_setscheduler(0, SCHED_FIFO, &urgent);
	int result = make_edge(bridge, port);
	sched_setscheduler(0, policy, &before);
	return result;
}

/* Whoever gave libvirtd another priority knows why. */
int host_port_make_edge(unsigned int bridge, unsigned int port)
{
	int policy = sched_getscheduler(0);
	bool usual = policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
	int result = usual ? make_edge_urgently(bridge, port, policy) : make_edge(bridge, port);

	tell_recoveries();
	return result;
}
