// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in the document says docs/check.schema.json, and nothing else is in it: a key that is
 * added there and here is no new version, a key that goes or means something else is one.
 */
#include "check_writers.h"

#include "cleanup.h"
#include "json_parts.h"
#include "machine_text.h"

#include <errno.h>

#define FORMAT_VERSION 1

static struct json_object *summary_new(const struct check_list *list)
{
	struct json_object *summary = json_object_new_object();
	bool whole = true;

	for (enum check_result result = 0; result < CHECK_RESULTS; result++)
		whole &= json_put_count(summary, machine_result(result), check_count(list, result));
	return json_whole(
		summary, whole && json_put_count(summary, "incomplete", list->incomplete));
}

static struct json_object *finding_new(const struct check_line *line)
{
	struct json_object *finding = json_object_new_object();

	return json_whole(
		finding, json_put_text(finding, "slug", line->slug) &&
				 json_put_text(finding, "severity", machine_severity(line)));
}

static struct json_object *check_new(const struct check_line *line)
{
	struct json_object *check = json_object_new_object();

	return json_whole(
		check, json_put_text(check, "level", check_level_name(line->question->level)) &&
			       json_put_text(check, "object", line->object) &&
			       json_put_text(check, "interface", line->interface) &&
			       json_put_text(check, "id", line->question->id) &&
			       json_put_text(check, "what", line->question->what) &&
			       json_put_text(check, "result", machine_result(line->result)) &&
			       json_put_text(check, "value", line->value) &&
			       (!line->slug || json_put(check, "finding", finding_new(line))) &&
			       json_put_text(check, "evidence", line->evidence) &&
			       json_put_text(check, "cure", line->cure) &&
			       json_put_text(check, "advice", line->advice));
}

static struct json_object *bridge_new(const struct check_bridge *bridge)
{
	struct json_object *object = json_object_new_object();

	return json_whole(object, json_put_text(object, "name", bridge->name) &&
					  json_put_seconds(object, "hold_seconds", bridge->hold) &&
					  json_put_bool(object, "stp_root", bridge->is_root));
}

/* Both give the document an array, and fill it. */
static bool put_checks(struct json_object *document, const struct check_list *list)
{
	struct json_object *checks = json_object_new_array();
	bool whole = json_put(document, "checks", checks);

	for (size_t i = 0; whole && i < list->count; i++)
		whole = json_append(checks, check_new(&list->lines[i]));
	return whole;
}

static bool put_bridges(struct json_object *document, const struct check_list *list)
{
	struct json_object *bridges = json_object_new_array();
	bool whole = json_put(document, "bridges", bridges);

	for (size_t i = 0; whole && i < list->bridge_count; i++)
		whole = json_append(bridges, bridge_new(&list->bridges[i]));
	return whole;
}

static bool fill(struct json_object *document, const struct check_list *list)
{
	return json_put_count(document, "version", FORMAT_VERSION) &&
	       json_put_text(document, "program", "virt-netboot " VERSION) &&
	       json_put_now(document, "time") &&
	       json_put_seconds(document, "duration_seconds", list->seconds) &&
	       json_put(document, "summary", summary_new(list)) && put_checks(document, list) &&
	       put_bridges(document, list);
}

int check_write_json(FILE *file, const struct check_list *list)
{
	CLEANUP(cleanup_json) struct json_object *document = json_object_new_object();

	return fill(document, list) ? json_write(file, document) : -ENOMEM;
}
