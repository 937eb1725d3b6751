// SPDX-License-Identifier: GPL-2.0-or-later
#include "hook_content.h"

#include "alloc.h"
#include "cleanup.h"
#include "read_all.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* The size of a build-id, a SHA-1 [Makefile]. */
#define BUILD_ID_SIZE 20

struct bytes {
	char *start;
	size_t length;
};

static void cleanup_bytes(struct bytes *bytes)
{
	free(bytes->start);
}

static const char *find(const struct bytes *bytes, const void *what, size_t length)
{
	return bytes->length ? memmem(bytes->start, bytes->length, what, length) : NULL;
}

static bool has_text(const struct bytes *bytes, const char *text)
{
	return find(bytes, text, strlen(text)) != NULL;
}

static bool is_elf(const struct bytes *bytes)
{
	return bytes->length >= SELFMAG && memcmp(bytes->start, ELFMAG, SELFMAG) == 0;
}

/*
 * Each version says how it is used; but one between 0.1.0 and the next only ran a second program in
 * LIBEXECDIR, under its own name. A program of another's may well name ours, to call it.
 */
static bool is_ours(const struct bytes *bytes, const char *hook)
{
	CLEANUP(cleanup_free) char *name = alloc_format("virt-netboot-%s-hook", hook);
	CLEANUP(cleanup_free) char *second = alloc_format("/libexec/virt-netboot/%s", name);

	return is_elf(bytes) && has_text(bytes, name) &&
	       (has_text(bytes, " OBJECT OPERATION SUBOPERATION EXTRA <XML") ||
		       has_text(bytes, second));
}

/* Not blocked by a FIFO. Return: the descriptor of a regular file, or a negative errno. */
static int open_regular(const char *file, int flags)
{
	struct stat status;
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

/* Return: 0, -EFBIG if it is larger than any program of ours, or another negative errno. */
static int read_file(const char *file, struct bytes *bytes)
{
	CLEANUP(cleanup_fd) int fd = open_regular(file, 0);

	return fd < 0 ? fd : read_all(fd, &bytes->start, &bytes->length);
}

int content_of(const char *file, const char *hook)
{
	CLEANUP(cleanup_bytes) struct bytes bytes = {0};
	int result = read_file(file, &bytes);

	if (result == -ENOENT)
		return CONTENT_ABSENT;
	if (result == -EFBIG || result == -EINVAL)
		return CONTENT_OTHER;
	if (result != 0)
		return result;
	if (bytes.length == 0)
		return CONTENT_EMPTY;
	return is_ours(&bytes, hook) ? CONTENT_OURS : CONTENT_OTHER;
}

/* The note that the linker makes [elf(5), Notes]: of the same form in programs of 32 and 64 bits.
 */
static const char *find_build_id(const struct bytes *bytes)
{
	const Elf64_Nhdr header = {sizeof("GNU"), BUILD_ID_SIZE, NT_GNU_BUILD_ID};
	char note[sizeof(header) + sizeof("GNU")];

	memcpy(note, &header, sizeof(header));
	memcpy(note + sizeof(header), "GNU", sizeof("GNU"));
	const char *found = is_elf(bytes) ? find(bytes, note, sizeof(note)) : NULL;

	if (!found || (size_t)(bytes->start + bytes->length - found) < sizeof(note) + BUILD_ID_SIZE)
		return NULL;
	return found + sizeof(note);
}

/* Where the table of sections ends, which linkers and strip(1) write last; 0 if that is not known.
 */
static size_t end_of_elf(const struct bytes *bytes)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;

	if (!is_elf(bytes) || bytes->length < sizeof(wide))
		return 0;
	memcpy(&wide, bytes->start, sizeof(wide));
	memcpy(&narrow, bytes->start, sizeof(narrow));
	if (wide.e_ident[EI_CLASS] == ELFCLASS64)
		return wide.e_shoff + (size_t)wide.e_shnum * wide.e_shentsize;
	return narrow.e_shoff + (size_t)narrow.e_shnum * narrow.e_shentsize;
}

bool content_has_more(const char *one, const char *other)
{
	CLEANUP(cleanup_bytes) struct bytes first = {0};
	CLEANUP(cleanup_bytes) struct bytes second = {0};

	if (read_file(one, &first) != 0 || read_file(other, &second) != 0)
		return false;
	size_t end = end_of_elf(&first);
	return end > 0 && end < first.length && end_of_elf(&second) == second.length;
}

bool content_is_of_other_build(const char *one, const char *other)
{
	CLEANUP(cleanup_bytes) struct bytes first = {0};
	CLEANUP(cleanup_bytes) struct bytes second = {0};

	if (read_file(one, &first) != 0 || read_file(other, &second) != 0)
		return false;
	const char *first_id = find_build_id(&first);
	const char *second_id = find_build_id(&second);
	return first_id && second_id && memcmp(first_id, second_id, BUILD_ID_SIZE) != 0;
}

/* False, too, if one cannot be read. */
static bool begins_with(int whole, int part)
{
	char bytes[16384];
	char others[sizeof(bytes)];
	off_t at = 0;
	ssize_t length;

	while ((length = pread(part, bytes, sizeof(bytes), at)) > 0) {
		if (pread(whole, others, (size_t)length, at) != length ||
			memcmp(bytes, others, (size_t)length) != 0)
			return false;
		at += length;
	}
	return length == 0;
}

bool content_is_part(const char *part, const char *whole)
{
	CLEANUP(cleanup_fd) int first = open_regular(part, O_NOFOLLOW);
	CLEANUP(cleanup_fd) int second = open_regular(whole, O_NOFOLLOW);
	struct stat status[2];

	if (first < 0 || second < 0 || fstat(first, &status[0]) < 0 ||
		fstat(second, &status[1]) < 0)
		return false;
	if (status[0].st_dev == status[1].st_dev && status[0].st_ino == status[1].st_ino)
		return false;
	return begins_with(second, first);
}

bool content_is_same(const char *one, const char *other)
{
	return content_is_part(one, other) && content_is_part(other, one);
}

char *link_read(const char *file)
{
	char target[4096];
	ssize_t length = readlink(file, target, sizeof(target) - 1);

	if (length < 0)
		return NULL;
	target[length] = '\0';
	return alloc_copy(target);
}
