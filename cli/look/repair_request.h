// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot repair` is asked for. Plain data: arguments of the program. */
#ifndef VIRT_NETBOOT_REPAIR_REQUEST_H
#define VIRT_NETBOOT_REPAIR_REQUEST_H

#include "look_format.h"
#include "targets.h"

struct repair_request {
	struct targets targets; /* all: what runs, as far as it is libvirt's */
	bool dry_run;           /* say it, change nothing */
	bool firewall;          /* also what a probe shows to be dropped */
	bool undo;              /* instead: take away everything of ours */
	enum look_format format;
};

#endif
