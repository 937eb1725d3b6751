// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

#include <sys/ioctl.h>

bool host_terminal_size(int fd, unsigned int *columns, unsigned int *lines)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
		return false;
	*columns = size.ws_col;
	*lines = size.ws_row;
	return true;
}
