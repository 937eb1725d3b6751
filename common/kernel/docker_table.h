// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the table "filter" of one kind, legacy or iptables-nft's, does with what one bridge forwards
 * between its ports: the chains FORWARD and DOCKER-USER. Pure: whoever reads the table adds its
 * rules, chain by chain, in their order.
 */
#ifndef VIRT_NETBOOT_DOCKER_TABLE_H
#define VIRT_NETBOOT_DOCKER_TABLE_H

#include "host.h"
#include "xtables.h"

#define DOCKER_TABLE "filter"
#define DOCKER_FORWARD "FORWARD"
#define DOCKER_USER "DOCKER-USER"

/* Whether what the bridge forwards meets a rule's conditions; by the least of them. */
enum docker_truth { DOCKER_NEVER, DOCKER_MAYBE, DOCKER_ALWAYS };

enum docker_verdict {
	DOCKER_CONTINUE,
	DOCKER_ACCEPT,
	DOCKER_DROP,
	DOCKER_RETURN,
	DOCKER_TO_USER, /* to DOCKER-USER */
	DOCKER_JUMP,    /* to any other chain, which may come back */
	DOCKER_UNKNOWN, /* it may be any of them */
};

struct docker_rule {
	enum docker_truth meets;
	enum docker_verdict verdict;
	enum rule_owner owner; /* ours has no conditions but both devices, and accepts */
};

struct docker_table {
	bool user;    /* there is a chain DOCKER-USER */
	bool drops;   /* FORWARD's policy */
	bool reached; /* FORWARD comes to DOCKER-USER */
	bool forward_over;
	enum docker_verdict user_end; /* what certainly becomes of packets there */
	enum rule_owner user_by;      /* by whose rule */
	bool used;                    /* others' rules there may drop some of them */
	bool accepted_after;          /* FORWARD accepts what comes back from there */
	size_t ours;                  /* rules of ours */
	bool network;                 /* one of them is not for guests */
};

/* What a match of xtables asks of what a bridge forwards. */
enum docker_truth docker_match(const struct xt_part *match);

void docker_forward_rule(struct docker_table *table, const struct docker_rule *rule);
void docker_user_rule(struct docker_table *table, const struct docker_rule *rule);

/* Of one table, as in host.h. */
struct docker_user_state docker_state(const struct docker_table *table);

/* True if nothing has to be done there. */
bool docker_is_as_wanted(const struct docker_table *table, enum docker_user_wish wish);

/* Which rule of ours is to be there; OWNER_OTHER: none. */
enum rule_owner docker_wanted(const struct docker_table *table, enum docker_user_wish wish);

/* Bridges, each once. */
struct docker_bridges {
	char (*names)[IFNAME_SIZE];
	size_t count;
};

void docker_add_bridge(struct docker_bridges *bridges, const char name[IFNAME_SIZE]);

/* A kind of table, in one family. All return 0 or a negative errno; where there is no such table,
 * there is nothing in it. */
struct docker_kind {
	int (*read)(enum ip_family family, const char *bridge, struct docker_table *table);
	/* Look, change and commit once. @counters_lost gets how many packet counters are zero over
	 * it. Return: -EAGAIN if the table changed meanwhile. */
	int (*change)(enum ip_family family, const char *bridge, enum docker_user_wish wish,
		size_t *counters_lost);
	int (*list)(enum ip_family family, struct docker_bridges *bridges);
};

extern const struct docker_kind docker_nft;

#endif
