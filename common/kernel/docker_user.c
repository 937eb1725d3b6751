// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include <errno.h>

int host_docker_user_read(
	enum ip_family family, const char *bridge, struct docker_user_state *state)
{
	(void)family;
	(void)bridge;
	*state = (struct docker_user_state){0};
	return 0;
}

int host_docker_user_set(enum ip_family family, const char *bridge, enum docker_user_wish wish)
{
	(void)family;
	(void)bridge;
	(void)wish;
	return -ENOSYS;
}

int host_docker_user_list(enum ip_family family, char (**bridges)[IFNAME_SIZE], size_t *count)
{
	(void)family;
	*bridges = NULL;
	*count = 0;
	return 0;
}
