// SPDX-License-Identifier: GPL-2.0-or-later
/* Any messages of the kernel about packets, one after the other, and what is judged of them. */
#include "fuzz.h"

#include "drop_event.h"
#include "drop_follow.h"
#include "drop_judge.h"

#include <stdlib.h>
#include <string.h>

static const unsigned char client[MAC_SIZE] = {0x52, 0x54, 0, 1, 2, 3};

static void take(struct drop_seen *seen, const struct nlmsghdr *message)
{
	struct drop_event event;
	struct drop_line line;

	if (drop_event_read(message, &event))
		drop_follow(seen, &event);
	if (drop_line_read(message, client, &line) && seen->line_count < DROP_LINES_MAX) {
		line.known = true;
		line.drops = line.number & 1U;
		seen->lines = realloc(seen->lines, (seen->line_count + 1) * sizeof(line));
		if (!seen->lines)
			abort();
		seen->lines[seen->line_count++] = line;
	}
}

static void judge(const struct drop_seen *seen)
{
	struct drop_report report;

	drop_decide(seen, &report);
	(void)drop_is_hopeless(seen);
	(void)drop_is_unexplained(seen);
	free(drop_describe_end(seen));
	drop_report_clear(&report);
}

/* The length of each is what its header says, or what is left. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct drop_seen seen = {.port = 7, .bridge = 3, .table = "ours", .traced = true};

	while (size >= sizeof(struct nlmsghdr)) {
		struct nlmsghdr header;
		memcpy(&header, data, sizeof(header));
		size_t length = header.nlmsg_len < sizeof(header) || header.nlmsg_len > size
					? size
					: header.nlmsg_len;
		struct nlmsghdr *message = malloc(length);
		if (!message)
			abort();
		memcpy(message, data, length);
		message->nlmsg_len = (uint32_t)length;
		take(&seen, message);
		free(message);
		data += length;
		size -= length;
	}
	judge(&seen);
	drop_seen_clear(&seen);
	return 0;
}
