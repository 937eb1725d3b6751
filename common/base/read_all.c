// SPDX-License-Identifier: GPL-2.0-or-later
#include "read_all.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

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

int read_all(int fd, char **text, size_t *length)
{
	/* One byte more than is allowed shows that there is more. Pages not written to cost
	 * nothing. */
	char *buffer = malloc(READ_ALL_MAX + 1);

	if (!buffer)
		return -ENOMEM;
	ssize_t got = read_up_to(fd, buffer, READ_ALL_MAX + 1);
	if (got < 0 || (size_t)got > READ_ALL_MAX) {
		free(buffer);
		return got < 0 ? (int)got : -EFBIG;
	}
	*text = buffer;
	*length = (size_t)got;
	return 0;
}
