// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_parts.h"

#include "cleanup.h"
#include "machine_text.h"

#include <errno.h>
#include <time.h>

void cleanup_json(struct json_object **object)
{
	json_object_put(*object);
}

bool json_put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && object && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

bool json_put_text(struct json_object *object, const char *key, const char *value)
{
	CLEANUP(cleanup_free) char *text = machine_text(value);

	return !text || json_put(object, key, json_object_new_string(text));
}

bool json_put_count(struct json_object *object, const char *key, size_t count)
{
	return json_put(object, key, json_object_new_int64((int64_t)count));
}

bool json_put_bool(struct json_object *object, const char *key, bool value)
{
	return json_put(object, key, json_object_new_boolean(value));
}

bool json_put_seconds(struct json_object *object, const char *key, double seconds)
{
	char text[MACHINE_SECONDS_SIZE];

	machine_seconds(text, seconds);
	return json_put(object, key, json_object_new_double_s(seconds, text));
}

bool json_put_now(struct json_object *object, const char *key)
{
	char text[32] = "";
	struct tm parts;
	time_t now = time(NULL);

	if (gmtime_r(&now, &parts))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	return json_put_text(object, key, text);
}

bool json_append(struct json_object *array, struct json_object *item)
{
	if (item && json_object_array_add(array, item) == 0)
		return true;
	json_object_put(item);
	return false;
}

struct json_object *json_whole(struct json_object *object, bool whole)
{
	if (whole)
		return object;
	json_object_put(object);
	return NULL;
}

int json_write(FILE *file, struct json_object *document)
{
	const char *text = json_object_to_json_string_ext(document,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		return -ENOMEM;
	errno = EIO;
	return fputs(text, file) < 0 || fputc('\n', file) < 0 ? -errno : 0;
}
