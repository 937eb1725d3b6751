// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_TEXT_H
#define VIRT_NETBOOT_TEXT_H

#include <stddef.h>

/* Text of somebody's, or a part of one, without a NUL. */
struct text {
	const char *start;
	size_t length;
};

#endif
