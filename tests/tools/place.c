// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * place network|bridge|direct|guest NAME [MAC [VLAN]]: where a probe would be, for tests. MAC is of
 * the guest's interface, "" for the first. Status 0; 3 after a message.
 */
#include "probe_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_place(const struct probe_place *place)
{
	printf("%s %s", place->direct ? "macvtap" : "tap", place->device);
	if (place->direct)
		printf(" mode=%s", place->mode);
	if (place->vlan)
		printf(" vlan=%u", place->vlan);
	if (place->isolated)
		printf(" isolated");
	if (place->fdb_entry)
		printf(" fdb-entry");
	for (size_t i = 0; place->has_client && i < MAC_SIZE; i++)
		printf("%s%02x", i == 0 ? " client=" : ":", place->client[i]);
	if (*place->port)
		printf(" port=%s", place->port);
	if (*place->filter)
		printf(" filter=%s", place->filter);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static const char *const targets[] = {"network", "bridge", "direct", "guest"};
	struct probe_request request = {.name = argc > 2 ? argv[2] : ""};
	struct probe_place place;

	for (size_t i = 0; argc > 2 && i < sizeof(targets) / sizeof(targets[0]); i++) {
		if (strcmp(targets[i], argv[1]) == 0)
			request.target = (enum probe_target)i;
	}
	request.interface = argc > 3 && *argv[3] ? argv[3] : NULL;
	request.vlan = argc > 4 ? (unsigned int)strtoul(argv[4], NULL, 10) : 0;
	if (probe_place_find(&request, &place) != 0)
		return 3;
	print_place(&place);
	return 0;
}
