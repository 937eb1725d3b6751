// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_states.h"

#include "alloc.h"
#include "cleanup.h"
#include "daemons.h"
#include "hook_links.h"
#include "hook_names.h"

#include <string.h>

/* Takes @what and @evidence. */
static void add(struct hook_states *states, const char *hook, char *what, char *evidence,
	bool passed, const char *hint)
{
	states->states = alloc_one_more(states->states, states->count, sizeof(*states->states));
	struct hook_state *state = &states->states[states->count++];

	state->hook = hook;
	state->what = what;
	state->evidence = evidence;
	state->passed = passed;
	state->hint = passed ? NULL : alloc_copy(hint);
}

static const char *link_hint(const struct hook_link *link, bool is_misplaced)
{
	if (link->trouble)
		return link->trouble;
	if (link->blocked)
		return "SELinux denies it: see /usr/share/doc/virt-netboot/confinement.md";
	if (link->path && !link->works)
		return "what the link leads to is missing: install virt-netboot again";
	if (!link->path && link->beside)
		return "another program's hook is there: virt-netboot enable";
	if (is_misplaced)
		return "place = drop-in, and the link is elsewhere: virt-netboot enable";
	return "virt-netboot enable";
}

static void add_link(struct hook_states *states, const char *root, const char *hook, bool drop_in)
{
	CLEANUP(hook_link_clear) struct hook_link link;

	hook_link_examine(root, hook, &link);
	bool is_misplaced = drop_in && link.is_first;
	bool works = link.works && !link.trouble;
	CLEANUP(cleanup_free)
	char *path = link.path ? alloc_copy(link.path) : alloc_format(HOOKDIR "/%s", hook);
	add(states, hook, alloc_format("for the hook %s", path),
		alloc_format(
			works ? "the link is %s" : "no working link of virt-netboot at %s", path),
		works && !is_misplaced, link_hint(&link, is_misplaced));
}

static void add_daemons(struct hook_states *states, const char *root)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	struct timespec since = hook_links_made(root);
	size_t count;
	CLEANUP(cleanup_free) struct daemon *daemons = daemons_find(folder, &count);

	for (size_t i = 0; i < count; i++) {
		bool looked = daemon_has_looked(root, &daemons[i], since);
		add(states, NULL,
			alloc_format("if %s (process %d) was started or reloaded since",
				daemons[i].name, daemons[i].pid),
			alloc_format("%s (process %d) was %sstarted or reloaded since the links "
				     "were made",
				daemons[i].name, daemons[i].pid, looked ? "" : "not "),
			looked, "virt-netboot enable, unless you have reloaded it yourself");
	}
}

void hook_states_find(const char *root, bool drop_in, struct hook_states *states)
{
	*states = (struct hook_states){0};
	for (size_t i = 0; i < HOOKS; i++)
		add_link(states, root, hook_names[i], drop_in);
	add_daemons(states, root);
}

bool hook_states_are_well(const struct hook_states *states, const char *hook)
{
	for (size_t i = 0; i < states->count; i++) {
		const struct hook_state *state = &states->states[i];
		if (!state->passed && (!state->hook || strcmp(state->hook, hook) == 0))
			return false;
	}
	return true;
}

void hook_states_clear(struct hook_states *states)
{
	for (size_t i = 0; i < states->count; i++) {
		free(states->states[i].what);
		free(states->states[i].evidence);
		free(states->states[i].hint);
	}
	free(states->states);
	*states = (struct hook_states){0};
}
