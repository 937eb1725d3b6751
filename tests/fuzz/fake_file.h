// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_FAKE_FILE_H
#define VIRT_NETBOOT_FAKE_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* From now on fopen(3) of this path, which need not exist, reads these bytes. */
void file_holds(const char *path, const void *data, size_t size);

#endif
