// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_result.h"

#include <stdlib.h>

static void clear_servers(struct probe_result *result)
{
	for (size_t i = 0; i < result->server_count; i++) {
		free(result->servers[i].program);
		free(result->servers[i].boot_file);
	}
	free(result->servers);
}

static void clear_transfers(struct probe_result *result)
{
	for (size_t i = 0; i < result->transfer_count; i++) {
		free(result->transfers[i].file);
		free(result->transfers[i].skipped);
		free(result->transfers[i].error);
	}
	free(result->transfers);
}

void probe_result_clear(struct probe_result *result)
{
	clear_servers(result);
	clear_transfers(result);
	drop_report_clear(&result->drops);
	free(result->host_server);
	*result = (struct probe_result){0};
}
