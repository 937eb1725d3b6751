// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bridge of the host's own may be the way to the host itself: an administrator logs in by it. A
 * zone that is made for guests, as libvirt's is, lets in less than that, and more to guests than
 * they had. So the bridge's zone is changed only for one in which nothing else is different.
 */
#include "zone_choice.h"

#include <string.h>

static const char *const wanted[] = {"service dhcp", "port 67/udp"};
static const char *const also_wanted[] = {"service tftp", "port 69/udp"};
static const char *const allowed[] = {"service dhcp", "port 67/udp", "service dhcpv6",
	"port 547/udp", "service tftp", "port 69/udp"};

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool is_among(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i], text) == 0)
			return true;
	}
	return false;
}

static bool has_any(const struct zone_texts *texts, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (zone_has_text(texts, list[i]))
			return true;
	}
	return false;
}

static bool has_all(const struct zone_texts *texts, const struct zone_texts *others)
{
	for (size_t i = 0; i < others->count; i++) {
		if (!zone_has_text(texts, others->texts[i]))
			return false;
	}
	return true;
}

/* What it lets in beside what another one does is for guests that boot. */
static bool adds_no_more(const struct zone_settings *zone, const struct zone_settings *present)
{
	for (size_t i = 0; i < zone->lets_in.count; i++) {
		const char *text = zone->lets_in.texts[i];
		if (!zone_has_text(&present->lets_in, text) &&
			!is_among(allowed, COUNT(allowed), text))
			return false;
	}
	return true;
}

static bool does_the_same(const struct zone_settings *zone, const struct zone_settings *present)
{
	return has_all(&zone->does, &present->does) && has_all(&present->does, &zone->does);
}

/* A zone may forward between its members, but not to those who are in none [firewalld.zone(5),
 * forward]. */
static bool joins(const struct zone_settings *zone, bool member)
{
	return zone->forwards && zone->members.count > (member ? 1 : 0);
}

static bool fits(const struct zone_settings *zone, const struct zone_settings *present, bool member)
{
	return zone != present && zone->understood && !zone->has_policy &&
	       has_any(&zone->lets_in, wanted, COUNT(wanted)) &&
	       has_all(&zone->lets_in, &present->lets_in) && adds_no_more(zone, present) &&
	       does_the_same(zone, present) && !joins(zone, false) && !joins(present, member);
}

const char *zone_choose(const struct zone_list *list, const char *present, bool member)
{
	const struct zone_settings *from = zone_find(list, present);
	const struct zone_settings *chosen = NULL;

	if (!from || !from->understood || from->has_policy)
		return NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct zone_settings *zone = &list->zones[i];
		if (!fits(zone, from, member))
			continue;
		if (has_any(&zone->lets_in, also_wanted, COUNT(also_wanted)))
			return zone->name;
		if (!chosen)
			chosen = zone;
	}
	return chosen ? chosen->name : NULL;
}
