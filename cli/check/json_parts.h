// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Parts of a JSON document. json-c says of memory that is missing by NULL and by -1; here that is
 * false, and who builds a document stops at the first.
 */
#ifndef VIRT_NETBOOT_JSON_PARTS_H
#define VIRT_NETBOOT_JSON_PARTS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

void cleanup_json(struct json_object **object);

/* Takes @value; NULL is memory that is missing. */
bool json_put(struct json_object *object, const char *key, struct json_object *value);

/* As machine_text() makes it. Text that is missing (NULL) has no key. */
bool json_put_text(struct json_object *object, const char *key, const char *value);

bool json_put_count(struct json_object *object, const char *key, size_t count);
bool json_put_bool(struct json_object *object, const char *key, bool value);

/* As machine_seconds() writes it. */
bool json_put_seconds(struct json_object *object, const char *key, double seconds);

/* RFC 3339, in UTC. */
bool json_put_now(struct json_object *object, const char *key);

/* Takes @item. */
bool json_append(struct json_object *array, struct json_object *item);

/* @object if all of it could be built, or NULL after it was freed. */
struct json_object *json_whole(struct json_object *object, bool whole);

/* Write a document, for people to look at, too. Return: 0 or a negative errno. */
int json_write(FILE *file, struct json_object *document);

#endif
