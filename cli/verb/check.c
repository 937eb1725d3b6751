// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot check: would a guest get its address here. */
#include "check_request.h"

#include "cleanup.h"
#include "exit_status.h"
#include "log.h"
#include "look_file.h"
#include "option_values.h"
#include "verbs.h"

#include <getopt.h>
#include <stdlib.h>

static const char usage[] =
	"usage: virt-netboot check [OPTION]...\n"
	"\n"
	"Says whether a guest would get its address here and boot from the network, and if not, "
	"why.\n"
	"Changes nothing.\n"
	"\n"
	"  --all              this host, its bridges, libvirt's networks and guests (default)\n"
	"  --bridge BRIDGE    only this bridge\n"
	"  --network NETWORK  only this network of libvirt\n"
	"  --domain GUEST     only this guest; all three may be given more than once\n"
	"  --quiet            leave out lines that pass\n"
	"  --format text|json|prometheus\n"
	"                     what to print (default: text)\n"
	"  --output FILE      replace FILE in one step instead of printing; not with text\n"
	"  --connect URI      of libvirt's daemon on this host (default: qemu:///system)\n"
	"\n"
	"Must be run as root to see everything. Exit status: 0 if all passes or is a note, 1 for\n"
	"warnings, 2 for failures, 3 if something could not be checked. `virt-netboot explain "
	"NAME`\n"
	"says more about a finding.\n";

enum option_key {
	OPTION_ALL = 1,
	OPTION_BRIDGE,
	OPTION_NETWORK,
	OPTION_DOMAIN,
	OPTION_QUIET,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_CONNECT,
	OPTION_HELP,
};

static const struct option options[] = {
	{"all", no_argument, NULL, OPTION_ALL},
	{"bridge", required_argument, NULL, OPTION_BRIDGE},
	{"network", required_argument, NULL, OPTION_NETWORK},
	{"domain", required_argument, NULL, OPTION_DOMAIN},
	{"quiet", no_argument, NULL, OPTION_QUIET},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"connect", required_argument, NULL, OPTION_CONNECT},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

/* After a message. */
static int usage_error(void)
{
	fputs("virt-netboot check --help says more.\n", stderr);
	return EXIT_USAGE;
}

static int take_bridge(struct check_request *request, const char *name)
{
	if (!option_device("--bridge", name))
		return usage_error();
	option_add_name(&request->bridges, name);
	return EXIT_DONE;
}

static int take_option(struct check_request *request, int key, const char *value)
{
	switch (key) {
	case OPTION_ALL:
		request->all = true;
		return EXIT_DONE;
	case OPTION_BRIDGE:
		return take_bridge(request, value);
	case OPTION_NETWORK:
		option_add_name(&request->networks, value);
		return EXIT_DONE;
	case OPTION_DOMAIN:
		option_add_name(&request->guests, value);
		return EXIT_DONE;
	case OPTION_QUIET:
		request->quiet = true;
		return EXIT_DONE;
	case OPTION_FORMAT:
		return option_format(value, true, &request->format) ? EXIT_DONE : usage_error();
	case OPTION_OUTPUT:
		request->output = value;
		return EXIT_DONE;
	case OPTION_CONNECT:
		request->uri = value;
		return EXIT_DONE;
	case OPTION_HELP:
		request->help = true;
		return EXIT_DONE;
	default:
		return usage_error();
	}
}

/* What does not go together. */
static int validate(struct check_request *request)
{
	bool named = request->bridges.count + request->networks.count + request->guests.count > 0;

	if (request->all && named) {
		log_error("--all cannot be used with --bridge, --network or --domain");
		return usage_error();
	}
	if (request->output && request->format == LOOK_TEXT) {
		log_error("--output needs --format json or prometheus");
		return usage_error();
	}
	request->all = !named;
	return EXIT_DONE;
}

static int parse(int argc, char **argv, struct check_request *request)
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

static void request_clear(struct check_request *request)
{
	free(request->bridges.names);
	free(request->networks.names);
	free(request->guests.names);
}

int verb_check(int argc, char **argv)
{
	CLEANUP(request_clear) struct check_request request = {0};
	int status = parse(argc, argv, &request);

	if (status != EXIT_DONE)
		return status;
	if (request.help) {
		fputs(usage, stdout);
		return EXIT_DONE;
	}
	const struct look *look = look_load();
	return look ? look->check(&request) : EXIT_FAILED;
}
