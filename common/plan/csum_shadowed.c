// SPDX-License-Identifier: GPL-2.0-or-later
/* A filter of ours that packets may not come to, because others' are before it. */
#include "alloc.h"
#include "cleanup.h"
#include "conditions.h"
#include "csum.h"

static const char *const hooks[FILTER_HOOKS] = {
	[FILTER_EGRESS] = "egress",
	[FILTER_INGRESS] = "ingress",
};

/* At the subject's port, or else at its bridge. */
static enum filter_hook hook_of(const struct planning *planning, const struct subject *subject)
{
	return subject->port ? plan_port_hook(subject->port, planning->policy) : FILTER_EGRESS;
}

static const char *device_of(const struct subject *subject)
{
	return subject->port ? subject->port->name : subject->bridge->state.name;
}

void csum_in_shadow(const struct planning *planning, const struct subject *subject,
	const struct filter_state *filter, enum fill_scope scope)
{
	const struct action action = csum_filter(hook_of(planning, subject), scope,
		"others come before it, and may let packets come so far");

	if (filter->ours[IPV4] >= scope && filter->ours[IPV6] >= scope)
		return;
	if (subject->port)
		plan_add_action(planning->plan, subject, action);
	else
		csum_at_bridge(planning->plan, subject, action);
}

static char *what_is_before(const struct filter_state *filter, const char *device, const char *hook)
{
	if (filter->tcx_programs > 0)
		return alloc_format("%u tcx program%s at the %s of %s come%s before our filter, "
				    "and may end packets' way with any verdict but TCX_NEXT",
			filter->tcx_programs, filter->tcx_programs == 1 ? "" : "s", hook, device,
			filter->tcx_programs == 1 ? "s" : "");
	return alloc_format("another program's filter with priority %u at the %s of %s comes "
			    "before ours, and may end packets' way",
		filter->ending, hook, device);
}

/* Where there is room for ours we do it ourselves. */
static const char *make_room(const struct filter_state *filter)
{
	if (filter->tcx_programs > 0)
		return "detach the programs (bpftool net shows them) or have them return TCX_NEXT, "
		       "and put <driver name='qemu'/> into the guest's <interface> if packets come "
		       "in incomplete";
	return "give that program's filters (tc filter shows them) priorities of 4 or more: ours "
	       "go before them at the next event";
}

void csum_say_shadowed(const struct planning *planning, const struct subject *subject,
	const struct filter_state *filter, enum severity severity, char *evidence)
{
	CLEANUP(cleanup_free) char *meaning = evidence;
	const char *hook = hooks[hook_of(planning, subject)];
	CLEANUP(cleanup_free) char *before = what_is_before(filter, device_of(subject), hook);

	plan_add_finding(planning->plan, subject,
		(struct finding){
			.slug = "filter-shadowed",
			.severity = severity,
			.evidence = alloc_format("%s: %s", before, meaning),
			.advice = alloc_copy(make_room(filter)),
			.action = NO_ACTION,
		});
}
