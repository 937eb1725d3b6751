// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * libvirt runs HOOKDIR/NAME and then, since version 6.5, each executable file in HOOKDIR/NAME.d
 * [libvirt src/util/virhook.c, virHookCall()]. Our hook takes the first name if that is free, and
 * else NAME.d/50-virt-netboot, where it stays: it may have been put there by --drop-in. A link is
 * ours if it leads to a file with our hook's name, wherever an earlier installation had put it;
 * nothing else is replaced or removed.
 *
 * The targets are in /usr/sbin, because libvirtd's AppArmor profile lets it run what is there with
 * a profile of its own or none, and lets nothing in /usr/lib or /usr/local run at all [libvirt
 * src/security/apparmor/usr.sbin.libvirtd.in].
 *
 * A link is made, or replaced by another, in one step: libvirtd may look at any moment. What is
 * half made is not in NAME.d, where libvirt would run it.
 *
 * `wget -O HOOKDIR/qemu`, `cp` and `tee` write through a link and replace what it leads to. So what
 * is there is judged by its content, and what is not ours is moved to where that person meant to
 * put it, HOOKDIR/qemu, before anything else is done (hook_save.h). A copy of our program is in
 * LIBEXECDIR.
 */
#include "hook_links.h"

#include "alloc.h"
#include "cleanup.h"
#include "hook_content.h"
#include "hook_names.h"
#include "hook_save.h"
#include "libvirt_version.h"
#include "log.h"
#include "root.h"
#include "selinux.h"

#include <errno.h>
#include <fcntl.h>
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
	char *trouble; /* why its owner is not known: OWNER_OTHER; or NULL */
	enum owner owner;
	struct timespec made;
};

/* How often what a person changes meanwhile is looked at again. */
#define ATTEMPTS 10

/* Of links to links [path_resolution(7)]. */
#define LINKS_MAX 40

static char *target_of(const char *hook)
{
	return alloc_format(SBINDIR "/virt-netboot-%s-hook", hook);
}

/* The file that is where a folder should be, or NULL. The caller frees. */
static char *file_in_the_way(const char *file)
{
	CLEANUP(cleanup_free) char *path = alloc_copy(file);
	struct stat status;

	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
			return alloc_copy(path);
		*slash = '/';
	}
	return NULL;
}

static char *trouble_with(const char *file, int error)
{
	CLEANUP(cleanup_free) char *in_the_way = error == ENOTDIR ? file_in_the_way(file) : NULL;

	return in_the_way ? alloc_format("%s is a file, not a directory", in_the_way)
			  : alloc_format("cannot read %s: %s", file, strerror(error));
}

/* What cannot be looked at counts as somebody else's, and is not touched. */
static void examine_place(const char *hook, struct place *place)
{
	struct stat status;

	place->owner = OWNER_OTHER;
	if (lstat(place->file, &status) < 0) {
		if (errno == ENOENT)
			place->owner = OWNER_NOBODY;
		else
			place->trouble = trouble_with(place->file, errno);
		return;
	}
	place->made = status.st_ctim;
	if (!S_ISLNK(status.st_mode))
		return;
	place->leads_to = link_read(place->file);
	if (!place->leads_to)
		place->trouble = trouble_with(place->file, errno);
	else if (hook_is_target(place->leads_to, hook))
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
	free(place->trouble);
}

void hook_link_clear(struct hook_link *link)
{
	free(link->path);
	free(link->trouble);
}

/* What the link @file, which says @target, leads to in a tree of files. The caller frees. */
static char *link_end(const char *root, const char *file, const char *target)
{
	const char *slash = strrchr(file, '/');

	return *target == '/' ? alloc_format("%s%s", root, target)
			      : alloc_format("%.*s/%s", (int)(slash - file), file, target);
}

/* What is written to @name gets there: the end of all links. NULL if they lead out of the tree, or
 * round in circles. The caller frees. */
