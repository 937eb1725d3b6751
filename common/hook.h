// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two hooks share: from main() to the XML in a guarded process. */
#ifndef VIRT_NETBOOT_HOOK_H
#define VIRT_NETBOOT_HOOK_H

#include "event.h"
#include "policy.h"

#include <libxml/tree.h>

struct hook {
	const char *program;
	const char *object; /* "guest" or "network": the key of its name in the log */
	const struct operation *operations;
	/* Do what the event asks for; @root is the XML's root element. Runs guarded (guard.h). */
	void (*work)(const struct event *event, const xmlNode *root, const struct policy *policy);
};

/**
 * hook_main() - what main() returns
 *
 * Operations that need no work end before anything is read.
 *
 * Return: 0; 1 if the work refused; 2 without arguments, after printing how the hook is used.
 */
int hook_main(int argc, char **argv, const struct hook *hook);

#endif
