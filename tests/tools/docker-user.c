// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the hooks do with DOCKER-USER, without a hook:
 *
 *     docker-user 4|6 BRIDGE none|guests|stays    the rule is to be so
 *     docker-user 4|6 BRIDGE                      prints: chain=1 accepts=0 ours=0 guests=0
 *     docker-user 4|6                             prints the bridges with rules of ours
 */
#include "host.h"

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

static int list(enum ip_family family)
{
	char(*bridges)[IFNAME_SIZE];
	size_t count;
	int result = host_docker_user_list(family, &bridges, &count);

	for (size_t i = 0; i < count; i++)
		puts(bridges[i]);
	free(bridges);
	return report("list", result);
}

static int look(enum ip_family family, const char *bridge)
{
	struct docker_user_state state;
	int result = host_docker_user_read(family, bridge, &state);

	printf("chain=%d accepts=%d ours=%d guests=%d\n", state.chain, state.accepts, state.ours,
		state.for_guests);
	return report("read", result);
}

int main(int argc, char **argv)
{
	enum ip_family family = argc > 1 && strcmp(argv[1], "6") == 0 ? IPV6 : IPV4;
	enum docker_user_wish wish = DOCKER_USER_NONE;

	if (argc < 3)
		return list(family);
	if (argc < 4)
		return look(family, argv[2]);
	if (strcmp(argv[3], "guests") == 0)
		wish = DOCKER_USER_FOR_GUESTS;
	else if (strcmp(argv[3], "stays") == 0)
		wish = DOCKER_USER_STAYS;
	return report("set", host_docker_user_set(family, argv[2], wish, NULL));
}