static char *follow(const char *root, const char *name)
{
	char *file = alloc_copy(name);
	char *target = link_read(file);

	for (int links = 0; target && links < LINKS_MAX; links++) {
		char *end = link_end(root, file, target);
		free(file);
		free(target);
		file = end;
		target = link_read(file);
	}
	if (target || (*root && !root_holds(root, file))) {
		free(file);
		file = NULL;
	}
	free(target);
	return file;
}

/* Our link's file. NULL for a link that is not ours, and as above. */
static char *written_through(const char *root, const struct place *place)
{
	return place->owner == OWNER_US ? follow(root, place->file) : NULL;
}

static bool is_same_file(const char *one, const char *other)
{
	struct stat status[2];

	return strcmp(one, other) == 0 ||
	       (stat(one, &status[0]) == 0 && stat(other, &status[1]) == 0 &&
		       status[0].st_dev == status[1].st_dev &&
		       status[0].st_ino == status[1].st_ino);
}

static bool leads_to(const char *root, const struct place *place, const char *file)
{
	CLEANUP(cleanup_free) char *written = written_through(root, place);

	return written && is_same_file(written, file);
}

static char *program_file(const char *root, const char *hook)
{
	CLEANUP(cleanup_free) char *target = target_of(hook);

	return alloc_format("%s%s", root, target);
}

static char *spare_file(const char *root, const char *hook)
{
	return alloc_format("%s" LIBEXECDIR "/%s-hook", root, hook);
}

/* What is wrong with a file that libvirt is to run as our hook; NULL if nothing is, or nothing is
 * there. The caller frees. */
static char *trouble_with_content(const char *hook, const char *file, const char *spare)
{
	int content = content_of(file, hook);

	if (content < 0)
		return trouble_with(file, -content);
	if (content == CONTENT_EMPTY)
		return alloc_format("%s is empty: virt-netboot enable repairs it", file);
	if (content == CONTENT_OTHER)
		return alloc_format("%s is another program's, written over ours: virt-netboot "
				    "enable saves it, and puts ours back",
			file);
	if (content == CONTENT_OURS && access(file, X_OK) < 0)
		return alloc_format("%s cannot be executed: virt-netboot enable repairs it", file);
	if (content == CONTENT_OURS && content_has_more(file, spare))
		return alloc_format("something was added to the end of %s: virt-netboot enable "
				    "saves it, and puts ours back",
			file);
	if (content == CONTENT_OURS && content_is_of_other_build(file, spare))
		return alloc_format("%s and %s are of different versions: install virt-netboot "
				    "again",
			file, spare);
	return NULL;
}

/* Of our program, and of what a link of an earlier installation leads to. */
static char *trouble_with_program(const char *root, const char *hook, const struct place *ours)
{
	CLEANUP(cleanup_free) char *program = program_file(root, hook);
	CLEANUP(cleanup_free) char *spare = spare_file(root, hook);
	CLEANUP(cleanup_free) char *written = ours ? written_through(root, ours) : NULL;
	char *trouble = trouble_with_content(hook, program, spare);

	if (trouble || !written || is_same_file(written, program))
		return trouble;
	return trouble_with_content(hook, written, written);
}

/* Through a link of an earlier installation to a program of that, or to ours, which has its worker.
 */
