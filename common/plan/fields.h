// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fields of a finding and of an action, each in one place. A format (the log's lines, say) is a
 * writer that is handed them one after the other.
 */
#ifndef VIRT_NETBOOT_FIELDS_H
#define VIRT_NETBOOT_FIELDS_H

#include "plan.h"

/* Takes one field. A field that a finding or action does not have is not handed over. */
typedef void field_writer(void *to, const char *key, const char *value);

/* finding, severity, guest, ..., repaired; as they are after the actions were carried out. */
void finding_fields(
	const struct plan *plan, const struct finding *finding, field_writer *write, void *to);

/* action, guest, ..., result, error. */
void action_fields(const struct action *action, field_writer *write, void *to);

/* The severity in one word: "error". */
const char *severity_name(enum severity severity);

/* What kind of action it is, in one word: "edge-port". */
const char *action_name(const struct action *action);

#endif
