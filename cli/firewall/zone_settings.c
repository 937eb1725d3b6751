// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * By D-Bus [firewalld src/firewall/server/firewalld.py; src/firewall/core/io/zone.py, policy.py]:
 *
 *     zone.getZones() -> as
 *     zone.getZoneSettings2(s zone) -> a{sv}
 *     policy.getPolicies() -> as
 *     policy.getPolicySettings(s policy) -> a{sv}, ingress_zones and egress_zones among them
 */
#include "zone_settings.h"

#include "alloc.h"
#include "bus_values.h"
#include "cleanup.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAIN "org.fedoraproject.FirewallD1"
#define ZONE MAIN ".zone"
#define POLICY MAIN ".policy"

/* Milliseconds, for all of them. */
#define LIMIT 5000

static const char *const no_arguments[] = {NULL};

/* What the value of a key is, and what becomes of it. */
enum value_type { VALUE_NOTHING, VALUE_TEXT, VALUE_BOOL, VALUE_NUMBER, VALUE_TEXTS, VALUE_TUPLES };

static const struct setting {
	const char *key;
	enum value_type type;
	const char *kind;
	size_t parts; /* of each tuple */
	size_t place; /* in struct zone_settings: of a list of texts */
} settings[] = {
#define LETS_IN offsetof(struct zone_settings, lets_in)
#define DOES offsetof(struct zone_settings, does)
#define MEMBERS offsetof(struct zone_settings, members)
	{.key = "version"},
	{.key = "short"},
	{.key = "description"},
	{.key = "UNUSED"},
	{"target", VALUE_TEXT, "target", 0, DOES},
	{"services", VALUE_TEXTS, "service", 0, LETS_IN},
	{"protocols", VALUE_TEXTS, "protocol", 0, LETS_IN},
	{"ports", VALUE_TUPLES, "port", 2, LETS_IN},
	{"source_ports", VALUE_TUPLES, "source-port", 2, LETS_IN},
	{"icmp_blocks", VALUE_TEXTS, "icmp-block", 0, DOES},
	{"rules_str", VALUE_TEXTS, "rule", 0, DOES},
	{"forward_ports", VALUE_TUPLES, "forward-port", 4, DOES},
	{"masquerade", VALUE_BOOL, "masquerade", 0, DOES},
	{"icmp_block_inversion", VALUE_BOOL, "icmp-block-inversion", 0, DOES},
	{"forward", VALUE_BOOL, NULL, 0, 0},
	{"interfaces", VALUE_TEXTS, "interface", 0, MEMBERS},
	{"sources", VALUE_TEXTS, "source", 0, MEMBERS},
	{"ingress_priority", VALUE_NUMBER, "ingress-priority", 0, DOES},
	{"egress_priority", VALUE_NUMBER, "egress-priority", 0, DOES},
};

/* Where texts of a kind go. */
struct sink {
	struct zone_texts *texts;
	const char *kind;
};

static void take_text(void *to, const char *text)
{
	const struct sink *sink = to;

	zone_add_text(sink->texts, sink->kind, text);
}

/* "67/udp" */
static void read_tuple(struct bus *bus, sd_bus_message *message, size_t parts, struct sink *sink)
{
	CLEANUP(cleanup_free) char *all = NULL;

	for (size_t i = 0; i < parts; i++) {
		CLEANUP(cleanup_free) char *before = all;
		const char *part = bus_read_text(bus, message);
		all = alloc_format(
			"%s%s%s", before ? before : "", before ? "/" : "", part ? part : "?");
	}
	take_text(sink, all);
}

static void read_tuples(struct bus *bus, sd_bus_message *message, size_t parts, struct sink *sink)
{
	const char *type = parts == 2 ? "ss" : "ssss";

	if (bus->sd_bus_message_enter_container(message, 'a', parts == 2 ? "(ss)" : "(ssss)") <= 0)
		return;
	while (bus->sd_bus_message_enter_container(message, 'r', type) > 0) {
		read_tuple(bus, message, parts, sink);
		bus->sd_bus_message_exit_container(message);
	}
	bus->sd_bus_message_exit_container(message);
}

/* "yes"; what is off leaves nothing. Return: whether it is on. */
static bool read_bool(struct bus *bus, sd_bus_message *message, struct sink *sink)
{
	int on = 0;

	if (bus->sd_bus_message_read_basic(message, 'b', &on) > 0 && on && sink->kind)
		take_text(sink, "yes");
	return on;
}

static void read_number(struct bus *bus, sd_bus_message *message, struct sink *sink)
{
	int32_t number = 0;

	if (bus->sd_bus_message_read_basic(message, 'i', &number) <= 0 || number == 0)
		return;
	CLEANUP(cleanup_free) char *text = alloc_format("%d", number);
	take_text(sink, text);
}

static void read_value(struct bus *bus, sd_bus_message *message, const struct setting *setting,
	struct zone_settings *zone)
{
	struct sink sink = {(struct zone_texts *)((char *)zone + setting->place), setting->kind};
	const char *text;