static bool leads_to_hook(const char *root, const char *hook, const struct place *place)
{
	CLEANUP(cleanup_free) char *program = program_file(root, hook);
	CLEANUP(cleanup_free) char *written = written_through(root, place);
	CLEANUP(cleanup_free)
	char *worker = alloc_format("%s" LIBEXECDIR "/%s-worker.so", root, hook);

	if (!written)
		return false;
	if (!is_same_file(written, program))
		return content_of(written, hook) == CONTENT_OURS && access(written, X_OK) == 0;
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
	link->trouble = first.trouble    ? alloc_copy(first.trouble)
			: beside.trouble ? alloc_copy(beside.trouble)
					 : trouble_with_program(root, hook, ours);
	if (!ours)
		return;
	link->path = alloc_copy(ours->path);
	link->is_first = ours == &first;
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

/* A link of ours that leads elsewhere gives way to a new one. What came to a name that was free
 * does not: -EAGAIN. */
static int make_link(const char *root, const struct place *place, const char *target)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	int result;

	if (place->owner == OWNER_US && strcmp(place->leads_to, target) == 0)
		return 0;
	if (place->owner == OWNER_US) {
		result = save_replace_link(folder, target, place->file, place->leads_to);
	} else {
		result = make_folders(place->file);
		if (result == 0 && symlink(target, place->file) < 0)
			result = errno == EEXIST ? -EAGAIN : -errno;
	}
	if (result != 0 && result != -EAGAIN)
		log_error("cannot make the link %s: %s", place->file, strerror(-result));
	return result;
}

static int remove_link(const char *root, const char *hook, const struct place *place)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	int result = place->owner == OWNER_US ? save_remove_link(folder, place->file, hook) : 0;

	if (result < 0)
		log_error("cannot remove the link %s: %s", place->file, strerror(-result));
	return result;
}

static int say_trouble(const struct place *place)
{
	if (!place->trouble)
		return 0;
	log_error("%s", place->trouble);
	return -EIO;
}

/* Copy what a person has written to @file to where that person meant to put it. What was @added to
 * our program was never run, and what it belongs to is not known. */
static int save_written(const char *root, const char *file, bool added, const struct place *first,
	const struct place *beside, char **saved)
{
	CLEANUP(cleanup_free) char *folder = hook_folder(root);

	if (!added && leads_to(root, first, file)) {
		*saved = alloc_copy(first->file);
		return save_over_link(file, first->file, first->leads_to);
	}
	/* After a command that was killed. */
	if (content_is_same(first->file, file)) {
		*saved = alloc_copy(first->file);
		return 0;
	}
	/* It was run by way of the second name, and still is; or it was not run, and still is not.
	 */
	CLEANUP(cleanup_free)
	char *name = !added && leads_to(root, beside, file) ? alloc_format("%s-saved", beside->file)
							    : alloc_format("%s.saved", first->file);
	int result = make_folders(name);
	return result != 0 ? result : save_as(file, folder, name, saved);
}

static bool can_come_back(const char *root, const char *hook, const char *program)
{
	CLEANUP(cleanup_free) char *spare = spare_file(root, hook);

	return content_of(spare, hook) == CONTENT_OURS && root_holds(root, program);
}

static int put_back(const char *root, const char *hook, const char *program, const char *saved)
{
	CLEANUP(cleanup_free) char *spare = spare_file(root, hook);
	int result =
		can_come_back(root, hook, program) ? save_put_back(program, spare, saved) : -ENOENT;

	if (result != 0 && result != -EAGAIN)
		log_error("cannot put our program back to %s from %s: %s; install virt-netboot "
			  "again",
			program, spare, strerror(-result));
	return result;
}

static void say_saved(const char *file, bool added, const char *saved)
{
	if (added)
		printf("Something was added to the end of %s, by way of a link of ours; with that "
		       "it is now %s.\n",
			file, saved);
	else
		printf("%s was written over by another program's hook, by way of a link of ours; "
		       "that hook is now %s.\n",
			file, saved);
}

/* Save what is in @file, if a person has written it. If that is our program's place, the program
 * comes back. Return: 0, -EAGAIN, or another negative errno after a message. */
