// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's side of a guest's card behind vhost-net, for the test programs: what QEMU sets up
 * there, and what the guest's driver then does. Whatever fails ends the program with status 3.
 *
 * Theory of operation
 *
 * To the kernel a guest is a process with a table of its memory and two split virtqueues in it
 * (virtio 1.2, 2.7): what the card receives, and what it sends. Here the guest's memory is the
 * program's own, at the same addresses. Each buffer has its descriptor and its place in the ring
 * for ever, so the rings need no free list: buffers are given back in the order in which they are
 * used (vhost-net keeps it).
 *
 * No feature is negotiated between driver and vhost-net, so that the header is a struct
 * virtio_net_hdr, each frame has one buffer, and both sides tell each other of every change. What
 * the driver leaves to the card is the tap's affair (TUN_F_CSUM), as with QEMU.
 */
#ifndef VHOST_H
#define VHOST_H

#include <limits.h>
#include <linux/if_ether.h>
#include <linux/vhost.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <sys/eventfd.h>

#include "tap.h"

enum {
	VHOST_RECEIVES, /* the numbers of vhost-net's queues */
	VHOST_SENDS,
	VHOST_QUEUES,

	VHOST_BUFFERS = 64, /* in each */
	/* The longest IP packet, and what is before it. */
	VHOST_FRAME_MAX = sizeof(struct virtio_net_hdr) + ETH_HLEN + 65535,
};

struct vhost_queue {
	struct vring_desc descriptors[VHOST_BUFFERS] __attribute__((aligned(VHOST_PAGE_SIZE)));
	struct {
		uint16_t flags, index, ring[VHOST_BUFFERS];
	} available __attribute__((aligned(VHOST_PAGE_SIZE)));
	struct {
		uint16_t flags, index;
		struct vring_used_elem ring[VHOST_BUFFERS];
	} used __attribute__((aligned(VHOST_PAGE_SIZE)));
	uint8_t buffers[VHOST_BUFFERS][VHOST_FRAME_MAX];
	uint16_t taken; /* of what is used */
	int kick, call; /* to vhost-net, and from it */
} __attribute__((aligned(VHOST_PAGE_SIZE)));

/* A guest's memory. */
struct vhost {
	struct vhost_queue queues[VHOST_QUEUES];
};

static inline void vhost_ask(int vhost, unsigned long request, const void *argument)
{
	if (ioctl(vhost, request, argument) < 0)
		die("vhost-net");
}

/* The next buffer, which is the one that was taken back the longest time ago, goes to vhost-net. */
static inline void vhost_give(struct vhost_queue *queue, size_t length)
{
	const uint16_t next = queue->available.index, i = next % VHOST_BUFFERS;
	const uint64_t one = 1;

	queue->descriptors[i].len = (uint32_t)length;
	queue->available.ring[i] = i;
	__atomic_store_n(&queue->available.index, (uint16_t)(next + 1), __ATOMIC_RELEASE);
	if (write(queue->kick, &one, sizeof(one)) < 0)
		die("kick vhost-net");
}

/* Whether vhost-net has used the buffer after those that were taken back. */
static inline bool vhost_has_used(const struct vhost_queue *queue)
{
	return __atomic_load_n(&queue->used.index, __ATOMIC_ACQUIRE) != queue->taken;
}

static inline int vhost_eventfd(void)
{
	const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		die("eventfd");
	return fd;
}

