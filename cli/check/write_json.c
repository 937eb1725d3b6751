// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in the document says docs/check.schema.json, and nothing else is in it: a key that is
 * added there and here is no new version, a key that goes or means something else is one.
 */
#include "check_writers.h"

#include "cleanup.h"
#include "machine_text.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <time.h>

#define FORMAT_VERSION 1

static void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

/* Takes @value. json-c says of memory that is missing by NULL and by -1. */
static bool put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && object && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

/* Text that is missing has no key. */
static bool put_text(struct json_object *object, const char *key, const char *value)
{
	CLEANUP(cleanup_free) char *text = machine_text(value);

	return !text || put(object, key, json_object_new_string(text));
}

static bool put_count(struct json_object *object, const char *key, size_t count)
{
	return put(object, key, json_object_new_int64((int64_t)count));
}

static bool put_seconds(struct json_object *object, const char *key, double seconds)
{
	char text[MACHINE_SECONDS_SIZE];

	machine_seconds(text, seconds);
	return put(object, key, json_object_new_double_s(seconds, text));
}

/* RFC 3339, in UTC. */
static bool put_now(struct json_object *object, const char *key)
{
	char text[32] = "";
	struct tm parts;
	time_t now = time(NULL);

	if (gmtime_r(&now, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return put_text(object, key, text);
}

/* Takes @item. */
static bool append(struct json_object *array, struct json_object *item)
{
	if (item && json_object_array_add(array, item) == 0)
		return true;
	json_object_put(item);
	return false;
}

static struct json_object *summary_new(const struct check_list *list)
{
	struct json_object *summary = json_object_new_object();
	bool whole = true;

	for (enum check_result result = 0; result < CHECK_RESULTS; result++)
		whole &= put_count(summary, machine_result(result), check_count(list, result));
	if (whole && put_count(summary, "incomplete", list->incomplete))
		return summary;
	json_object_put(summary);
	return NULL;
}

static struct json_object *finding_new(const struct check_line *line)
{
	struct json_object *finding = json_object_new_object();

	if (put_text(finding, "slug", line->slug) &&
		put_text(finding, "severity", machine_severity(line)))
		return finding;
	json_object_put(finding);
	return NULL;
}

static struct json_object *check_new(const struct check_line *line)
{
	struct json_object *check = json_object_new_object();

	if (put_text(check, "level", check_level_name(line->question->level)) &&
		put_text(check, "object", line->object) &&
		put_text(check, "interface", line->interface) &&
		put_text(check, "id", line->question->id) &&
		put_text(check, "what", line->question->what) &&
		put_text(check, "result", machine_result(line->result)) &&
		put_text(check, "value", line->value) &&
		(!line->slug || put(check, "finding", finding_new(line))) &&
		put_text(check, "evidence", line->evidence) &&
		put_text(check, "cure", line->cure) && put_text(check, "advice", line->advice))
		return check;
	json_object_put(check);
	return NULL;
}

static struct json_object *bridge_new(const struct check_bridge *bridge)
{
	struct json_object *object = json_object_new_object();

	if (put_text(object, "name", bridge->name) &&
		put_seconds(object, "hold_seconds", bridge->hold) &&
		put(object, "stp_root", json_object_new_boolean(bridge->is_root)))
		return object;
	json_object_put(object);
	return NULL;
}

/* Both give the document an array, and fill it. */
static bool put_checks(struct json_object *document, const struct check_list *list)
{
	struct json_object *checks = json_object_new_array();
	bool whole = put(document, "checks", checks);

	for (size_t i = 0; whole && i < list->count; i++)
		whole = append(checks, check_new(&list->lines[i]));
	return whole;
}

static bool put_bridges(struct json_object *document, const struct check_list *list)
{
	struct json_object *bridges = json_object_new_array();
	bool whole = put(document, "bridges", bridges);

	for (size_t i = 0; whole && i < list->bridge_count; i++)
		whole = append(bridges, bridge_new(&list->bridges[i]));
	return whole;
}

static bool fill(struct json_object *document, const struct check_list *list)
{
	return put_count(document, "version", FORMAT_VERSION) &&
	       put_text(document, "program", "virt-netboot " VERSION) &&
	       put_now(document, "time") &&
	       put_seconds(document, "duration_seconds", list->seconds) &&
	       put(document, "summary", summary_new(list)) && put_checks(document, list) &&
	       put_bridges(document, list);
}

int check_write_json(FILE *file, const struct check_list *list)
{
	CLEANUP(cleanup_json) struct json_object *document = json_object_new_object();
	const char *text = NULL;

	if (fill(document, list))
		text = json_object_to_json_string_ext(
			document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
					  JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		return -ENOMEM;
	errno = EIO;
	return fputs(text, file) < 0 || fputc('\n', file) < 0 ? -errno : 0;
}
