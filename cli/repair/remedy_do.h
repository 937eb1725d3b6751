// SPDX-License-Identifier: GPL-2.0-or-later
/* Carries a remedy out, and takes it back. Decides nothing. */
#ifndef VIRT_NETBOOT_REMEDY_DO_H
#define VIRT_NETBOOT_REMEDY_DO_H

#include "remedy.h"
#include "repair_parts.h"

/* What was done, for who takes it back. */
struct remedy_done {
	enum remedy remedy;
	char bridge[IFNAME_SIZE];
	unsigned int ifindex;
	bool of_libvirt; /* the bridge of a network of libvirt's */
	char zone_before[ZONE_SIZE];
	char zone[ZONE_SIZE];
	struct zone_note note_before;
	bool docker_user[IP_FAMILIES];
	bool goes_on; /* the reload has not ended: it may help yet */
};

/**
 * remedy_do() - carry it out, unless only that is asked for, and tell
 * @ifindex:	of the bridge
 * @done:	filled in
 *
 * Return: 0; or a negative errno, which has been told: then nothing is changed.
 */
int remedy_do(struct repair_run *run, enum remedy remedy, const struct remedy_facts *facts,
	const char *bridge, unsigned int ifindex, struct remedy_done *done);

/* As it was before, unless somebody else has changed it meanwhile; and tell. Return: true if it is
 * as before, or there is nothing to be taken back, and it has ended. */
bool remedy_take_back(struct repair_run *run, const struct remedy_done *done);

/* It has helped, and stays. What libvirt would have done itself is nothing of ours from now on; of
 * what goes with the next reload or boot, tell what a person can do to keep it. */
void remedy_keep(struct repair_run *run, const struct remedy_done *done);

#endif
