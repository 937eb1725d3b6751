// SPDX-License-Identifier: GPL-2.0-or-later
/* What a target of `make fuzz` is made of. */
#ifndef VIRT_NETBOOT_FUZZ_H
#define VIRT_NETBOOT_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* One execution [llvm docs/LibFuzzer.rst]. Return: 0 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * kernel_answers() - what the kernel will send until this is called again
 * @data:	netlink messages one after the other, not checked at all
 * @size:	their bytes
 *
 * What belongs to one dump (NLM_F_MULTI) is received at once, any other message by itself. After
 * the last byte every question is answered by the end of a dump, which no caller waits behind.
 */
void kernel_answers(const uint8_t *data, size_t size);

/* What getsockopt(2) says of a legacy table: its struct ipt_getinfo and struct ipt_get_entries. */
void kernel_table(const void *info, size_t info_size, const void *entries, size_t entries_size);

#endif
