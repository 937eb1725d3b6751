// SPDX-License-Identifier: GPL-2.0-or-later
/* What a probe's result means: pure. */
#ifndef VIRT_NETBOOT_PROBE_JUDGE_H
#define VIRT_NETBOOT_PROBE_JUDGE_H

#include "plan.h"
#include "probe_result.h"

/* Kinds of clients, by how long they wait (field notes of virt-netboot-findings(7)). */
enum probe_client {
	CLIENT_IPXE,
	CLIENT_PXE,
	CLIENT_EDK2,
	CLIENT_UDHCPC,
	CLIENT_DHCLIENT,
	CLIENT_NETWORKD,
	CLIENTS
};

struct probe_verdict {
	bool boots;      /* gets its address and, where there is one to be had, its boot file */
	double gives_up; /* seconds after it starts; PROBE_NEVER if it never does */
	double needed;   /* when it would have what it needs; PROBE_NEVER if never */
	char *why;       /* if it does not: in a sentence; or NULL */
};

struct probe_judgement {
	struct probe_verdict clients[CLIENTS];
	struct plan plan; /* only findings: firewall-drop, dhcp-silent, ... */
};

void probe_judge(const struct probe_result *result, struct probe_judgement *judgement);
void probe_judgement_clear(struct probe_judgement *judgement);

/* "iPXE", "PXE firmware", ... */
const char *probe_client_name(enum probe_client client);

/* The verb's exit status: EXIT_DONE if all clients would boot, EXIT_LEFT if some, EXIT_FAULTS if
 * none; EXIT_FAILED if the probe was interrupted. */
int probe_status(const struct probe_result *result, const struct probe_judgement *judgement);

#endif
