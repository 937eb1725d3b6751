// SPDX-License-Identifier: GPL-2.0-or-later
/* device_key.c where a device is renamed just while it is looked at, or may not be looked at: names
 * and folders come from here. "lo" is the only one. */
#include "test.h"

#include "device_key.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LOOPBACK 1

/* In the place of /sys/class/net. */
static char folder[] = "/tmp/test_device_key.XXXXXX";

static unsigned long folder_magic;

/* errno of the calls that fail, or 0. */
static int open_error;
static int statfs_error;
static int cookie_error;

static int fail_with(int error)
{
	errno = error;
	return -1;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);

int __wrap_open(const char *path, int flags, ...)
{
	assert_string_equal(path, "/sys/class/net");
	return open_error ? fail_with(open_error) : __real_open(folder, flags);
}

int __wrap_fstatfs(int fd, struct statfs *system);

int __wrap_fstatfs(int fd, struct statfs *system)
{
	assert_true(fd >= 0);
	*system = (struct statfs){.f_type = (__typeof__(system->f_type))folder_magic};
	return statfs_error ? fail_with(statfs_error) : 0;
}

int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	return cookie_error ? fail_with(cookie_error)
			    : __real_getsockopt(fd, level, option, value, size);
}

static int make_folder(void **state)
{
	char path[sizeof(folder) + 16];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/lo", folder);
	if (mkdir(path, 0700) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/lo/ifindex", folder);
	FILE *file = fopen(path, "w");
	if (!file)
		return -1;
	fprintf(file, "%d\n", LOOPBACK);
	return fclose(file);
}

static int remove_folder(void **state)
{
	char path[sizeof(folder) + 16];

	(void)state;
	snprintf(path, sizeof(path), "%s/lo/ifindex", folder);
	unlink(path);
	snprintf(path, sizeof(path), "%s/lo", folder);
	rmdir(path);
	return rmdir(folder);
}

/* What the device is called at each question; the last one stands. */
static const char *const *names;
static unsigned int questions;

char *__wrap_if_indextoname(unsigned int ifindex, char *name);

char *__wrap_if_indextoname(unsigned int ifindex, char *name)
{
	const char *now = *names;

	assert_int_not_equal(ifindex, 0);
	questions++;
	if (names[1])
		names++;
	if (!*now) {
		errno = ENXIO;
		return NULL;
	}
	memcpy(name, now, strlen(now) + 1);
	return name;
}

static int setup(void **state)
{
	(void)state;
	questions = 0;
	folder_magic = SYSFS_MAGIC;
	open_error = 0;
	statfs_error = 0;
	cookie_error = 0;
	return 0;
}

static int read_key(unsigned int ifindex, const char *const *called, struct device_key *key)
{
	names = called;
	return device_key_read(ifindex, key);
}

static void check_loopback(const char *const *called)
{
	struct device_key key;
	char path[sizeof(folder) + 16];
	struct stat own;

	snprintf(path, sizeof(path), "%s/lo", folder);
	assert_int_equal(stat(path, &own), 0);
	assert_int_equal(read_key(LOOPBACK, called, &key), 0);
	assert_true(key.device == own.st_ino);
}

static int read_with_error(int *which, int error)
{
	static const char *const called[] = {"lo", NULL};
	struct device_key key;

	*which = error;
	int result = read_key(LOOPBACK, called, &key);
	*which = 0;
	return result;
}

/* A key that lacks what is there would be another device's. What is the same for all devices is
 * read once: this test comes first. */
static void test_not_for_us_to_see(void **state)
{
	(void)state;
	assert_int_equal(read_with_error(&cookie_error, EPERM), -EPERM);
	assert_int_equal(read_with_error(&cookie_error, EACCES), -EACCES);
	assert_int_equal(read_with_error(&open_error, EACCES), -EACCES);
	assert_int_equal(read_with_error(&statfs_error, EACCES), -EACCES);
	assert_int_equal(read_with_error(&open_error, ENOENT), 0);
}

static void test_folder(void **state)
{
	static const char *const called[] = {"lo", NULL};

	(void)state;
	check_loopback(called);
	assert_int_equal(questions, 1);
}

static void test_renamed(void **state)
{
	static const char *const called[] = {"gone0", "gone1", "lo", NULL};

	(void)state;
	check_loopback(called);
}

static void test_name_is_anothers(void **state)
{
	static const char *const called[] = {"lo", "gone0", "lo", "gone0", NULL};
	struct device_key key;

	(void)state;
	assert_int_equal(read_key(LOOPBACK + 1000000, called, &key), -EAGAIN);
}

/* sysfs shows another network namespace, with and without a device of that name. */
static void test_another_sysfs(void **state)
{
	static const char *const here[] = {"lo", NULL};
	static const char *const gone[] = {"gone0", NULL};
	struct device_key key;

	(void)state;
	assert_int_equal(read_key(LOOPBACK + 1000000, here, &key), 0);
	assert_true(key.device == 0);
	assert_int_equal(read_key(LOOPBACK, gone, &key), 0);
	assert_true(key.device == 0);
	assert_true(key.boot != 0);
}

static void test_no_device(void **state)
{
	static const char *const renamed[] = {"gone0", "", NULL};
	struct device_key key;

	(void)state;
	assert_int_equal(read_key(LOOPBACK, renamed, &key), 0);
	assert_true(key.device == 0);
}

static void test_no_sysfs(void **state)
{
	static const char *const called[] = {"lo", NULL};
	struct device_key key;

	(void)state;
	folder_magic = TMPFS_MAGIC;
	assert_int_equal(read_key(LOOPBACK, called, &key), 0);
	assert_true(key.device == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_not_for_us_to_see, setup),
		cmocka_unit_test_setup(test_folder, setup),
		cmocka_unit_test_setup(test_renamed, setup),
		cmocka_unit_test_setup(test_name_is_anothers, setup),
		cmocka_unit_test_setup(test_another_sysfs, setup),
		cmocka_unit_test_setup(test_no_device, setup),
		cmocka_unit_test_setup(test_no_sysfs, setup),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
