// SPDX-License-Identifier: GPL-2.0-or-later
#include "verb_options.h"

#include "alloc.h"
#include "character.h"
#include "exit_status.h"
#include "ifname.h"
#include "log.h"
#include "usage_error.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool option_format(const char *value, bool metrics, enum look_format *format)
{
	static const struct word words[] = {{"text", LOOK_TEXT}, {"json", LOOK_JSON},
		{"prometheus", LOOK_PROMETHEUS}, {NULL, 0}};
	int found;

	if (!word_find(words, value, &found) || (found == LOOK_PROMETHEUS && !metrics)) {
		log_error(metrics ? "--format must be 'text', 'json' or 'prometheus', not '%s'"
				  : "--format must be 'text' or 'json', not '%s'",
			TEXT_NAME(value));
		return false;
	}
	*format = (enum look_format)found;
	return true;
}

bool option_device(const char *option, const char *value)
{
	if (ifname_is_valid(value))
		return true;
	log_error("%s must be a device's name of 1 to %d bytes, without a slash, colon or "
		  "space, not '%s'",
		option, IFNAME_SIZE - 1, TEXT_NAME(value));
	return false;
}

bool option_object(const char *option, const char *kind, const char *value)
{
	if (*value != '\0')
		return true;
	log_error("%s must be the name of a %s, not empty", option, kind);
	return false;
}

bool option_output_fits(const char *output, enum look_format format)
{
	if (!output || format != LOOK_TEXT)
		return true;
	log_error("--output needs --format json or prometheus");
	return false;
}

/* Each once: of one that is given twice all has been said. */
static bool add_name(struct target_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->names[i], name) == 0)
			return true;
	}
	names->names = alloc_one_more(names->names, names->count, sizeof(*names->names));
	names->names[names->count++] = name;
	return true;
}

bool targets_take(struct targets *targets, int key, const char *value)
{
	switch (key) {
	case OPTION_ALL:
		targets->all = true;
		return true;
	case OPTION_BRIDGE:
		return option_device("--bridge", value) && add_name(&targets->bridges, value);
	case OPTION_NETWORK:
		return option_object("--network", "network", value) &&
		       add_name(&targets->networks, value);
	case OPTION_DOMAIN:
		return option_object("--domain", "guest", value) &&
		       add_name(&targets->guests, value);
	case OPTION_CONNECT:
		targets->uri = value;
		return true;
	default: /* getopt_long() has said what is wrong */
		return false;
	}
}

bool targets_are_named(const struct targets *targets)
{
	return targets->bridges.count + targets->networks.count + targets->guests.count > 0;
}

bool targets_validate(struct targets *targets)
{
	bool named = targets_are_named(targets);

	if (targets->all && named) {
		log_error("--all cannot be used with --bridge, --network or --domain");
		return false;
	}
	targets->all = !named;
	return true;
}

void targets_clear(struct targets *targets)
{
	free(targets->bridges.names);
	free(targets->networks.names);
	free(targets->guests.names);
}

/* Return: true to go on; false after a message, or if the help is wanted. */
static bool read_options(
	const struct verb_options *options, int argc, char **argv, void *request, bool *help)
{
	int key;

	while ((key = getopt_long(argc, argv, "", options->known, NULL)) != -1) {
		*help = key == OPTION_HELP;
		if (*help || !options->take(request, key, optarg))
			return false;
	}
	if (optind == argc)
		return options->validate(request);
	log_error("'%s' is not an option; %s", TEXT_NAME(argv[optind]), options->instead);
	return false;
}

bool verb_options_read(
	const struct verb_options *options, int argc, char **argv, void *request, int *status)
{
	bool help = false;
	bool is_read = read_options(options, argc, argv, request, &help);

	*status = EXIT_DONE;
	if (help)
		fputs(options->usage, stdout);
	else if (!is_read)
		*status = usage_error(options->verb);
	return is_read;
}
