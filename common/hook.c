// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook.h"

#include "cleanup.h"
#include "guard.h"
#include "log.h"
#include "metadata.h"
#include "xml.h"

#include <fcntl.h>
#include <string.h>

struct task {
	const struct hook *hook;
	struct event event;
};

static void print_usage(FILE *file, const struct hook *hook)
{
	fprintf(file,
		"usage: %s OBJECT OPERATION SUBOPERATION EXTRA <XML\n"
		"\n"
		"A hook that libvirtd runs; see virt-netboot-hooks(7).\n"
		"Operations that it acts on:",
		hook->program);
	for (const struct operation *operation = hook->operations; operation->name; operation++) {
		if (operation->kind != EVENT_IGNORED)
			fprintf(file, " %s", operation->name);
	}
	fprintf(file, "\n");
}

/* A descriptor that is closed would be taken by the next file to be opened. */
static void open_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			return;
	}
}

static void do_task(void *argument)
{
	const struct task *task = argument;
	CLEANUP(cleanup_free) char *text = NULL;
	struct policy policy;
	size_t length;

	guard_step("reading the configuration");
	policy_read(POLICY_FILE, &policy);
	log_set_level(policy.log_level);
	guard_set_deadline(policy.deadline);

	guard_step("reading the XML");
	int result = event_read_xml(STDIN_FILENO, &text, &length);
	if (result != 0) {
		log_error("XML not read: %s", strerror(-result));
		return;
	}
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = xml_parse("XML", text, length);
	if (!doc)
		return;
	metadata_read(xmlDocGetRootElement(doc), &policy);
	task->hook->work(&task->event, xmlDocGetRootElement(doc), &policy);
}

int hook_main(int argc, char **argv, const struct hook *hook)
{
	struct task task = {.hook = hook};

	open_standard_descriptors();
	if (argc < 2) {
		print_usage(stderr, hook);
		return 2;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_usage(stdout, hook);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		printf("%s %s\n", hook->program, VERSION);
		return 0;
	}
	log_set_object(hook->object, argv[1]);
	if (event_from_arguments(argc, argv, hook->operations, &task.event) != 0) {
		log_warning("%s called without an operation", hook->program);
		return 0;
	}
	if (task.event.kind == EVENT_IGNORED)
		return 0;
	if (task.event.kind == EVENT_UNKNOWN) {
		log_warning("%s does not know the operation '%s'; nothing was done", hook->program,
			task.event.operation);
		return 0;
	}
	return guard_run(do_task, &task);
}
