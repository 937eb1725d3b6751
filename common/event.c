// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

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
	/* One byte more than is allowed shows that there is more. Pages not written to cost
	 * nothing. */
	char *buffer = malloc(EVENT_XML_MAX + 1);

	if (!buffer)
		return -ENOMEM;
	ssize_t got = read_up_to(fd, buffer, EVENT_XML_MAX + 1);
	if (got < 0 || (size_t)got > EVENT_XML_MAX) {
		free(buffer);
		return got < 0 ? (int)got : -EFBIG;
	}
	*xml = buffer;
	*length = (size_t)got;
	return 0;
}
