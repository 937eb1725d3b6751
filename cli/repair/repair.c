// SPDX-License-Identifier: GPL-2.0-or-later
#include "repair.h"

#include "exit_status.h"
#include "repair_parts.h"

int repair_main(const struct repair_request *request)
{
	(void)request;
	return EXIT_FAILED;
}
