// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables as the kernel would hold them, of any bytes. The IPv6 one is compiled by legacy_blob6.c.
 */
#ifndef VIRT_NETBOOT_LEGACY_BLOB_H
#define VIRT_NETBOOT_LEGACY_BLOB_H

#include "legacy_entry.h"

#include <stdint.h>

/* Have the fake kernel answer with a table "mangle" whose POSTROUTING and own chains are these
 * entries, with all that the kernel would refuse put right. */
void legacy4_blob_put(const uint8_t *data, size_t size);
void legacy6_blob_put(const uint8_t *data, size_t size);

#endif
