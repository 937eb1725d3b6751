// SPDX-License-Identifier: GPL-2.0-or-later
#include "zone_settings.h"

#include "alloc.h"

#include <stdlib.h>
#include <string.h>

void zone_add_text(struct zone_texts *texts, const char *kind, const char *text)
{
	texts->texts = alloc_one_more(texts->texts, texts->count, sizeof(*texts->texts));
	texts->texts[texts->count++] = alloc_format("%s %s", kind, text);
}

bool zone_has_text(const struct zone_texts *texts, const char *text)
{
	for (size_t i = 0; i < texts->count; i++) {
		if (strcmp(texts->texts[i], text) == 0)
			return true;
	}
	return false;
}

const struct zone_settings *zone_find(const struct zone_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->zones[i].name, name) == 0)
			return &list->zones[i];
	}
	return NULL;
}

static void clear_texts(struct zone_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->texts[i]);
	free(texts->texts);
}

void zone_list_clear(struct zone_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->zones[i].name);
		clear_texts(&list->zones[i].lets_in);
		clear_texts(&list->zones[i].does);
		clear_texts(&list->zones[i].members);
	}
	free(list->zones);
	*list = (struct zone_list){0};
}
