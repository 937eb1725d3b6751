// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel drops while we hand it a packet. */
#ifndef VIRT_NETBOOT_DROP_KERNEL_H
#define VIRT_NETBOOT_DROP_KERNEL_H

#include "drop_seen.h"

struct drop_kernel;

/* NULL where it cannot be looked at. */
struct drop_kernel *drop_kernel_open(void);
void drop_kernel_close(struct drop_kernel **kernel);

/* Between the two what this process does is looked at. */
void drop_kernel_start(struct drop_kernel *kernel);
void drop_kernel_stop(struct drop_kernel *kernel);

/* Add what was seen since. */
void drop_kernel_read(struct drop_kernel *kernel, struct drop_seen *seen);

/* Forget what was seen before. */
void drop_kernel_forget(struct drop_kernel *kernel, struct drop_seen *seen);

#endif
