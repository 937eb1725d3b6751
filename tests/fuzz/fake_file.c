// SPDX-License-Identifier: GPL-2.0-or-later
/* A file that is read from memory. */
#include "fake_file.h"

#include <dlfcn.h>
#include <string.h>

/* Libraries are to find what is here. */
#pragma GCC visibility push(default)

static struct {
	const char *path;
	const void *data;
	size_t size;
} fake;

void file_holds(const char *path, const void *data, size_t size)
{
	fake.path = path;
	fake.data = data;
	fake.size = size;
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the C library has others
FILE *fopen(const char *restrict path, const char *restrict mode)
{
	FILE *(*real)(const char *, const char *);

	if (fake.path && strcmp(path, fake.path) == 0)
		// NOLINTNEXTLINE(performance-no-int-to-ptr): nothing is written there
		return fmemopen((void *)(uintptr_t)fake.data, fake.size, "r");
	*(void **)&real = dlsym(RTLD_NEXT, "fopen");
	return real(path, mode);
}
