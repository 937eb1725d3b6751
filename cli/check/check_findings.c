// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_parts.h"

#include "alloc.h"

#include <string.h>

/* True if a hook has something to do about it, and about all that keeps that from helping. */
static bool is_planned(const struct plan *plan, const struct finding *finding)
{
	while (finding->action != NO_ACTION && finding->beyond != NO_FINDING)
		finding = &plan->findings[finding->beyond];
	return finding->action != NO_ACTION;
}

/* True if libvirt runs the hook that the finding is for. */
static bool has_hook(const struct check_run *run, const struct finding *finding)
{
	bool of_network = finding->network && !finding->guest;

	return of_network ? run->network_hook : run->qemu_hook;
}

enum check_result check_finding_result(const struct check_run *run, const struct plan *plan,
	const struct finding *finding, bool running)
{
	/* What protects a guest. */
	if (finding->severity == SEVERITY_DEBUG)
		return CHECK_PASS;
	if (finding->severity >= SEVERITY_NOTICE ||
		(!running && has_hook(run, finding) && is_planned(plan, finding)))
		return CHECK_NOTE;
	return finding->severity == SEVERITY_ERROR ? CHECK_FAIL : CHECK_WARN;
}

bool check_is_among(const char *slug, const char *const *slugs)
{
	for (; slugs && *slugs; slugs++) {
		if (strcmp(slug, *slugs) == 0)
			return true;
	}
	return false;
}

size_t check_findings(const struct check_subject *subject, const struct check_question *question,
	const char *const *slugs)
{
	const struct plan *plan = subject->plan;
	size_t count = 0;

	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if ((subject->nic && finding->nic != subject->nic) ||
			!check_is_among(finding->slug, slugs))
			continue;
		check_add_finding(&subject->run->list, question, subject->object, NULL,
			check_finding_result(subject->run, plan, finding, false), plan, finding);
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
