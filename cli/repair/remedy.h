// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What can be done about a packet that a probe shows to be dropped. Pure.
 *
 * Theory of operation
 *
 * Only what its owner offers for this, and what can be taken back exactly, is done: libvirt's
 * daemon puts its own zone and rules back, firewalld has zones, and Docker leaves a chain to the
 * administrator. All else is the cure of the finding, for a person to decide about.
 *
 * Each remedy is tried once. One that does not help is taken back, so that what is left in the end
 * is what helped.
 */
#ifndef VIRT_NETBOOT_REMEDY_H
#define VIRT_NETBOOT_REMEDY_H

#include "drop.h"
#include "facts.h"

enum remedy {
	REMEDY_NONE,
	REMEDY_LOOK_AGAIN, /* it has been put back meanwhile, by a daemon that was just started */
	REMEDY_RELOAD,     /* of libvirt's daemon */
	REMEDY_ZONE,
	REMEDY_DOCKER_USER,
	REMEDIES,
};

/* What is known of the bridge beside the drop. */
struct remedy_facts {
	char *network;           /* of libvirt, which keeps the bridge's zone and rules; or NULL */
	bool has_daemon;         /* which can be told to reload */
	bool rules_lost;         /* the bridge meets none of libvirt's rules */
	bool rules_unreached;    /* its chains are there, but no rule leads to them */
	bool firewalld;          /* the zones are known: */
	char zone[ZONE_SIZE];    /* that the bridge is in; empty if in none of its own */
	char applies[ZONE_SIZE]; /* or else the default one */
	char zone_wanted[ZONE_SIZE];   /* libvirt's, or one that fits; empty if there is none */
	bool docker_user[IP_FAMILIES]; /* there is the chain, a rule of ours can be the first in it,
					* and is missing */
};

void remedy_facts_clear(struct remedy_facts *facts);

/* What to do next about a drop, after what was tried. */
enum remedy remedy_choose(
	const struct drop *drop, const struct remedy_facts *facts, const bool tried[REMEDIES]);

/* True if both are drops of the same packet at the same point, so that what was done between them
 * did not help. */
bool remedy_is_same_point(const struct drop *one, const struct drop *other);

/* Give a drop that is left the cure and the advice that are right for this bridge. */
void remedy_advise(struct drop *drop, const struct remedy_facts *facts, const char *bridge,
	const bool failed[REMEDIES]);

#endif
