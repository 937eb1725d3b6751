// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot show: the bridges of this host and what is on them. */
#include "exit_status.h"
#include "look_file.h"
#include "verbs.h"

int verb_show(int argc, char **argv)
{
	const struct look *look = look_load();

	return look ? look->show(argc, argv) : EXIT_FAILED;
}
