// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_list.h"

#include "alloc.h"
#include "fields.h"

#include <stdlib.h>

struct check_line *check_add(struct check_list *list, const struct check_question *question,
	const char *object, const char *interface, enum check_result result, char *value)
{
	list->lines = alloc_one_more(list->lines, list->count, sizeof(*list->lines));
	struct check_line *line = &list->lines[list->count++];
	line->question = question;
	line->object = alloc_copy(object);
	line->interface = alloc_copy(interface);
	line->result = result;
	line->value = value;
	return line;
}

struct check_line *check_add_finding(struct check_list *list, const struct check_question *question,
	const char *object, const char *interface, enum check_result result,
	const struct plan *plan, const struct finding *finding)
{
	struct check_line *line = check_add(list, question, object, interface, result, NULL);

	line->slug = finding->slug;
	line->severity = severity_name(finding->severity);
	line->evidence = alloc_copy(finding->evidence);
	line->cure = alloc_copy(finding->cure);
	line->advice = alloc_copy(plan_advice(plan, finding));
	return line;
}

size_t check_count(const struct check_list *list, enum check_result result)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->lines[i].result == result;
	return count;
}

const char *check_result_name(enum check_result result)
{
	static const char *const names[CHECK_RESULTS] = {"PASS", "NOTE", "WARN", "FAIL"};

	return names[result];
}

const char *check_level_name(enum check_level level)
{
	static const char *const names[CHECK_LEVELS] = {"host", "bridge", "network", "guest"};

	return names[level];
}

static void line_clear(struct check_line *line)
{
	free(line->object);
	free(line->interface);
	free(line->value);
	free(line->evidence);
	free(line->cure);
	free(line->advice);
	free(line->probe);
}

void check_list_clear(struct check_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		line_clear(&list->lines[i]);
	free(list->lines);
	free(list->bridges);
	*list = (struct check_list){0};
}