static int rescue_file(const char *root, const char *hook, const char *file,
	const struct place *first, const struct place *beside)
{
	CLEANUP(cleanup_free) char *program = program_file(root, hook);
	CLEANUP(cleanup_free) char *spare = spare_file(root, hook);
	CLEANUP(cleanup_free) char *saved = NULL;
	bool is_program = is_same_file(file, program);
	int content = content_of(file, hook);
	int result = 0;

	if (content < 0) {
		CLEANUP(cleanup_free) char *trouble = trouble_with(file, -content);
		log_error("%s", trouble);
		return content;
	}
	bool added = content == CONTENT_OURS && is_program && content_has_more(file, spare);
	if (content == CONTENT_ABSENT || (content == CONTENT_OURS && !added) ||
		(content == CONTENT_EMPTY && !is_program))
		return 0;
	/* The second name would lead to it still, and libvirt would run it twice. */
	if (is_program && leads_to(root, beside, file) && !can_come_back(root, hook, file))
		return put_back(root, hook, file, NULL);
	if (content != CONTENT_EMPTY)
		result = save_written(root, file, added, first, beside, &saved);
	if (result == -EAGAIN)
		return result;
	if (result != 0) {
		log_error("%s is not ours, and cannot be saved: %s", file, strerror(-result));
		return result;
	}
	if (saved)
		say_saved(file, added, saved);
	if (is_program)
		result = put_back(root, hook, file, saved);
	if (is_program && result == 0)
		printf("virt-netboot's own %s is back.\n", file);
	return result;
}

/* Where our links lead, and where our program is. */
static int rescue_once(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	CLEANUP(cleanup_free) char *by_first = written_through(root, &first);
	CLEANUP(cleanup_free) char *by_beside = written_through(root, &beside);
	CLEANUP(cleanup_free) char *program = program_file(root, hook);
	CLEANUP(cleanup_free) char *by_itself = follow(root, program);
	const char *files[] = {by_first, by_beside, by_itself ? by_itself : program};
	int result = say_trouble(&first);

	for (size_t i = 0; result == 0 && i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i])
			result = rescue_file(root, hook, files[i], &first, &beside);
	}
	return result;
}

/* Return: 0, or a negative errno after a message: then what a person has written is where it was.
 */
static int rescue(const char *root, const char *hook)
{
	int result = -EAGAIN;

	for (int i = 0; result == -EAGAIN && i < ATTEMPTS; i++)
		result = rescue_once(root, hook);
	if (result == -EAGAIN)
		log_error("the %s hook's files change all the time", hook);
	return result;
}

/* Somebody else's hook has the first name, or is to get it. */
static int add_beside(
	const char *root, const struct place *first, const struct place *beside, const char *target)
{
	bool is_new = beside->owner != OWNER_US;
	bool is_taken = first->owner == OWNER_OTHER;

	if (say_trouble(beside) != 0)
		return -EIO;
	if (beside->owner == OWNER_OTHER && is_taken) {
		log_error(
			"%s and %s belong to other programs and were kept; our hook is not active",
			first->path, beside->path);
		return -EEXIST;
	}
	if (beside->owner == OWNER_OTHER) {
		log_error("%s belongs to another program and was kept; our hook is not there",
			beside->path);
		return -EEXIST;
	}
	if (!libvirt_runs_hook_folders(root) && !is_taken) {
		log_error("this libvirt, older than 6.5, does not run %s: leave out --drop-in, and "
			  "place = drop-in in " SYSCONFDIR "/virt-netboot.conf",
			beside->path);
		return -EOPNOTSUPP;
	}
	if (!libvirt_runs_hook_folders(root)) {
		log_error("%s belongs to another program and was kept. libvirt before 6.5 runs "
			  "only one hook per driver; add this to its end: "
			  "[ ! -x %s ] || exec %s \"$@\"",
			first->path, target, target);
		return -EEXIST;
	}
	int result = make_link(root, beside, target);
	if (result == 0 && is_new && is_taken)
		printf("%s belongs to another program and was kept. virt-netboot's hook is %s, "
		       "which libvirt runs since version 6.5.\n",
			first->path, beside->path);
	return result;
}

