// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones of firewalld's, as the command sets them:
 *
 *     zone DEVICE          prints the zone that the device is in
 *     zone DEVICE ZONE     notes the two zones, and puts it there; "-" is none
 *     zone -n DEVICE       prints what was noted: BEFORE SET
 */
#include "zone.h"
#include "host.h"

#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int report(const char *what, int result)
{
	if (result == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: %s\n", what, strerror(-result));
	return EXIT_FAILURE;
}

static int print_note(const char *device)
{
	struct zone_note note;
	int result = host_zone_noted(if_nametoindex(device), &note);

	printf("%s %s\n", note.before, note.set);
	return report("note", result);
}

static int print_zone(const char *device)
{
	char zone[ZONE_SIZE];
	int result = zone_of(device, zone);

	puts(zone);
	return report("zone", result);
}

static int set_zone(const char *device, const char *zone)
{
	struct zone_note note = {0};
	int result = zone_of(device, note.before);

	snprintf(note.set, sizeof(note.set), "%s", strcmp(zone, "-") == 0 ? "" : zone);
	if (result == 0)
		result = host_note_zone(if_nametoindex(device), &note);
	if (result == 0)
		result = zone_set(device, note.set);
	return report("set", result);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-n") == 0)
		return print_note(argv[2]);
	if (argc == 2)
		return print_zone(argv[1]);
	return argc == 3 ? set_zone(argv[1], argv[2]) : EXIT_FAILURE;
}
