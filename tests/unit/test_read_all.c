// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are read to their end. */
#include "test.h"

#include "read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* Read @size bytes of a file with a mark at its start and end. */
static int read_file(size_t size, size_t *length)
{
	int fd = memfd_create("input", 0);
	char *text = NULL;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (size > 1) {
		assert_int_equal(pwrite(fd, "<", 1, 0), 1);
		assert_int_equal(pwrite(fd, ">", 1, (off_t)size - 1), 1);
	}
	int result = read_all(fd, &text, length);
	if (result == 0 && size > 1) {
		assert_int_equal(text[0], '<');
		assert_int_equal(text[size - 1], '>');
	}
	free(text);
	close(fd);
	return result;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {
		0, 1, 5000, 65535, 65536, 65537, 262144, READ_ALL_MAX - 1, READ_ALL_MAX};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(read_file(sizes[i], &length), 0);
		assert_int_equal(length, sizes[i]);
	}
	assert_int_equal(read_file(READ_ALL_MAX + 1, &length), -EFBIG);
	assert_int_equal(read_file(40U << 20, &length), -EFBIG);
}

static void test_unreadable(void **state)
{
	char *text;
	size_t length;
	int folder = open("/", O_RDONLY);

	(void)state;
	assert_int_equal(read_all(-1, &text, &length), -EBADF);
	assert_int_equal(read_all(folder, &text, &length), -EISDIR);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
