// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>

#define FIRST_SIZE (64U << 10)

int event_from_arguments(
	int argc, char **argv, const struct operation *operations, struct event *event)
{
	if (argc < 3)
		return -EINVAL;
	*event = (struct event){.object = argv[1], .operation = argv[2], .kind = EVENT_UNKNOWN};
	for (; operations->name; operations++) {
		if (strcmp(operations->name, event->operation) == 0)
			event->kind = operations->kind;
	}
	return 0;
}

/* Read until the end or until @size bytes are there. Return: their number or a negative errno. */
static ssize_t read_up_to(int fd, char *buffer, size_t size)
{
	size_t length = 0;

	while (length < size) {
		ssize_t got = read(fd, buffer + length, size - length);
		if (got == 0)
			break;
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0)
			length += (size_t)got;
	}
	return (ssize_t)length;
}

int event_read_xml(int fd, char **xml, size_t *length)
{
	CLEANUP(cleanup_free) char *buffer = NULL;
	size_t have = 0;

	for (size_t size = FIRST_SIZE;; size *= 4) {
		/* One byte more than is allowed shows that there is more. */
		if (size > EVENT_XML_MAX)
			size = EVENT_XML_MAX + 1;
		char *larger = realloc(buffer, size);
		if (!larger)
			return -ENOMEM;
		buffer = larger;
		ssize_t got = read_up_to(fd, buffer + have, size - have);
		if (got < 0)
			return (int)got;
		have += (size_t)got;
		if (have > EVENT_XML_MAX)
			return -EFBIG;
		if (have < size)
			break;
	}
	*xml = buffer;
	*length = have;
	buffer = NULL;
	return 0;
}
