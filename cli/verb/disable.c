// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot disable: has libvirt run the hooks no more, and takes what they made from the
 * kernel. */
#include "alloc.h"
#include "at_boot.h"
#include "cleanup.h"
#include "daemons.h"
#include "exit_status.h"
#include "findings.h"
#include "hook_links.h"
#include "hook_names.h"
#include "hook_runs.h"
#include "one_at_a_time.h"
#include "root.h"
#include "undo_all.h"
#include "verbs.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"usage: virt-netboot disable [OPTION]...\n"
	"\n"
	"Switches the hooks off: removes their links, reloads libvirt's "
	"daemons, and removes all\n"
	"rules and filters that the hooks have made. Forward delays and "
	"zones that are as we set\n"
	"them get what they were before. Repairs at boot are switched off, too.\n"
	"\n"
	"  --root DIRECTORY   act on the directory tree there, an image for example\n";

static bool has_links(const char *root)
{
	bool found = false;

	for (size_t i = 0; !found && i < HOOKS; i++) {
		CLEANUP(hook_link_clear) struct hook_link link;
		hook_link_examine(root, hook_names[i], &link);
		found = link.path;
	}
	return found;
}

/* A package's script notes that the hooks were on for the one that runs after unpacking. If there
 * was no unpacking, the next one would find that. */
static void forget_return(const char *root)
{
	CLEANUP(cleanup_free) char *note = alloc_format("%s/run/virt-netboot.returned", root);

	(void)unlink(note);
}

/* That there were links is noted before they go: a libvirt older than 6.5 fails when one is
 * missing, until it is reloaded, so that must not be forgotten if we are killed. */
static int remove_links(const char *root)
{
	bool is_known = has_links(root) || daemons_are_noted(root);
	int result = 0;

	for (size_t i = 0; i < HOOKS; i++)
		hook_link_tidy(root, hook_names[i]);
	if (is_known) {
		daemons_wait(root);
		daemons_note(root);
		hooks_wait_for_pause(root);
	}
	for (size_t i = 0; i < HOOKS; i++) {
		if (hook_link_remove(root, hook_names[i]) < 0)
			result = -EIO;
	}
	if (!is_known)
		return result;
	if (daemons_reload(root, DAEMONS_ALL) < 0)
		return -ETIMEDOUT;
	daemons_forget(root);
	return result;
}

/* As systemd finds out [systemd src/basic/virt.c, running_in_chroot()]. */
static bool is_in_chroot(void)
{
	struct stat first_process;
	struct stat ours;

	return stat("/proc/1/root", &first_process) < 0 || stat("/", &ours) < 0 ||
	       first_process.st_dev != ours.st_dev || first_process.st_ino != ours.st_ino;
}

/*
 * Take all that is ours out of the kernel, in this network namespace. What the hooks did to ports,
 * and STP that they switched off, stays until these are configured again. Return: 0, or the first
 * negative errno.
 */
static int undo(void)
{
	CLEANUP(undo_all_clear) struct undo_all undo;

	undo_all_find(&undo);
	undo_all_apply(&undo);
	actions_print(&undo.plan);
	findings_print(&undo.plan);
	for (size_t i = 0; undo.result == 0 && i < undo.plan.action_count; i++)
		undo.result = undo.plan.actions[i].result;
	return undo.result;
}

/* The daemons first, so that no hook is started that would put back what is taken away. In a chroot
 * the network is not that of what is installed there. */
int verb_disable(int argc, char **argv)
{
	CLEANUP(cleanup_free) char *root = NULL;
	CLEANUP(cleanup_fd) int lock = -1;
	int status = root_parse(argc, argv, "disable", usage, &root, NULL);

	if (status != EXIT_DONE || !root)
		return status;
	if (!one_at_a_time(root, &lock))
		return EXIT_FAILED;
	forget_return(root);
	if (at_boot_disable(root) != 0)
		status = EXIT_FAILED;
	if (remove_links(root) != 0)
		status = EXIT_FAILED;
	if (*root)
		return status;
	hooks_wait_for_end();
	return is_in_chroot() || undo() == 0 ? status : EXIT_FAILED;
}
