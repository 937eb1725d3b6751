// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy.h"

#include <syslog.h>

struct policy policy_defaults(void)
{
	return (struct policy){.rewrite = true, .deadline = 10, .log_level = LOG_NOTICE};
}
