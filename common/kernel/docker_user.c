// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Docker has FORWARD drop what no rule of its own accepts, and leaves the chain DOCKER-USER, which
 * comes first, to the administrator. With br_netfilter that concerns what a bridge forwards between
 * its ports, too. Our rule there is
 *
 *     -i BRIDGE -o BRIDGE -m comment --comment virt-netboot -j ACCEPT
 *
 * It goes to the head of the chain, which may end with a RETURN of Docker's. The comment is the
 * sign by which a rule is ours, as for checksums (legacy_entry.c).
 *
 * Docker's rules are where the iptables that it runs puts them: in the legacy table, or in that of
 * iptables-nft. Where both have the chain, and both drop, both need the rule, because a packet goes
 * through both.
 *
 * Legacy tables are changed under the lock of iptables, and those of nf_tables by a transaction
 * that the kernel refuses if anybody has changed anything since it was looked at (docker_nft.c).
 * The lock is taken for both, so that hooks that run at the same time wait instead of trying again
 * and again.
 */
#include "bridge_lock.h"
#include "cleanup.h"
#include "docker_legacy.h"
#include "host.h"
#include "progress.h"
#include "xtables_lock.h"

#include <errno.h>

#define ATTEMPTS 50

static int legacy_read(enum ip_family family, const char *bridge, struct docker_table *table)
{
	return (family == IPV4 ? legacy4_docker_read : legacy6_docker_read)(bridge, table);
}

static int legacy_change(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost)
{
	return (family == IPV4 ? legacy4_docker_change : legacy6_docker_change)(
		bridge, wish, counters_lost);
}

static int legacy_list(enum ip_family family, struct docker_bridges *bridges)
{
	return (family == IPV4 ? legacy4_docker_list : legacy6_docker_list)(bridges);
}

static const struct docker_kind docker_legacy = {
	.read = legacy_read,
	.change = legacy_change,
	.list = legacy_list,
};

enum { KIND_LEGACY, KIND_NFT, KINDS };

static const struct docker_kind *const kinds[KINDS] = {
	[KIND_LEGACY] = &docker_legacy,
	[KIND_NFT] = &docker_nft,
};

static int read_tables(enum ip_family family, const char *bridge, struct docker_table tables[KINDS])
{
	int result = 0;

	for (size_t i = 0; result == 0 && i < KINDS; i++) {
		tables[i] = (struct docker_table){0};
		result = kinds[i]->read(family, bridge, &tables[i]);
	}
	return result;
}

/* Of both together: what lacks in one is lacking. */
static void add_state(struct docker_user_state *all, struct docker_user_state one)
{
	if (one.chain)
		all->accepts = one.accepts && (all->accepts || !all->chain);
	if (one.ours)
		all->for_guests = one.for_guests && (all->for_guests || !all->ours);
	all->reached = all->reached || one.reached;
	all->chain = all->chain || one.chain;
	all->ours = all->ours || one.ours;
}

int host_docker_user_read(
	enum ip_family family, const char *bridge, struct docker_user_state *state)
{
	struct docker_table tables[KINDS];
	int result = read_tables(family, bridge, tables);

	*state = (struct docker_user_state){0};
	for (size_t i = 0; result == 0 && i < KINDS; i++)
		add_state(state, docker_state(&tables[i]));
	return result;
}

static bool are_as_wanted(const struct docker_table tables[KINDS], enum docker_user_wish wish)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (!docker_is_as_wanted(&tables[i], wish))
			return false;
	}
	return true;
}

/* 0 if it is as it is wanted, and -ENOENT if there is nothing that could be. */
static int judge(const struct docker_table tables[KINDS], enum docker_user_wish wish, int otherwise)
{
	bool chain = wish == DOCKER_USER_NONE;

	for (size_t i = 0; i < KINDS; i++)
		chain = chain || docker_state(&tables[i]).chain;
	if (!chain)
		return -ENOENT;
	return are_as_wanted(tables, wish) ? 0 : otherwise;
}

static int change_tables(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost)
{
	for (size_t i = 0; i < KINDS; i++) {
		int result = -EAGAIN;
		for (int attempt = 0; result == -EAGAIN && attempt < ATTEMPTS; attempt++) {
			size_t lost;
			result = kinds[i]->change(family, bridge, wish, &lost);
			*counters_lost += lost;
		}
		if (result != 0)
			return result;
	}
	return 0;
}

int host_docker_user_set(enum ip_family family, const char *bridge, enum docker_user_wish wish,
	size_t *counters_lost)
{
	size_t lost = 0;
	struct docker_table tables[KINDS];
	int result = read_tables(family, bridge, tables);

	if (counters_lost)
		*counters_lost = 0;
	if (result == 0)
		result = judge(tables, wish, -EAGAIN);
	if (result != -EAGAIN)
		return result;
	result = wish == DOCKER_USER_NONE ? 0 : docker_user_note();
	if (result != 0)
		return result;
	CLEANUP(cleanup_fd) int lock = xtables_lock();
	if (lock < 0)
		return lock;
	progress_step("changing the chain DOCKER-USER");
	result = change_tables(family, bridge, wish, &lost);
	if (counters_lost)
		*counters_lost = lost;
	if (result == 0)
		result = read_tables(family, bridge, tables);
	return result == 0 ? judge(tables, wish, -EPROTO) : result;
}

int host_docker_user_list(enum ip_family family, char (**bridges)[IFNAME_SIZE], size_t *count)
{
	struct docker_bridges found = {0};
	int result = 0;

	/* What one kind cannot tell the other may. */
	for (size_t i = 0; i < KINDS; i++) {
		int error = kinds[i]->list(family, &found);
		result = result == 0 ? error : result;
	}
	*bridges = found.names;
	*count = found.count;
	return result;
}
