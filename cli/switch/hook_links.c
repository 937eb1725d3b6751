// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * libvirt runs HOOKDIR/NAME and then, since version 6.5, each executable file in HOOKDIR/NAME.d
 * [libvirt src/util/virhook.c, virHookCall()]. Our hook takes the first name if that is free, and
 * else NAME.d/50-virt-netboot. A link is ours if it leads to a file with our hook's name, wherever
 * an earlier installation had put it; nothing else is replaced or removed.
 *
 * The targets are in /usr/sbin, because libvirtd's AppArmor profile lets it run what is there with
 * a profile of its own or none, and lets nothing in /usr/lib or /usr/local run at all [libvirt
 * src/security/apparmor/usr.sbin.libvirtd.in].
 *
 * A link is made, or replaced by another, in one step: libvirtd may look at any moment. What is
 * half made is not in NAME.d, where libvirt would run it.
 */
#include "hook_links.h"

#include "alloc.h"
#include "cleanup.h"
#include "hook_names.h"
#include "libvirt_version.h"
#include "log.h"
#include "selinux.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define BESIDE "50-virt-netboot"
#define CONFINEMENT DATADIR "/doc/virt-netboot/confinement.md"

/* Whose it is what has a name. */
enum owner { OWNER_NOBODY, OWNER_US, OWNER_OTHER };

/* One name that libvirt knows for a hook. */
struct place {
	char *path; /* without the root */
	char *file; /* with it */
	char *leads_to;
	enum owner owner;
	struct timespec made;
};

static char *target_of(const char *hook)
{
	return alloc_format(SBINDIR "/virt-netboot-%s-hook", hook);
}

static bool is_our_target(const char *target, const char *hook)
{
	CLEANUP(cleanup_free) char *name = alloc_format("/virt-netboot-%s-hook", hook);
	size_t length = strlen(target);

	return length >= strlen(name) && strcmp(target + length - strlen(name), name) == 0;
}

static char *read_link(const char *file)
{
	char target[4096];
	ssize_t length = readlink(file, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return alloc_copy(target);
}

/* What cannot be looked at, as a file where a folder should be, counts as somebody else's. */
static void examine_place(const char *hook, struct place *place)
{
	struct stat status;

	place->owner = OWNER_OTHER;
	if (lstat(place->file, &status) < 0) {
		if (errno == ENOENT)
			place->owner = OWNER_NOBODY;
		return;
	}
	place->made = status.st_ctim;
	place->leads_to = read_link(place->file);
	if (place->leads_to && is_our_target(place->leads_to, hook))
		place->owner = OWNER_US;
}

static struct place first_place(const char *root, const char *hook)
{
	struct place place = {.path = alloc_format(HOOKDIR "/%s", hook)};

	place.file = alloc_format("%s%s", root, place.path);
	examine_place(hook, &place);
	return place;
}

static struct place place_beside(const char *root, const char *hook)
{
	struct place place = {.path = alloc_format(HOOKDIR "/%s.d/" BESIDE, hook)};

	place.file = alloc_format("%s%s", root, place.path);
	examine_place(hook, &place);
	return place;
}

static void place_clear(struct place *place)
{
	free(place->path);
	free(place->file);
	free(place->leads_to);
}

void hook_link_clear(struct hook_link *link)
{
	free(link->path);
}

/* Through a link of an earlier installation to a program of that, or to ours, which has its worker.
 */
static bool leads_to_hook(const char *root, const char *hook, const struct place *place)
{
	CLEANUP(cleanup_free) char *target = target_of(hook);
	CLEANUP(cleanup_free) char *program = alloc_format("%s%s", root, target);
	CLEANUP(cleanup_free)
	char *worker = alloc_format("%s" LIBEXECDIR "/%s-worker.so", root, hook);

	if (strcmp(place->leads_to, target) != 0) {
		CLEANUP(cleanup_free) char *other = alloc_format("%s%s", root, place->leads_to);
		return access(*root ? other : place->file, X_OK) == 0;
	}
	return access(program, X_OK) == 0 && access(worker, R_OK) == 0;
}

void hook_link_examine(const char *root, const char *hook, struct hook_link *link)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	const struct place *ours = first.owner == OWNER_US    ? &first
				   : beside.owner == OWNER_US ? &beside
							      : NULL;

	*link = (struct hook_link){.beside = first.owner == OWNER_OTHER};
	if (!ours)
		return;
	link->path = alloc_copy(ours->path);
	link->blocked = !*root && selinux_blocks(hook, ours->file);
	link->works = !link->blocked && leads_to_hook(root, hook, ours);
	link->made = ours->made;
}

