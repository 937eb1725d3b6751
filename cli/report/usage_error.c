// SPDX-License-Identifier: GPL-2.0-or-later
#include "usage_error.h"

#include "exit_status.h"

#include <stdio.h>

int usage_error(const char *verb)
{
	fprintf(stderr, "virt-netboot %s --help says more.\n", verb);
	return EXIT_USAGE;
}
