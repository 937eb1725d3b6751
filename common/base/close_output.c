// SPDX-License-Identifier: GPL-2.0-or-later
#include "close_output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

int close_output(void)
{
	bool failed_before = ferror(stdout) != 0;

	if (fclose(stdout) != 0)
		return -errno;
	return failed_before ? -EIO : 0;
}
