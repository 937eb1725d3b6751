// SPDX-License-Identifier: GPL-2.0-or-later
/* What happened at a probe, in that order: for probe_text.c only. */
#ifndef VIRT_NETBOOT_PROBE_STORY_H
#define VIRT_NETBOOT_PROBE_STORY_H

#include "probe_result.h"

#include <stdio.h>

void probe_write_story(FILE *file, const struct probe_result *result);

#endif
