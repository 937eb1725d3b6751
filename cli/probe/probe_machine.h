// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of the formats for programs, which do not change. */
#ifndef VIRT_NETBOOT_PROBE_MACHINE_H
#define VIRT_NETBOOT_PROBE_MACHINE_H

#include "probe_judge.h"

const char *probe_target_name(enum probe_target target);
const char *probe_arch_word(enum probe_arch arch);
const char *probe_view_word(enum probe_view view);
const char *probe_checksum_word(enum probe_checksum checksum);
const char *probe_family_word(enum ip_family family);
const char *probe_origin_word(enum probe_origin origin);
const char *probe_transfer_word(enum probe_transfer_kind kind);
const char *probe_way_word(enum drop_way way);
const char *probe_drop_word(enum drop_kind kind);

/* "all", "some" or "none" of the clients would boot; or "interrupted". */
const char *probe_outcome(
	const struct probe_result *result, const struct probe_judgement *judgement);

/* From the request to the answer. */
double probe_offer_seconds(const struct probe_server *server);

#endif
