// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_CLOSE_OUTPUT_H
#define VIRT_NETBOOT_CLOSE_OUTPUT_H

/* Write out what is still in stdout's buffer, and close it. Return: 0, or a negative errno if any
 * of the output was lost, however early; -EIO where the reason is no longer known. */
int close_output(void);

#endif
