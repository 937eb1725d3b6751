// SPDX-License-Identifier: GPL-2.0-or-later
/* DOCKER-USER in the legacy table of each family: docker_table.h. */
#ifndef VIRT_NETBOOT_DOCKER_LEGACY_H
#define VIRT_NETBOOT_DOCKER_LEGACY_H

#include "docker_table.h"

int legacy4_docker_read(const char *bridge, struct docker_table *table);
int legacy6_docker_read(const char *bridge, struct docker_table *table);
int legacy4_docker_change(const char *bridge, enum docker_user_wish wish, size_t *counters_lost);
int legacy6_docker_change(const char *bridge, enum docker_user_wish wish, size_t *counters_lost);
int legacy4_docker_list(struct docker_bridges *bridges);
int legacy6_docker_list(struct docker_bridges *bridges);

#endif
