// SPDX-License-Identifier: GPL-2.0-or-later
#include "show.h"

#include "exit_status.h"

int show_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return EXIT_FAILED;
}
