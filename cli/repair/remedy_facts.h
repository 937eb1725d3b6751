// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds out what the decision about a drop needs to know. */
#ifndef VIRT_NETBOOT_REMEDY_FACTS_H
#define VIRT_NETBOOT_REMEDY_FACTS_H

#include "remedy.h"

/**
 * remedy_facts_gather() - look at a bridge, its zone, and who makes rules for it
 * @uri:	of libvirt's daemon, or NULL; where it is started by its socket, asking starts it
 * @facts:	filled in, for remedy_facts_clear(); what cannot be read is not known
 *
 * Nothing is changed.
 */
void remedy_facts_gather(
	const char *uri, const struct drop *drop, const char *bridge, struct remedy_facts *facts);

#endif