/* Like mkdir -p for the folder that @file is to be in. */
static int make_folders(const char *file)
{
	CLEANUP(cleanup_free) char *path = alloc_copy(file);

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* What replace_link() leaves if it is killed. */
static char *half_made_link(const char *root, const char *hook)
{
	return alloc_format("%s" HOOKDIR "/.virt-netboot-%s.new", root, hook);
}

/* A link of ours that leads elsewhere gives way to a new one. */
static int replace_link(
	const char *root, const char *hook, const struct place *place, const char *target)
{
	CLEANUP(cleanup_free) char *new = half_made_link(root, hook);

	if (unlink(new) < 0 && errno != ENOENT)
		return -errno;
	if (symlink(target, new) < 0 || rename(new, place->file) < 0)
		return -errno;
	return 0;
}

/* What came to a name that was free does not give way. */
static int make_link(
	const char *root, const char *hook, const struct place *place, const char *target)
{
	int result;

	if (place->owner == OWNER_US && strcmp(place->leads_to, target) == 0)
		return 0;
	if (place->owner == OWNER_US) {
		result = replace_link(root, hook, place, target);
	} else {
		result = make_folders(place->file);
		if (result == 0 && symlink(target, place->file) < 0)
			result = -errno;
	}
	if (result != 0)
		log_error("cannot make the link %s: %s", place->file, strerror(-result));
	return result;
}

static int remove_link(const struct place *place)
{
	if (place->owner != OWNER_US)
		return 0;
	if (unlink(place->file) == 0)
		return 1;
	int error = errno;
	log_error("cannot remove the link %s: %s", place->file, strerror(error));
	return -error;
}

/* Somebody else's hook has the first name. */
static int add_beside(const char *root, const char *hook, const struct place *first,
	const struct place *beside, const char *target)
{
	bool is_new = beside->owner != OWNER_US;

	if (beside->owner == OWNER_OTHER) {
		log_error("%s and %s are both somebody else's and stay; our hook is not active",
			first->path, beside->path);
		return -EEXIST;
	}
	if (!libvirt_runs_hook_folders(root)) {
		log_error("%s is somebody else's and stays, and this libvirt, older than 6.5, runs "
			  "no other: put at its end\n"
			  "    [ ! -x %s ] || exec %s \"$@\"",
			first->path, target, target);
		return -EEXIST;
	}
	int result = make_link(root, hook, beside, target);
	if (result == 0 && is_new)
		printf("%s is somebody else's and stays. virt-netboot's hook is %s, which libvirt "
		       "runs since version 6.5.\n",
			first->path, beside->path);
	return result;
}

int hook_link_add(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	CLEANUP(cleanup_free) char *target = target_of(hook);

	if (!*root && selinux_blocks(hook, target)) {
		log_error("the %s hook is not linked: with SELinux as it is libvirt could not run "
			  "it, and would start no %s; " CONFINEMENT " says what to do",
			hook, hook);
		(void)hook_link_remove(root, hook);
		return -EACCES;
	}
	if (first.owner == OWNER_OTHER)
		return add_beside(root, hook, &first, &beside, target);
	return make_link(root, hook, &first, target);
}

bool hook_link_is_double(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);

	return first.owner == OWNER_US && beside.owner == OWNER_US;
}

/* The folder is gone with our link if nobody else has anything in it. */
static int remove_beside(const struct place *beside)
{
	int result = remove_link(beside);

	if (result == 1) {
		CLEANUP(cleanup_free) char *folder = alloc_copy(beside->file);
		*strrchr(folder, '/') = '\0';
		(void)rmdir(folder);
	}
	return result;
}

int hook_link_remove_second(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	int removed = remove_link(&beside);

	return removed < 0 ? removed : 0;
}

int hook_link_remove(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	CLEANUP(cleanup_free) char *half = half_made_link(root, hook);
	int removed = remove_link(&first);

	(void)unlink(half);
	int removed_beside = remove_beside(&beside);

	return removed < 0          ? removed
	       : removed_beside < 0 ? removed_beside
				    : removed + removed_beside;
}

struct timespec hook_links_made(const char *root)
{
	struct timespec newest = {0};

	for (size_t i = 0; i < HOOKS; i++) {
		CLEANUP(hook_link_clear) struct hook_link link;
		hook_link_examine(root, hook_names[i], &link);
		if (link.path && (link.made.tv_sec > newest.tv_sec ||
					 (link.made.tv_sec == newest.tv_sec &&
						 link.made.tv_nsec > newest.tv_nsec)))
			newest = link.made;
	}
	return newest;
}
