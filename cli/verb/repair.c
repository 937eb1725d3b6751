// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot repair: do now, for what runs, what the hooks do at events; or take it back. */
#include "repair_request.h"

#include "exit_status.h"
#include "log.h"
#include "look_file.h"
#include "verb_options.h"
#include "verbs.h"

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
	"  --firewall         also probe networks, and the bridges that are named, and let pass\n"
	"                     what a firewall drops\n"
	"  --undo             remove everything that virt-netboot added to this host\n"
	"  --format text|json what to print (default: text)\n"
	"  --connect URI      of libvirt's daemon on this host (default: qemu:///system)\n"
	"\n"
	"Must be run as root. Exit status: 0 if nothing is left, 1 for warnings, 2 if something "
	"is\n"
	"left that keeps guests from their addresses, 3 if a change failed. With --dry-run 1 if\n"
	"something would be changed.\n";

enum repair_option { OPTION_DRY_RUN = OPTION_OWN, OPTION_FIREWALL, OPTION_UNDO };

static const struct option known[] = {
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

static bool take(void *argument, int key, const char *value)
{
	struct repair_request *request = argument;

	switch (key) {
	case OPTION_DRY_RUN:
		request->dry_run = true;
		return true;
	case OPTION_FIREWALL:
		request->firewall = true;
		return true;
	case OPTION_UNDO:
		request->undo = true;
		return true;
	case OPTION_FORMAT:
		return option_format(value, false, &request->format);
	default:
		return targets_take(&request->targets, key, value);
	}
}

static bool validate(void *argument)
{
	struct repair_request *request = argument;
	const struct targets *targets = &request->targets;
	bool chosen = targets->all || targets_are_named(targets) || targets->uri;

	if (request->undo && (chosen || request->firewall)) {
		log_error("--undo removes everything: it can be used with --dry-run and --format "
			  "only");
		return false;
	}
	return targets_validate(&request->targets);
}

static const struct verb_options options = {
	.verb = "repair",
	.usage = usage,
	.known = known,
	.instead = "choose with --bridge, --network or --domain",
	.take = take,
	.validate = validate,
};

static int run(const struct repair_request *request)
{
	const struct look *look = look_load();

	return look ? look->repair(request) : EXIT_FAILED;
}

int verb_repair(int argc, char **argv)
{
	struct repair_request request = {0};
	int status;

	if (verb_options_read(&options, argc, argv, &request, &status))
		status = run(&request);
	targets_clear(&request.targets);
	return status;
}