static inline void vhost_start_queue(int vhost, struct vhost *memory, unsigned number, int tap)
{
	struct vhost_queue *queue = &memory->queues[number];
	const struct vhost_vring_state size = {number, VHOST_BUFFERS}, base = {number, 0};
	const struct vhost_vring_addr addresses = {
		.index = number,
		.desc_user_addr = (uintptr_t)queue->descriptors,
		.used_user_addr = (uintptr_t)&queue->used,
		.avail_user_addr = (uintptr_t)&queue->available,
	};
	const struct vhost_vring_file kick = {number, queue->kick = vhost_eventfd()};
	const struct vhost_vring_file call = {number, queue->call = vhost_eventfd()};
	const struct vhost_vring_file backend = {number, tap};

	for (unsigned i = 0; i < VHOST_BUFFERS; i++)
		queue->descriptors[i] = (struct vring_desc){
			.addr = (uintptr_t)queue->buffers[i],
			.flags = number == VHOST_RECEIVES ? VRING_DESC_F_WRITE : 0,
		};
	vhost_ask(vhost, VHOST_SET_VRING_NUM, &size);
	vhost_ask(vhost, VHOST_SET_VRING_BASE, &base);
	vhost_ask(vhost, VHOST_SET_VRING_ADDR, &addresses);
	vhost_ask(vhost, VHOST_SET_VRING_KICK, &kick);
	vhost_ask(vhost, VHOST_SET_VRING_CALL, &call);
	vhost_ask(vhost, VHOST_NET_SET_BACKEND, &backend);
}

/* A sandbox has no node for it either. */
static inline int vhost_open(void)
{
	const int fd = open_node("vhost-net", makedev(10, 238)); /* VHOST_NET_MINOR */

	if (fd < 0)
		die("vhost-net");
	return fd;
}

/*
 * The card of open_card from now on belongs to vhost-net. Its send buffer is what QEMU makes it:
 * without a limit, so that vhost-net gives the tap frames by the batch.
 */
static inline struct vhost *vhost_start(int tap)
{
	static struct vhost memory;
	/* A struct vhost_memory with one region. */
	const struct {
		uint32_t count, padding;
		struct vhost_memory_region region;
	} table = {1, 0,
		{.guest_phys_addr = (uintptr_t)&memory,
			.memory_size = sizeof(memory),
			.userspace_addr = (uintptr_t)&memory}};
	const int vhost = vhost_open(), no_limit = INT_MAX;
	const uint64_t features = 0;

	vhost_ask(tap, TUNSETSNDBUF, &no_limit);
	vhost_ask(vhost, VHOST_SET_OWNER, NULL);
	vhost_ask(vhost, VHOST_SET_FEATURES, &features);
	vhost_ask(vhost, VHOST_SET_MEM_TABLE, &table);
	for (unsigned i = 0; i < VHOST_QUEUES; i++)
		vhost_start_queue(vhost, &memory, i, tap);
	for (unsigned i = 0; i < VHOST_BUFFERS; i++)
		vhost_give(&memory.queues[VHOST_RECEIVES], VHOST_FRAME_MAX);
	return &memory;
}

/* Readable when there may be something to receive. */
static inline int vhost_fd(const struct vhost *vhost)
{
	return vhost->queues[VHOST_RECEIVES].call;
}

/* As read() and write() of the tap would, both with struct virtio_net_hdr. -1 and EAGAIN: nothing
 * is there. */
static inline ssize_t vhost_receive(struct vhost *vhost, void *frame)
{
	struct vhost_queue *queue = &vhost->queues[VHOST_RECEIVES];
	uint64_t calls;

	if (!vhost_has_used(queue) && read(queue->call, &calls, sizeof(calls)) < 0 &&
		errno != EAGAIN)
		die("vhost-net's call");
	if (!vhost_has_used(queue)) {
		errno = EAGAIN;
		return -1;
	}
	const unsigned i = queue->taken++ % VHOST_BUFFERS;
	const size_t length = queue->used.ring[i].len;

	memcpy(frame, queue->buffers[i], length);
	vhost_give(queue, VHOST_FRAME_MAX);
	return (ssize_t)length;
}

/* What finds no free buffer is lost: -1 and EAGAIN. */
static inline ssize_t vhost_send(struct vhost *vhost, const void *frame, size_t length)
{
	struct vhost_queue *queue = &vhost->queues[VHOST_SENDS];

	while (vhost_has_used(queue))
		queue->taken++;
	if ((uint16_t)(queue->available.index - queue->taken) == VHOST_BUFFERS) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(queue->buffers[queue->available.index % VHOST_BUFFERS], frame, length);
	vhost_give(queue, length);
	return (ssize_t)length;
}

#endif
