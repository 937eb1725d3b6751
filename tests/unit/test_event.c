// SPDX-License-Identifier: GPL-2.0-or-later
/* Arguments and standard input. */
#include "test.h"

#include "event.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct operation operations[] = {
	{"start", EVENT_GUEST_START},
	{"release", EVENT_IGNORED},
	{NULL, EVENT_UNKNOWN},
};

static enum event_kind kind_of(const char *operation)
{
	char *argv[] = {(char[]){"hook"}, (char[]){"a guest"}, NULL, NULL};
	char word[32];
	struct event event;

	snprintf(word, sizeof(word), "%s", operation);
	argv[2] = word;
	assert_int_equal(event_from_arguments(3, argv, operations, &event), 0);
	assert_string_equal(event.object, "a guest");
	assert_string_equal(event.operation, operation);
	return event.kind;
}

static void test_operations(void **state)
{
	(void)state;
	assert_int_equal(kind_of("start"), EVENT_GUEST_START);
	assert_int_equal(kind_of("release"), EVENT_IGNORED);
	assert_int_equal(kind_of("starte"), EVENT_UNKNOWN);
	assert_int_equal(kind_of("star"), EVENT_UNKNOWN);
	assert_int_equal(kind_of(""), EVENT_UNKNOWN);
}

static void test_missing_arguments(void **state)
{
	char *argv[] = {(char[]){"hook"}, (char[]){"guest"}, NULL};
	struct event event;

	(void)state;
	assert_int_equal(event_from_arguments(1, argv, operations, &event), -EINVAL);
	assert_int_equal(event_from_arguments(2, argv, operations, &event), -EINVAL);
}

/* Read @size bytes of a file with a mark at its start and end. */
static int read_file(size_t size, size_t *length)
{
	int fd = memfd_create("input", 0);
	char *xml = NULL;

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	if (size > 1) {
		assert_int_equal(pwrite(fd, "<", 1, 0), 1);
		assert_int_equal(pwrite(fd, ">", 1, (off_t)size - 1), 1);
	}
	int result = event_read_xml(fd, &xml, length);
	if (result == 0 && size > 1) {
		assert_int_equal(xml[0], '<');
		assert_int_equal(xml[size - 1], '>');
	}
	free(xml);
	close(fd);
	return result;
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = {
		0, 1, 5000, 65535, 65536, 65537, 262144, EVENT_XML_MAX - 1, EVENT_XML_MAX};
	size_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(read_file(sizes[i], &length), 0);
		assert_int_equal(length, sizes[i]);
	}
	assert_int_equal(read_file(EVENT_XML_MAX + 1, &length), -EFBIG);
	assert_int_equal(read_file(40U << 20, &length), -EFBIG);
}

static void test_unreadable(void **state)
{
	char *xml;
	size_t length;
	int folder = open("/", O_RDONLY);

	(void)state;
	assert_int_equal(event_read_xml(-1, &xml, &length), -EBADF);
	assert_int_equal(event_read_xml(folder, &xml, &length), -EISDIR);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_missing_arguments),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
