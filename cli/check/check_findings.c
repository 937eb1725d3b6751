// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_parts.h"

#include "alloc.h"

#include <string.h>

enum check_result check_finding_result(const struct check_run *run, const struct plan *plan,
	const struct finding *finding, bool running)
{
	bool planned = finding->action != NO_ACTION;

	(void)plan;
	if (finding->severity >= SEVERITY_NOTICE || (planned && !running && run->qemu_hook))
		return CHECK_NOTE;
	return finding->severity == SEVERITY_ERROR ? CHECK_FAIL : CHECK_WARN;
}

bool check_is_among(const char *slug, const char *const *slugs)
{
	for (; *slugs; slugs++) {
		if (strcmp(slug, *slugs) == 0)
			return true;
	}
	return false;
}

size_t check_findings(struct check_run *run, const struct check_question *question,
	const char *object, const char *interface, const struct plan *plan,
	const char *const *slugs, bool running)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (!check_is_among(finding->slug, slugs))
			continue;
		check_add_finding(&run->list, question, object, interface,
			check_finding_result(run, plan, finding, running), plan, finding);
		count++;
	}
	return count;
}

void check_unknown(struct check_run *run, const struct check_question *question, const char *object)
{
	check_add(&run->list, question, object, NULL, CHECK_NOTE,
		alloc_copy(run->is_root ? "cannot be read" : "must be run as root"));
	run->list.incomplete++;
}
