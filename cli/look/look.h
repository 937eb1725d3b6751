// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verbs that look at this host as a whole, and repair. They are in a shared object of their
 * own, because they need libraries that the other verbs do without: a package must be removable
 * when libvirt's own has gone. This is what it and the command agree on.
 */
#ifndef VIRT_NETBOOT_LOOK_H
#define VIRT_NETBOOT_LOOK_H

#include "check_request.h"
#include "probe_request.h"
#include "repair_request.h"

/* Of the same build. */
#define LOOK_VERSION VERSION

struct look {
	const char *version;
	/* Each gives the verb's exit status; messages have been printed. */
	int (*check)(const struct check_request *request);
	int (*probe)(const struct probe_request *request);
	int (*repair)(const struct repair_request *request);
	int (*show)(int argc, char **argv);
};

/* The name of the symbol. */
#define LOOK look_verbs
#define LOOK_SYMBOL "look_verbs"

#endif
