// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker: the shared object of a hook that has the libraries and does the work, and that the
 * program which libvirtd runs loads in a child process (main.c).
 */
#ifndef VIRT_NETBOOT_WORKER_H
#define VIRT_NETBOOT_WORKER_H

#include "event.h"
#include "progress_memory.h"

/* The one symbol that a worker has to offer: a struct worker. */
#define WORKER virt_netboot_worker
#define WORKER_NAME "virt_netboot_worker"

#define WORKER_VERSION_SIZE 48

struct worker {
	/* WORKER_VERSION of the build, which has to be that of the program: while an upgrade is
	 * under way, old and new may meet. */
	char version[WORKER_VERSION_SIZE];
	void (*run)(struct progress_memory *memory, const struct event *event);
};

/* VERSION, and a checksum over the headers that program and worker have in common. */
#define WORKER_VERSION VERSION "-" INTERFACE

#endif
