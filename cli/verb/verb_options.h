// SPDX-License-Identifier: GPL-2.0-or-later
/* Options of the verbs that look, most of which more than one of them has. */
#ifndef VIRT_NETBOOT_VERB_OPTIONS_H
#define VIRT_NETBOOT_VERB_OPTIONS_H

#include "look_format.h"
#include "targets.h"

#include <getopt.h>
#include <stdbool.h>

/* What getopt_long(3) returns for those that more than one verb has. */
enum common_option {
	OPTION_HELP = 1,
	OPTION_ALL,
	OPTION_BRIDGE,
	OPTION_NETWORK,
	OPTION_DOMAIN,
	OPTION_CONNECT,
	OPTION_FORMAT,
	OPTION_OUTPUT,
	OPTION_OWN, /* from here on: a verb's own */
};

/* What a verb understands. */
struct verb_options {
	const char *verb;  /* "check" */
	const char *usage; /* what --help prints */
	const struct option *known;
	const char *instead; /* what to do instead of giving an argument that is no option */
	/* Each returns false after a message; a key that is not known is no message's. */
	bool (*take)(void *request, int key, const char *value);
	bool (*validate)(void *request); /* what does not go together */
};

/* Read the arguments of a verb into its request. Return: true if that is to be done; false with an
 * exit status, after a message or the help. */
bool verb_options_read(
	const struct verb_options *options, int argc, char **argv, void *request, int *status);

/* One of --all, --bridge, --network, --domain and --connect, for struct verb_options' take(). */
bool targets_take(struct targets *targets, int key, const char *value);

/* True if something is named. */
bool targets_are_named(const struct targets *targets);

/* Likewise for validate(). Where nothing is named, all is wanted. */
bool targets_validate(struct targets *targets);

void targets_clear(struct targets *targets);

/* Values of options. Each gives a message if it returns false. */

/* Of --format; @metrics: those of Prometheus can be had, too. */
bool option_format(const char *value, bool metrics, enum look_format *format);

/* The name of a device, of @option: "--bridge". */
bool option_device(const char *option, const char *value);

/* The name of an object of libvirt's, of @option; @kind: "network", "guest". */
bool option_object(const char *option, const char *kind, const char *value);

/* That --output is given with a format for programs, if it is given. */
bool option_output_fits(const char *output, enum look_format format);

#endif
