// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot check: would a guest get its address here. */
#include "exit_status.h"
#include "look_file.h"
#include "verbs.h"

int verb_check(int argc, char **argv)
{
	const struct look *look = look_load();

	return look ? look->check(argc, argv) : EXIT_FAILED;
}