static int add_once(const char *root, const char *hook, bool drop_in)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	CLEANUP(cleanup_free) char *target = target_of(hook);
	bool is_beside = first.owner == OWNER_NOBODY && beside.owner == OWNER_US;

	if (drop_in || first.owner == OWNER_OTHER || (is_beside && libvirt_runs_hook_folders(root)))
		return add_beside(root, &first, &beside, target);
	int result = make_link(root, &first, target);
	return result == 0 ? say_trouble(&beside) : result;
}

/* `chmod -x` of a link is one of our program. */
static int make_executable(const char *root, const char *hook)
{
	CLEANUP(cleanup_free) char *program = program_file(root, hook);

	if (content_of(program, hook) != CONTENT_OURS || access(program, X_OK) == 0)
		return 0;
	int result = !root_holds(root, program) ? -EXDEV : chmod(program, 0755) < 0 ? -errno : 0;
	if (result != 0)
		log_error("%s cannot be executed, and its mode not be changed: %s", program,
			strerror(-result));
	return result;
}

int hook_link_add(const char *root, const char *hook, bool drop_in)
{
	CLEANUP(cleanup_free) char *target = target_of(hook);
	int result = rescue(root, hook);

	if (result == 0)
		result = make_executable(root, hook);
	if (result != 0)
		return result;
	if (!*root && selinux_blocks(hook, target)) {
		log_error("the %s hook is not linked: with SELinux as it is libvirt could not run "
			  "it, and would start no %s; " CONFINEMENT " says what to do",
			hook, hook);
		(void)hook_link_remove(root, hook);
		return -EACCES;
	}
	result = -EAGAIN;
	for (int i = 0; result == -EAGAIN && i < ATTEMPTS; i++)
		result = add_once(root, hook, drop_in);
	return result;
}

bool hook_link_is_double(const char *root, const char *hook)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);

	return first.owner == OWNER_US && beside.owner == OWNER_US;
}

/* The folder is gone with our link if nobody else has anything in it. */
static int remove_beside(const char *root, const char *hook, const struct place *beside)
{
	int result = remove_link(root, hook, beside);

	if (result == 1) {
		CLEANUP(cleanup_free) char *folder = alloc_copy(beside->file);
		*strrchr(folder, '/') = '\0';
		(void)rmdir(folder);
	}
	return result;
}

int hook_link_remove_second(const char *root, const char *hook, bool drop_in)
{
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	int removed = 0;

	if (first.owner == OWNER_US && beside.owner == OWNER_US)
		removed = drop_in ? remove_link(root, hook, &first)
				  : remove_beside(root, hook, &beside);
	/* A person may have taken the name of the other one, before this or since. */
	return removed < 0 ? removed : hook_link_add(root, hook, drop_in);
}

int hook_link_remove(const char *root, const char *hook)
{
	int result = rescue(root, hook);

	if (result != 0)
		return result;
	CLEANUP(place_clear) struct place first = first_place(root, hook);
	CLEANUP(place_clear) struct place beside = place_beside(root, hook);
	int removed = remove_link(root, hook, &first);
	int removed_beside =
		beside.trouble ? say_trouble(&beside) : remove_beside(root, hook, &beside);

	return removed < 0          ? removed
	       : removed_beside < 0 ? removed_beside
				    : removed + removed_beside;
}

void hook_link_tidy(const char *root, const char *hook)
{
	CLEANUP(cleanup_free) char *program = program_file(root, hook);
	CLEANUP(cleanup_free) char *folder = hook_folder(root);
	CLEANUP(cleanup_free) char *first = alloc_format("%s/%s", folder, hook);
	CLEANUP(cleanup_free) char *saved = alloc_format("%s.saved", first);
	CLEANUP(cleanup_free) char *beside = alloc_format("%s.d/" BESIDE "-saved", first);
	CLEANUP(cleanup_free) char *programs = alloc_format("%s" SBINDIR, root);
	CLEANUP(cleanup_free) char *spare = spare_file(root, hook);
	const char *const others[] = {program, spare, first, saved, beside, NULL};

	save_tidy(folder, hook, others);
	save_tidy(programs, hook, others);
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
