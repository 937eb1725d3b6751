// SPDX-License-Identifier: GPL-2.0-or-later
/* Which zone of firewalld a bridge of the host's own can be put into. Pure. */
#ifndef VIRT_NETBOOT_ZONE_CHOICE_H
#define VIRT_NETBOOT_ZONE_CHOICE_H

#include "zone_settings.h"

/**
 * zone_choose() - find a zone that lets DHCP in, and is the bridge's present one otherwise
 * @present:	the zone that applies to the bridge now
 * @member:	the bridge is in it; else it is the default zone, which applies to all others
 *
 * In the chosen zone everything that the present one lets in is let in, nothing but DHCP and TFTP
 * is let in beside it, and nothing else is different. Return: its name, or NULL.
 */
const char *zone_choose(const struct zone_list *list, const char *present, bool member);

#endif
