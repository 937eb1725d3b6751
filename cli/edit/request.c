// SPDX-License-Identifier: GPL-2.0-or-later
#include "request.h"

#include "alloc.h"
#include "exit_status.h"
#include "log.h"
#include "mac.h"
#include "usage_error.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* The longest forward delay that the kernel takes [linux net/bridge/br_private.h]. */
#define DELAY_MAX 30

static bool is_delay(const char *text)
{
	return *text && strlen(text) <= 2 && strspn(text, "0123456789") == strlen(text) &&
	       strtol(text, NULL, 10) <= DELAY_MAX;
}

/* A MAC address, or what can be a name and is no list. */
static bool is_interface(const char *text)
{
	unsigned char mac[MAC_SIZE];

	if (!*text || strpbrk(text, " \t\r\n"))
		return false;
	return !strchr(text, ':') || tap_mac(text, mac);
}

static int take_stp(struct request *request, const char *value)
{
	request->stp = value;
	if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0)
		return EXIT_DONE;
	log_error("--stp '%s': on or off is accepted", value);
	return usage_error("rewrite");
}

static int take_delay(struct request *request, const char *value)
{
	request->delay = value;
	if (is_delay(value))
		return EXIT_DONE;
	log_error("--delay '%s': a whole number of seconds from 0 to %d is accepted", value,
		DELAY_MAX);
	return usage_error("rewrite");
}

static int take_interface(struct request *request, const char *value)
{
	char *longer = alloc_format("%s %s", request->interfaces, value);

	free(request->interfaces);
	request->interfaces = longer;
	if (is_interface(value))
		return EXIT_DONE;
	log_error("--interface '%s': a MAC address, or the name of a bridge, network or parent "
		  "device "
		  "without spaces, is accepted",
		value);
	return usage_error("rewrite");
}

/* One option. Return: EXIT_DONE or EXIT_USAGE. */
static int take_option(struct request *request, int option)
{
	switch (option) {
	case 's':
		return take_stp(request, optarg);
	case 'd':
		return take_delay(request, optarg);
	case 'i':
		return take_interface(request, optarg);
	case 'h':
		request->help = true;
		return EXIT_DONE;
	case 'q':
		request->driver_qemu = true;
		return EXIT_DONE;
	case 'c':
		request->guest_csum_off = true;
		return EXIT_DONE;
	case 'a':
		request->automatic = true;
		return EXIT_DONE;
	case 'p':
		request->in_place = true;
		return EXIT_DONE;
	case 'u':
		request->diff = true;
		return EXIT_DONE;
	default: /* getopt_long() has said what is wrong */
		return usage_error("rewrite");
	}
}

bool request_is_for_guests(const struct request *request)
{
	return request->driver_qemu || request->guest_csum_off || *request->interfaces;
}

bool request_is_for_networks(const struct request *request)
{
	return request->stp || request->delay;
}

/* What is wrong with the options as a whole, or NULL. */
static const char *contradiction(const struct request *request)
{
	bool changes =
		request->driver_qemu || request->guest_csum_off || request_is_for_networks(request);

	if (request->automatic && (changes || *request->interfaces))
		return "--auto chooses the change itself: leave the others away";
	if (!request->automatic && !changes)
		return "nothing to change: give --driver-qemu, --guest-csum-off, --stp, --delay or "
		       "--auto";
	if (*request->interfaces && !request->driver_qemu && !request->guest_csum_off)
		return "--interface goes with --driver-qemu and --guest-csum-off";
	if (request->in_place && !request->path)
		return "--in-place needs a FILE";
	if (request->in_place && request->diff)
		return "--diff changes nothing: leave --in-place away";
	return NULL;
}

int request_parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{"help", no_argument, NULL, 'h'},
		{"driver-qemu", no_argument, NULL, 'q'},
		{"guest-csum-off", no_argument, NULL, 'c'},
		{"interface", required_argument, NULL, 'i'},
		{"stp", required_argument, NULL, 's'},
		{"delay", required_argument, NULL, 'd'},
		{"auto", no_argument, NULL, 'a'},
		{"in-place", no_argument, NULL, 'p'},
		{"diff", no_argument, NULL, 'u'},
		{NULL, 0, NULL, 0},
	};
	int option;
	int status = EXIT_DONE;

	*request = (struct request){.interfaces = alloc_copy("")};
	while (status == EXIT_DONE && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		status = take_option(request, option);
	if (status != EXIT_DONE || request->help)
		return status;
	if (argc - optind > 1) {
		log_error("rewrite takes one FILE only, not also '%s'", argv[optind + 1]);
		return usage_error("rewrite");
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		request->path = argv[optind];
	const char *wrong = contradiction(request);
	if (!wrong)
		return EXIT_DONE;
	log_error("%s", wrong);
	return usage_error("rewrite");
}
