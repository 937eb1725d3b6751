// SPDX-License-Identifier: GPL-2.0-or-later
#include "recover.h"

#include "alloc.h"
#include "cleanup.h"
#include "host.h"
#include "plan.h"
#include "progress.h"
#include "report.h"

#include <string.h>

static void (*tell)(const struct action *done);

static void report_recovery(const struct stp_recovery *recovery)
{
	struct action action = {
		.kind = ACTION_STP_ON,
		.ifindex = recovery->ifindex,
		.why = "it was left off when a port was made to forward",
		.result = recovery->result,
	};

	memcpy(action.bridge, recovery->bridge, IFNAME_SIZE);
	report_done(&action);
	if (tell)
		tell(&action);
	if (action.result == 0) {
		CLEANUP(cleanup_free) char *what = alloc_format("stp-on %s", action.bridge);
		progress_done(what);
	}
}

void recover_stp(void (*teller)(const struct action *done))
{
	tell = teller;
	host_recover_stp(report_recovery);
}
