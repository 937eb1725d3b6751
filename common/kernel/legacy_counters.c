// SPDX-License-Identifier: GPL-2.0-or-later
#include "legacy_counters.h"

#include "alloc.h"
#include "cleanup.h"

#include <string.h>

static void add_counter(struct legacy_counters *counters, struct legacy_counter counter)
{
	counters->list = alloc_one_more(counters->list, counters->count, sizeof(counter));
	counters->list[counters->count++] = counter;
}

void LEGACY(counters_read)(struct xtc_handle *handle, struct legacy_counters *counters)
{
	for (const char *chain = XTC(first_chain)(handle); chain; chain = XTC(next_chain)(handle)) {
		struct legacy_counter counter = {.chain = chain};
		const xt_entry *entry = XTC(first_rule)(chain, handle);
		for (; entry; entry = XTC(next_rule)(entry, handle)) {
			counter.number++;
			counter.value = entry->counters;
			add_counter(counters, counter);
		}
	}
}

bool LEGACY(counters_put_back)(struct xtc_handle *handle, const struct legacy_counters *counters)
{
	CLEANUP(cleanup_legacy_counters) struct legacy_counters now = {0};

	LEGACY(counters_read)(handle, &now);
	if (now.count != counters->count)
		return false;
	for (size_t i = 0; i < now.count; i++) {
		const struct legacy_counter *before = &counters->list[i];
		if (strcmp(now.list[i].chain, before->chain) != 0 ||
			now.list[i].number != before->number)
			return false;
		now.list[i].value.pcnt += before->value.pcnt;
		now.list[i].value.bcnt += before->value.bcnt;
		if (!XTC(set_counter)(
			    now.list[i].chain, now.list[i].number, &now.list[i].value, handle))
			return false;
	}
	return XTC(commit)(handle);
}
