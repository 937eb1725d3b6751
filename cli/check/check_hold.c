// SPDX-License-Identifier: GPL-2.0-or-later
/* How long a bridge delays a new port, and who waits for so long. */
#include "check_hold.h"

#include "check_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"

/* For how long after its start each kind of client may have to wait for its port at most, in
 * seconds: when it sends its last request, or gives up. */
static const struct client {
	const char *name;
	unsigned int patience;
} clients[] = {
	{"udhcpc", 6},
	{"iPXE", 7},
	{"PXE firmware", 28},
	{"dhclient", 46},
};

#define CLIENTS (sizeof(clients) / sizeof(clients[0]))

unsigned int check_new_port_hold(const struct bridge_state *bridge)
{
	if (bridge->kind != BRIDGE_LINUX || bridge->stp != STP_KERNEL)
		return 0;
	/* As the kernel sees to it. */
	return 2 * (bridge->forward_delay > FORWARD_DELAY_MIN ? bridge->forward_delay
							      : FORWARD_DELAY_MIN);
}

char *check_hold_text(unsigned int hold)
{
	return alloc_format("%u.%u s", hold / 100, hold % 100 / 10);
}

/* "one, another and a third"; those from @first to before @end. Takes nothing, gives a new text. */
static char *name_clients(size_t first, size_t end)
{
	char *names = alloc_copy(clients[first].name);

	for (size_t i = first + 1; i < end; i++) {
		char *longer = alloc_format(
			"%s%s%s", names, i + 1 == end ? " and " : ", ", clients[i].name);
		free(names);
		names = longer;
	}
	return names;
}

char *check_clients_text(unsigned int hold)
{
	size_t count = 0;

	while (count < CLIENTS && hold > clients[count].patience * 100)
		count++;
	if (count == 0)
		return NULL;
	CLEANUP(cleanup_free) char *losers = name_clients(0, count);
	const char *verb = count == 1 ? "gives" : "give";
	if (count == CLIENTS)
		return alloc_format("%s %s up", losers, verb);
	CLEANUP(cleanup_free) char *others = name_clients(count, CLIENTS);
	return alloc_format(
		"%s %s up, %s %s not", losers, verb, others, CLIENTS - count == 1 ? "does" : "do");
}

const char *check_hold_advice(bool qemu_hook, const struct diagnosis *diagnosis)
{
	if (qemu_hook && policy_makes_edge_ports(&diagnosis->policy) &&
		!diagnosis->facts.stp_program)
		return NULL;
	if (!qemu_hook)
		return "switch the hooks on (virt-netboot enable): they let guests' ports forward "
		       "at once";
	return diagnosis->facts.stp_program
		       ? "make guests' ports edge ports in the program that /sbin/bridge-stp starts"
		       : "set hold = auto under [bridge] in virt-netboot.conf";
}

char *check_hold_evidence(const struct bridge_state *bridge)
{
	return alloc_format("STP is on with a forward delay of %u.%02u s",
		bridge->forward_delay / 100, bridge->forward_delay % 100);
}

void check_add_hold(struct check_run *run, const struct check_question *question,
	const char *object, const char *interface, const struct bridge_state *bridge,
	const struct diagnosis *diagnosis)
{
	const char *advice = check_hold_advice(run->qemu_hook, diagnosis);
	unsigned int hold = check_new_port_hold(bridge);
	CLEANUP(cleanup_free) char *seconds = check_hold_text(hold);
	struct check_line *line = check_add(&run->list, question, object, interface,
		advice ? CHECK_FAIL : CHECK_NOTE,
		alloc_format(advice ? "%s" : "%s; the hook lets the guest's port forward at once",
			seconds));

	line->slug = "bridge-hold";
	line->evidence = check_hold_evidence(bridge);
	if (advice)
		line->advice = alloc_copy(advice);
}
