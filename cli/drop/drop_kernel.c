// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * A write to a tap runs the packet's way through the bridge, to the host's socket and into the
 * other ports' queues, before it returns. So of all packets that the kernel drops those that it
 * drops in this process, during the write, are ours. The tracepoint skb:kfree_skb tells of each,
 * with who called whom; the perf event counts for this process only, and is switched on for the
 * write only.
 *
 * Which reasons there are, and where they are in the record, is in the tracepoint's format, because
 * both differ between kernels. That is in tracefs. Where nobody has mounted it, it is opened
 * without being mounted.
 */
#include "drop_kernel.h"

#include "alloc.h"
#include "cleanup.h"
#include "drop_symbols.h"
#include "read_all.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define TRACEPOINT "events/skb/kfree_skb/"
#define RING_SIZE ((size_t)1 << 18)

struct drop_kernel {
	int fd;
	char *format;
	int reason_offset; /* in the record, or -1 */
	int place_offset;
	struct perf_event_mmap_page *head; /* a page, and the ring behind it */
	size_t page;
	struct drop_symbols symbols;
};

/* An address in the ring, and in the samples until their symbols are known. */
struct raw_sample {
	char reason[DROP_NAME_SIZE];
	uint64_t addresses[DROP_FRAMES + 1]; /* the place first */
	size_t count;
};

/* A directory of tracefs that is in nobody's mount table; or a negative errno. */
static int open_unmounted(void)
{
	CLEANUP(cleanup_fd) int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return -errno;
	int fd = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return fd < 0 ? -errno : fd;
}

static int open_tracefs(void)
{
	static const char *const places[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0 && faccessat(fd, TRACEPOINT "id", R_OK, 0) == 0)
			return fd;
		cleanup_fd(&fd);
	}
	return open_unmounted();
}

/* The caller frees; NULL if it cannot be read. */
static char *read_file(int directory, const char *name)
{
	CLEANUP(cleanup_fd) int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	CLEANUP(cleanup_free) char *bytes = NULL;
	size_t length = 0;

	if (fd < 0 || read_all(fd, &bytes, &length) != 0)
		return NULL;
	return alloc_format("%.*s", (int)length, bytes);
}

/* Where a field is in a record, or -1. */
static int field_offset(const char *format, const char *name)
{
	CLEANUP(cleanup_free) char *mark = alloc_format(" %s;\toffset:", name);
	const char *field = strstr(format, mark);

	return field ? (int)strtol(field + strlen(mark), NULL, 10) : -1;
}

static bool read_tracepoint(struct drop_kernel *kernel, unsigned long long *id)
{
	CLEANUP(cleanup_fd) int tracefs = open_tracefs();

	if (tracefs < 0)
		return false;
	CLEANUP(cleanup_free) char *number = read_file(tracefs, TRACEPOINT "id");
	kernel->format = read_file(tracefs, TRACEPOINT "format");
	if (!number || !kernel->format)
		return false;
	*id = strtoull(number, NULL, 10);
	kernel->reason_offset = field_offset(kernel->format, "reason");
	kernel->place_offset = field_offset(kernel->format, "location");
	return *id != 0 && kernel->place_offset >= 0;
}

