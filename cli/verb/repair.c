// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot repair: do now, for what runs, what the hooks do at events; or take it back. */
#include "repair_request.h"

#include "cleanup.h"
#include "exit_status.h"
#include "log.h"
#include "look_file.h"
#include "option_values.h"
#include "verbs.h"

#include <getopt.h>
#include <stdlib.h>

static const char usage[] =
	"usage: virt-netboot repair [OPTION]...\n"
	"\n"
	"Does now what the hooks do when networks and guests start, for those that run, and looks\n"
	"again. Prints a line for each change, and one for what is left and why.\n"
	"\n"
	"  --all              libvirt's active networks and running guests (default)\n"
	"  --bridge BRIDGE    only this bridge and the guests on it\n"
	"  --network NETWORK  only this network of libvirt and the guests on it\n"
	"  --domain GUEST     only this guest; all three may be given more than once\n"
	"  --dry-run          print what would be changed, and change nothing\n"
	"  --firewall         also probe each bridge and network, and let pass what a firewall "
	"drops\n"
	"  --undo             remove everything that virt-netboot added to this host\n"
	"  --format text|json what to print (default: text)\n"
	"  --connect URI      of libvirt's daemon on this host (default: qemu:///system)\n"
	"\n"
	"Must be run as root. Exit status: 0 if nothing is left, 1 for warnings, 2 if something "
	"is\n"
	"left that keeps guests from their addresses, 3 if a change failed. With --dry-run 1 if\n"
	"something would be changed.\n";

enum option_key {
	OPTION_ALL = 1,
	OPTION_BRIDGE,
	OPTION_NETWORK,
	OPTION_DOMAIN,
	OPTION_DRY_RUN,
	OPTION_FIREWALL,
	OPTION_UNDO,
	OPTION_FORMAT,
	OPTION_CONNECT,
	OPTION_HELP,
};

static const struct option options[] = {
	{"all", no_argument, NULL, OPTION_ALL},
	{"bridge", required_argument, NULL, OPTION_BRIDGE},
	{"network", required_argument, NULL, OPTION_NETWORK},
	{"domain", required_argument, NULL, OPTION_DOMAIN},
	{"dry-run", no_argument, NULL, OPTION_DRY_RUN},
	{"firewall", no_argument, NULL, OPTION_FIREWALL},
	{"undo", no_argument, NULL, OPTION_UNDO},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"connect", required_argument, NULL, OPTION_CONNECT},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

/* After a message. */
static int usage_error(void)
{
	fputs("virt-netboot repair --help says more.\n", stderr);
	return EXIT_USAGE;
}

static int take_flag(struct repair_request *request, int key)
{
	switch (key) {
	case OPTION_ALL:
		request->all = true;
		return EXIT_DONE;
	case OPTION_DRY_RUN:
		request->dry_run = true;
		return EXIT_DONE;
	case OPTION_FIREWALL:
		request->firewall = true;
		return EXIT_DONE;
	case OPTION_UNDO:
		request->undo = true;
		return EXIT_DONE;
	case OPTION_HELP:
		request->help = true;
		return EXIT_DONE;
	default:
		return usage_error();
	}
}

static int take_option(struct repair_request *request, int key, const char *value)
{
	switch (key) {
	case OPTION_BRIDGE:
		if (!option_device("--bridge", value))
			return usage_error();
		option_add_name(&request->bridges, value);
		return EXIT_DONE;
	case OPTION_NETWORK:
		option_add_name(&request->networks, value);
		return EXIT_DONE;
	case OPTION_DOMAIN:
		option_add_name(&request->guests, value);
		return EXIT_DONE;
	case OPTION_FORMAT:
		return option_format(value, false, &request->format) ? EXIT_DONE : usage_error();
	case OPTION_CONNECT:
		request->uri = value;
		return EXIT_DONE;
	default:
		return take_flag(request, key);
	}
}

/* What does not go together. */
static int validate(struct repair_request *request)
{
	bool named = request->bridges.count + request->networks.count + request->guests.count > 0;

	if (request->all && named) {
		log_error("--all cannot be used with --bridge, --network or --domain");
		return usage_error();
	}
	if (request->undo && (named || request->all || request->firewall || request->uri)) {
		log_error("--undo removes everything: it can be used with --dry-run and --format "
			  "only");
		return usage_error();
	}
	request->all = !named;
	return EXIT_DONE;
}

static int parse(int argc, char **argv, struct repair_request *request)
{
	int status = EXIT_DONE;
	int key;

	while (status == EXIT_DONE && !request->help &&
		(key = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = take_option(request, key, optarg);
	if (status != EXIT_DONE || request->help)
		return status;
	if (optind < argc) {
		log_error("'%s' is not an option; choose with --bridge, --network or --domain",
			argv[optind]);
		return usage_error();
	}
	return validate(request);
}

static void request_clear(struct repair_request *request)
{
	free(request->bridges.names);
	free(request->networks.names);
	free(request->guests.names);
}

int verb_repair(int argc, char **argv)
{
	CLEANUP(request_clear) struct repair_request request = {0};
	int status = parse(argc, argv, &request);

	if (status != EXIT_DONE)
		return status;
	if (request.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	const struct look *look = look_load();
	return look ? look->repair(&request) : EXIT_FAILED;
}
