// SPDX-License-Identifier: GPL-2.0-or-later
/* Everything that firewalld's zones let in and do, as they are at the moment: for who compares
 * them. */
#ifndef VIRT_NETBOOT_ZONE_SETTINGS_H
#define VIRT_NETBOOT_ZONE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

struct zone_texts {
	char **texts;
	size_t count;
};

struct zone_settings {
	char *name;
	bool understood;           /* nothing in it has an unknown key */
	struct zone_texts lets_in; /* "service dhcp", "port 67/udp", "protocol icmp", ... */
	struct zone_texts does; /* all else: "target default", "rule ...", "icmp-block ...", ... */
	struct zone_texts members; /* interfaces and sources */
	bool forwards;             /* between its members */
	bool has_policy;           /* a policy names it */
};

struct zone_list {
	struct zone_settings *zones;
	size_t count;
	bool libvirt_routed; /* there is libvirt's policy for routed networks */
};

/* Add a text; it is copied. */
void zone_add_text(struct zone_texts *texts, const char *kind, const char *text);

bool zone_has_text(const struct zone_texts *texts, const char *text);

/* The zone, or NULL. */
const struct zone_settings *zone_find(const struct zone_list *list, const char *name);

void zone_list_clear(struct zone_list *list);

/**
 * zone_settings_read() - read all of them
 * @list:	filled in, for zone_list_clear(), also after an error
 *
 * Return: 0; or a negative errno: then nothing is known.
 */
int zone_settings_read(struct zone_list *list);

#endif
