// SPDX-License-Identifier: GPL-2.0-or-later
#include "check_writers.h"

void check_write_text(FILE *file, const struct check_list *list, const struct check_style *style)
{
	(void)file;
	(void)list;
	(void)style;
}
