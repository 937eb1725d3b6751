// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loaded before the C library (LD_PRELOAD), it tells tests/faults/inject of each allocation, by a
 * system call that no kernel has. Where that fails with ENOMEM, so does the allocation.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

/* tests/faults/plan.py has the same. */
#define ALLOCATION 511

/* The C library's own, below the names that are taken here [glibc malloc/malloc.c]. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

/* errno is left as it is unless there is no memory. */
static bool is_refused(void)
{
	int before = errno;

	if (syscall(ALLOCATION) < 0 && errno == ENOMEM)
		return true;
	errno = before;
	return false;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

// The C library's own names for the parameters are reserved.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
EXPORT void *calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(count, size);
}

// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
EXPORT void *realloc(void *memory, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(memory, size);
}
