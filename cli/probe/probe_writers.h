// SPDX-License-Identifier: GPL-2.0-or-later
/* The formats of `virt-netboot probe`; all texts of servers, guests and rules are untrusted. */
#ifndef VIRT_NETBOOT_PROBE_WRITERS_H
#define VIRT_NETBOOT_PROBE_WRITERS_H

#include "probe_judge.h"

#include <stdio.h>

/* A story on one screen. */
void probe_write_text(FILE *file, const struct probe_result *result,
	const struct probe_judgement *judgement, bool colour);
/* Return: 0 or a negative errno after a message. */
int probe_write_json(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement);
void probe_write_prometheus(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement);

#endif
