// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include "alloc.h"
#include "check_devices.h"
#include "check_parts.h"
#include "check_progress.h"
#include "check_writers.h"
#include "cleanup.h"
#include "clock.h"
#include "exit_status.h"
#include "gather_memory.h"
#include "host.h"
#include "log.h"
#include "message.h"
#include "named_device.h"
#include "output_file.h"
#include "policy_file.h"
#include "terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct check_question libvirt_reached = {
	CHECK_HOST, "host-libvirt", "connection to libvirt"};

/* Without libvirt there is no saying whether networks and guests are well. */
static int no_libvirt(struct check_run *run, const struct targets *targets, int result)
{
	struct check_line *line;

	/* One that does not run has no guests; one that hangs has. */
	if (result == -ETIMEDOUT)
		run->list.incomplete++;
	if (!targets->all) {
		log_error("libvirt's daemon cannot be reached: %s", libvirt_trouble());
		return -ENOTCONN;
	}
	line = check_add(&run->list, &libvirt_reached, NULL, NULL, CHECK_NOTE,
		alloc_format("networks and guests are not checked: %s", libvirt_trouble()));
	line->evidence = alloc_copy(libvirt_trouble());
	line->advice = alloc_format("%sstart libvirt's daemon, or give its URI with --connect",
		run->is_root ? "" : "run this as root, or ");
	return 0;
}

typedef int list_reader(struct libvirt *libvirt, const char *name, struct libvirt_list *list);
typedef void object_checker(struct check_run *run, const struct libvirt_object *object);

/* All objects of a kind, or the one of that name. What cannot be read is said. */
static int read_objects(struct libvirt *libvirt, const char *name, list_reader *read,
	const char *kind, struct libvirt_list *list)
{
	int result = read(libvirt, name, list);

	if (result == -ENOENT && name)
		log_error("there is no %s '%s'", kind, name);
	else if (result != 0)
		log_error("libvirt's %ss cannot be read: %s", kind, libvirt_trouble());
	return result;
}

static void check_each(struct check_run *run, const struct libvirt_list *list,
	object_checker *check, const char *kind)
{
	for (size_t i = 0; i < list->count; i++) {
		check_progress(kind, i, list->count);
		check(run, &list->objects[i]);
	}
}

static void check_objects(struct check_run *run, struct libvirt *libvirt, const char *name,
	list_reader *read, object_checker *check, const char *kind)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list list = {0};

	read_objects(libvirt, name, read, kind, &list);
	check_each(run, &list, check, kind);
}

/* Which bridges libvirt's networks have has to be known for them. */
static void check_guests(struct check_run *run, struct libvirt *libvirt,
	const struct targets *targets, const struct libvirt_list *networks)
{
	run->networks = networks;
	if (targets->all)
		check_objects(run, libvirt, NULL, libvirt_guests, check_guest, "guest");
	for (size_t i = 0; i < targets->guests.count; i++)
		check_objects(run, libvirt, targets->guests.names[i], libvirt_guests, check_guest,
			"guest");
	run->networks = NULL;
}

static void check_networks_and_guests(
	struct check_run *run, struct libvirt *libvirt, const struct targets *targets)
{
	CLEANUP(libvirt_list_clear) struct libvirt_list networks = {0};
	bool guests = targets->all || targets->guests.count > 0;
	int result = 0;

	gather_remember();
	if (guests)
		result = read_objects(libvirt, NULL, libvirt_networks, "network", &networks);
	if (targets->all)
		check_each(run, &networks, check_network, "network");
	for (size_t i = 0; i < targets->networks.count; i++)
		check_objects(run, libvirt, targets->networks.names[i], libvirt_networks,
			check_network, "network");
	if (guests)
		check_guests(run, libvirt, targets, result == 0 ? &networks : NULL);
	gather_forget();
}

static int check_libvirt(struct check_run *run, const struct targets *targets)
{
	CLEANUP(libvirt_close) struct libvirt *libvirt = NULL;
	int result = libvirt_open(targets->uri, &libvirt);

	if (result == -ENOTCONN || result == -ETIMEDOUT)
		return no_libvirt(run, targets, result);
	if (result != 0)
		return result;
	if (targets->all)
		check_add(&run->list, &libvirt_reached, NULL, NULL, CHECK_PASS, NULL);
	check_networks_and_guests(run, libvirt, targets);
	return 0;
}

static void check_named_bridges(struct check_run *run, const struct target_names *named)
{
	struct target_names bridges = named_bridges_find(named);

	check_bridges(run, bridges.names, bridges.count);
	free(bridges.names);
}

/* Return: 0, or -EINVAL if it was asked for something that is refused. */
static int check_everything(struct check_run *run, const struct targets *targets)
{
	CLEANUP(check_devices_clear) struct check_devices devices = {0};
	int result = 0;

	if (targets->all || targets->bridges.count > 0 || targets->guests.count > 0)
		check_devices_read(&devices);
	run->ports = &devices.ports;
	check_firewall_read(run);
	check_hooks(run, targets->all);
	if (targets->all) {
		check_host(run);
		check_bridges(run, devices.bridges, devices.bridge_count);
	}
	check_named_bridges(run, &targets->bridges);
	if (targets->all || targets->networks.count > 0 || targets->guests.count > 0)
		result = check_libvirt(run, targets);
	check_firewall_clear(run);
	run->ports = NULL;
	return result == -EINVAL ? result : 0;
}

static int write_format(
	FILE *file, const struct check_list *list, const struct check_request *request)
{
	const struct check_style style = {
		.quiet = request->quiet,
		.colour = terminal_has_styles(),
	};

	if (request->format == LOOK_JSON)
		return check_write_json(file, list);
	if (request->format == LOOK_PROMETHEUS)
		check_write_prometheus(file, list);
	else
		check_write_text(file, list, &style);
	return 0;
}

struct output {
	const struct check_list *list;
	const struct check_request *request;
};

static int write_output(FILE *file, const void *argument)
{
	const struct output *output = argument;

	return write_format(file, output->list, output->request);
}

/* Return: 0, or a negative errno after a message, unless standard output failed: main() tells. */
static int put_out(const struct check_list *list, const struct check_request *request)
{
	const struct output output = {list, request};

	if (request->output)
		return output_file_write(request->output, write_output, &output);
	return write_format(stdout, list, request);
}

static int status_of(const struct check_list *list)
{
	if (list->incomplete > 0)
		return EXIT_FAILED;
	if (check_count(list, CHECK_FAIL) > 0)
		return EXIT_FAULTS;
	return check_count(list, CHECK_WARN) > 0 ? EXIT_LEFT : EXIT_DONE;
}

int check_main(const struct check_request *request)
{
	struct check_run run = {.is_root = geteuid() == 0};
	long long start = clock_now();

	host_only_look();
	check_progress("host", 0, 1);
	policy_read(POLICY_FILE, &run.policy);
	size_t harmless = messages_said();
	if (check_everything(&run, &request->targets) != 0) {
		check_list_clear(&run.list);
		return EXIT_USAGE;
	}
	run.list.incomplete += messages_said() - harmless;
	run.list.seconds = (double)(clock_now() - start) / (double)NANOSECONDS;
	check_progress_end();
	int status = status_of(&run.list);
	if (put_out(&run.list, request) != 0)
		status = EXIT_FAILED;
	check_list_clear(&run.list);
	return status;
}
