// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot check: would a guest get its address here. */
#include "check_request.h"

#include "exit_status.h"
#include "look_file.h"
#include "verb_options.h"
#include "verbs.h"

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

enum check_option { OPTION_QUIET = OPTION_OWN };

static const struct option known[] = {
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

static bool take(void *argument, int key, const char *value)
{
	struct check_request *request = argument;

	switch (key) {
	case OPTION_QUIET:
		request->quiet = true;
		return true;
	case OPTION_FORMAT:
		return option_format(value, true, &request->format);
	case OPTION_OUTPUT:
		request->output = value;
		return true;
	default:
		return targets_take(&request->targets, key, value);
	}
}

static bool validate(void *argument)
{
	struct check_request *request = argument;

	return targets_validate(&request->targets) &&
	       option_output_fits(request->output, request->format);
}

static const struct verb_options options = {
	.verb = "check",
	.usage = usage,
	.known = known,
	.instead = "choose with --bridge, --network or --domain",
	.take = take,
	.validate = validate,
};

static int run(const struct check_request *request)
{
	const struct look *look = look_load();

	return look ? look->check(request) : EXIT_FAILED;
}

int verb_check(int argc, char **argv)
{
	struct check_request request = {0};
	int status;

	if (verb_options_read(&options, argc, argv, &request, &status))
		status = run(&request);
	targets_clear(&request.targets);
	return status;
}
