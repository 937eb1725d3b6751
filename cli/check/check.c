// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include "exit_status.h"

int check_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return EXIT_FAILED;
}