	switch (setting->type) {
	case VALUE_TEXT:
		text = bus_read_text(bus, message);
		if (text)
			take_text(&sink, text);
		break;
	case VALUE_TEXTS:
		bus_read_texts(bus, message, take_text, &sink);
		break;
	case VALUE_TUPLES:
		read_tuples(bus, message, setting->parts, &sink);
		break;
	case VALUE_NUMBER:
		read_number(bus, message, &sink);
		break;
	default: /* VALUE_BOOL */
		if (read_bool(bus, message, &sink) && !setting->kind)
			zone->forwards = true;
	}
}

static const char *type_text(const struct setting *setting)
{
	static const char *const texts[] = {
		[VALUE_TEXT] = "s", [VALUE_BOOL] = "b", [VALUE_NUMBER] = "i", [VALUE_TEXTS] = "as"};

	if (setting->type == VALUE_TUPLES)
		return setting->parts == 2 ? "a(ss)" : "a(ssss)";
	return texts[setting->type];
}

static const struct setting *find_setting(const char *key)
{
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

static void read_setting(struct bus *bus, sd_bus_message *message, const char *key, void *to)
{
	struct zone_settings *zone = to;
	const struct setting *setting = find_setting(key);

	if (setting && setting->type != VALUE_NOTHING &&
		bus->sd_bus_message_enter_container(message, 'v', type_text(setting)) > 0) {
		read_value(bus, message, setting, zone);
		bus->sd_bus_message_exit_container(message);
		return;
	}
	if (!setting || setting->type != VALUE_NOTHING)
		zone->understood = false;
	bus->sd_bus_message_skip(message, "v");
}

/* Names of zones or of policies. */
struct names {
	char **names;
	size_t count;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->names[i]);
	free(names->names);
}

static void take_name(void *to, const char *name)
{
	struct names *names = to;

	names->names = alloc_one_more(names->names, names->count, sizeof(char *));
	names->names[names->count++] = alloc_copy(name);
}

static int read_names(
	struct bus *bus, const char *interface, const char *method, struct names *names)
{
	sd_bus_message *reply = NULL;
	int result = bus_call(bus, interface, method, no_arguments, &reply);

	if (result == 0)
		bus_read_texts(bus, reply, take_name, names);
	bus->sd_bus_message_unref(reply);
	return result;
}

static int read_zone(struct bus *bus, const char *name, struct zone_list *list)
{
	const char *const arguments[] = {name, NULL};
	sd_bus_message *reply = NULL;
	int result = bus_call(bus, ZONE, "getZoneSettings2", arguments, &reply);

	list->zones = alloc_one_more(list->zones, list->count, sizeof(*list->zones));
	struct zone_settings *zone = &list->zones[list->count++];
	*zone = (struct zone_settings){.name = alloc_copy(name), .understood = result == 0};
	if (result == 0)
		bus_read_dictionary(bus, reply, "sv", read_setting, zone);
	bus->sd_bus_message_unref(reply);
	return result;
}

/* A policy from any zone, or to any, is the same for all of them. */
static void note_policy(void *to, const char *name)
{
	struct zone_list *list = to;

	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->zones[i].name, name) == 0)
			list->zones[i].has_policy = true;
	}
}

static void read_policy_setting(struct bus *bus, sd_bus_message *message, const char *key, void *to)
{
	bool zones = strcmp(key, "ingress_zones") == 0 || strcmp(key, "egress_zones") == 0;

	if (zones && bus->sd_bus_message_enter_container(message, 'v', "as") > 0) {
		bus_read_texts(bus, message, note_policy, to);
		bus->sd_bus_message_exit_container(message);
	} else {
		bus->sd_bus_message_skip(message, "v");
	}
}

/* A firewalld that is older than 0.9 has none. */
static int read_policies(struct bus *bus, struct zone_list *list)
{
	CLEANUP(names_clear) struct names names = {0};
	int result = 0;

	if (read_names(bus, POLICY, "getPolicies", &names) != 0)
		return 0;
	for (size_t i = 0; i < names.count && result == 0; i++) {
		const char *const arguments[] = {names.names[i], NULL};
		sd_bus_message *reply = NULL;
		if (strcmp(names.names[i], "libvirt-routed-out") == 0)
			list->libvirt_routed = true;
		result = bus_call(bus, POLICY, "getPolicySettings", arguments, &reply);
		if (result == 0)
			bus_read_dictionary(bus, reply, "sv", read_policy_setting, list);
		bus->sd_bus_message_unref(reply);
	}
	return result;
}

int zone_settings_read(struct zone_list *list)
{
	CLEANUP(names_clear) struct names names = {0};
	CLEANUP(bus_close) struct bus bus;
	int result = bus_open(&bus, LIMIT);

	*list = (struct zone_list){0};
	if (result == 0)
		result = read_names(&bus, ZONE, "getZones", &names);
	for (size_t i = 0; i < names.count && result == 0; i++)
		result = read_zone(&bus, names.names[i], list);
	return result == 0 ? read_policies(&bus, list) : result;
}