static bool open_ring(struct drop_kernel *kernel, unsigned long long id)
{
	struct perf_event_attr attributes = {.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
		.config = id,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_CALLCHAIN | PERF_SAMPLE_RAW,
		.disabled = 1,
		.exclude_callchain_user = 1};

	kernel->fd =
		(int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (kernel->fd < 0)
		return false;
	void *memory = mmap(
		NULL, kernel->page + RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, kernel->fd, 0);
	if (memory == MAP_FAILED)
		return false;
	kernel->head = memory;
	return true;
}

struct drop_kernel *drop_kernel_open(void)
{
	struct drop_kernel *kernel = alloc_array(1, sizeof(*kernel));
	unsigned long long id = 0;

	kernel->fd = -1;
	kernel->page = (size_t)sysconf(_SC_PAGESIZE);
	if (!read_tracepoint(kernel, &id) || !open_ring(kernel, id))
		drop_kernel_close(&kernel);
	return kernel;
}

void drop_kernel_close(struct drop_kernel **kernel)
{
	if (!*kernel)
		return;
	if ((*kernel)->head)
		munmap((*kernel)->head, (*kernel)->page + RING_SIZE);
	cleanup_fd(&(*kernel)->fd);
	drop_symbols_clear(&(*kernel)->symbols);
	free((*kernel)->format);
	free(*kernel);
	*kernel = NULL;
}

void drop_kernel_start(struct drop_kernel *kernel)
{
	if (kernel)
		(void)ioctl(kernel->fd, PERF_EVENT_IOC_ENABLE, 0);
}

void drop_kernel_stop(struct drop_kernel *kernel)
{
	if (kernel)
		(void)ioctl(kernel->fd, PERF_EVENT_IOC_DISABLE, 0);
}

/* The name of a reason, by the list in the format: { 62, "TC_EGRESS" }. */
static void name_reason(const struct drop_kernel *kernel, uint32_t reason, char *name)
{
	CLEANUP(cleanup_free) char *mark = alloc_format("{ %u, \"", reason);
	const char *found = strstr(kernel->format, mark);

	*name = '\0';
	if (found) {
		found += strlen(mark);
		snprintf(name, DROP_NAME_SIZE, "%.*s", (int)strcspn(found, "\""), found);
	}
}

/* A record is: how many addresses, these, the length of the tracepoint's own part, that part. */
static bool read_sample(const struct drop_kernel *kernel, const unsigned char *record,
	size_t length, struct raw_sample *sample)
{
	uint64_t count = 0;
	uint32_t size = 0;

	*sample = (struct raw_sample){0};
	if (length < sizeof(count))
		return false;
	memcpy(&count, record, sizeof(count));
	if (count > (length - sizeof(count)) / sizeof(uint64_t))
		return false;
	const unsigned char *addresses = record + sizeof(count);
	const unsigned char *own = addresses + count * sizeof(uint64_t);
	size_t left = length - sizeof(count) - count * sizeof(uint64_t);
	if (left < sizeof(size))
		return false;
	memcpy(&size, own, sizeof(size));
	own += sizeof(size);
	left -= sizeof(size);
	if (size > left || (size_t)kernel->place_offset + sizeof(uint64_t) > size)
		return false;
	memcpy(&sample->addresses[sample->count++], own + kernel->place_offset, sizeof(uint64_t));
	if (kernel->reason_offset >= 0 &&
		(size_t)kernel->reason_offset + sizeof(uint32_t) <= size) {
		uint32_t reason = 0;
		memcpy(&reason, own + kernel->reason_offset, sizeof(reason));
		name_reason(kernel, reason, sample->reason);
	}
	for (uint64_t i = 0; i < count && sample->count <= DROP_FRAMES; i++) {
		uint64_t address = 0;
		memcpy(&address, addresses + i * sizeof(address), sizeof(address));
		/* What is no address says whose the next ones are. */
		if (address < (uint64_t)PERF_CONTEXT_MAX)
			sample->addresses[sample->count++] = address;
	}
	return true;
}

/* Copy a part of the ring, which may end and begin again in it. */
static void copy_ring(const struct drop_kernel *kernel, uint64_t at, void *to, size_t length)
{
	const unsigned char *ring = (const unsigned char *)kernel->head + kernel->page;
	size_t offset = (size_t)(at % RING_SIZE);
	size_t first = length < RING_SIZE - offset ? length : RING_SIZE - offset;

	memcpy(to, ring + offset, first);
	memcpy((char *)to + first, ring, length - first);
}

/* Which rule nftables and legacy tables tell. Names of functions take 40 ms of the processor. */
static bool is_of_a_rule(const struct raw_sample *sample)
{
	return strcmp(sample->reason, "NETFILTER_DROP") == 0;
}

struct raw_samples {
	struct raw_sample *list;
	size_t count;
};

static void cleanup_samples(struct raw_samples *samples)
{
	free(samples->list);
}

static void read_ring(const struct drop_kernel *kernel, struct raw_samples *samples, size_t most)
{
	uint64_t head = __atomic_load_n(&kernel->head->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = kernel->head->data_tail;

	while (tail < head) {
		struct perf_event_header header;
		unsigned char record[4096];
		copy_ring(kernel, tail, &header, sizeof(header));
		size_t length = header.size - sizeof(header);
		if (header.size < sizeof(header))
			break;
		if (header.type == PERF_RECORD_SAMPLE && length <= sizeof(record) &&
			samples->count < most) {
			samples->list = alloc_one_more(
				samples->list, samples->count, sizeof(*samples->list));
			copy_ring(kernel, tail + sizeof(header), record, length);
			struct raw_sample *sample = &samples->list[samples->count];
			if (read_sample(kernel, record, length, sample) && !is_of_a_rule(sample))
				samples->count++;
		}
		tail += header.size;
	}
	__atomic_store_n(&kernel->head->data_tail, head, __ATOMIC_RELEASE);
}

static void name_sample(
	struct drop_sample *to, const struct raw_sample *from, const struct drop_symbols *symbols)
{
	snprintf(to->reason, sizeof(to->reason), "%s", from->reason);
	drop_symbols_name(symbols, from->addresses[0], to->place);
	to->frames = alloc_array(from->count, sizeof(*to->frames));
	for (size_t i = 1; i < from->count; i++)
		drop_symbols_name(symbols, from->addresses[i], to->frames[to->count++]);
}

/* The functions are looked up once: each request is dropped in the same ones. */
static void find_symbols(struct drop_symbols *symbols, const struct raw_samples *raw)
{
	size_t known = symbols->count;

	for (size_t i = 0; i < raw->count; i++) {
		for (size_t n = 0; n < raw->list[i].count; n++)
			drop_symbols_want(symbols, raw->list[i].addresses[n]);
	}
	if (symbols->count > known)
		drop_symbols_read(symbols);
}

void drop_kernel_read(struct drop_kernel *kernel, struct drop_seen *seen)
{
	CLEANUP(cleanup_samples) struct raw_samples raw = {0};

	if (!kernel)
		return;
	read_ring(kernel, &raw, DROP_SAMPLES_MAX - seen->sample_count);
	find_symbols(&kernel->symbols, &raw);
	for (size_t i = 0; i < raw.count; i++) {
		seen->samples =
			alloc_one_more(seen->samples, seen->sample_count, sizeof(*seen->samples));
		seen->news++;
		name_sample(&seen->samples[seen->sample_count++], &raw.list[i], &kernel->symbols);
	}
}

void drop_kernel_forget(struct drop_kernel *kernel, struct drop_seen *seen)
{
	if (kernel) {
		uint64_t head = __atomic_load_n(&kernel->head->data_head, __ATOMIC_ACQUIRE);
		__atomic_store_n(&kernel->head->data_tail, head, __ATOMIC_RELEASE);
	}
	while (seen->sample_count > 0)
		free(seen->samples[--seen->sample_count].frames);
}
