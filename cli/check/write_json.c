// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_writers.h"

int check_write_json(FILE *file, const struct check_list *list)
{
	(void)file;
	(void)list;
	return 0;
}
