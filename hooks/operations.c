// SPDX-License-Identifier: GPL-2.0-or-later
#include "operations.h"

#include <stddef.h>

/* [libvirt src/util/virhook.c, virHookNetworkOpTypeToString()] */
const struct operation network_operations[] = {
	{.name = "start", .kind = EVENT_NETWORK_START},
	{.name = "started", .kind = EVENT_NETWORK_ACTIVE},
	{.name = "updated", .kind = EVENT_NETWORK_ACTIVE},
	{.name = "port-created", .kind = EVENT_NETWORK_ACTIVE},
	{.name = "plugged", .kind = EVENT_NETWORK_ACTIVE}, /* port-created before libvirt 5.5 */
	{.name = "stopped", .kind = EVENT_NETWORK_STOPPED},
	{.name = "port-deleted", .kind = EVENT_NETWORK_PORT_DELETED},
	{.name = "unplugged", .kind = EVENT_NETWORK_PORT_DELETED},
	{.name = NULL},
};

/* [libvirt src/util/virhook.c, virHookQemuOpTypeToString()] */
const struct operation qemu_operations[] = {
	{.name = "prepare", .kind = EVENT_GUEST_PREPARE, .may_refuse = true},
	{.name = "start", .kind = EVENT_GUEST_START, .may_refuse = true},
	{.name = "reconnect", .kind = EVENT_GUEST_RECONNECT},
	{.name = "started", .kind = EVENT_IGNORED},
	{.name = "stopped", .kind = EVENT_IGNORED},
	{.name = "release", .kind = EVENT_GUEST_RELEASE},
	{.name = "attach", .kind = EVENT_IGNORED},
	{.name = "migrate", .kind = EVENT_GUEST_ARRIVE, .may_answer = true},
	{.name = "restore", .kind = EVENT_GUEST_ARRIVE, .may_answer = true},
	{.name = NULL},
};
