// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_words.h"

#include "alloc.h"
#include "cleanup.h"

/* What follows the address, for each origin. */
static char *origin_text(const struct probe_server *server)
{
	const char *program = server->program;
	const char *port = server->port;

	switch (server->origin) {
	case PROBE_ORIGIN_HOST:
		return program ? alloc_format("%s of this host", program) : alloc_copy("this host");
	case PROBE_ORIGIN_GUEST:
		if (!program)
			return *port ? alloc_format("at port %s", port) : NULL;
		return *port ? alloc_format("guest '%s' at port %s", program, port)
			     : alloc_format("guest '%s'", program);
	case PROBE_ORIGIN_UPLINK:
		return *port ? alloc_format("beyond %s", port) : alloc_copy("beyond this host");
	case PROBE_ORIGIN_UNKNOWN:
		break;
	}
	return *server->mac ? alloc_format("MAC address %s", server->mac) : NULL;
}

char *probe_server_text(const struct probe_server *server)
{
	CLEANUP(cleanup_free) char *origin = origin_text(server);

	return origin ? alloc_format("%s, %s", server->address, origin)
		      : alloc_copy(server->address);
}

char *probe_way_text(const struct drop *drop)
{
	switch (drop->way) {
	case DROP_TO_HOST:
		return alloc_copy("the request, on its way to this host's server,");
	case DROP_THROUGH:
		return *drop->out ? alloc_format("the request, on its way out by %s,", drop->out)
				  : alloc_copy("the request, on its way through the bridge,");
	case DROP_ANSWER:
		break;
	}
	return alloc_copy("the answer, on its way to the guest,");
}

char *probe_filter_text(const struct probe_result *result)
{
	return *result->filter
		       ? alloc_format("The guest's network filter '%s' applies to the guest's own "
				      "port only; this probe has not tried it.",
				 result->filter)
		       : NULL;
}

char *probe_duration_text(double seconds)
{
	if (seconds < 0.001)
		return alloc_copy("less than 1 ms");
	return seconds < 1 ? alloc_format("%.0f ms", seconds * 1000)
			   : alloc_format("%.1f s", seconds);
}

char *probe_bytes_text(unsigned long long bytes)
{
	if (bytes < 1000)
		return alloc_format("%llu bytes", bytes);
	if (bytes < 1000000)
		return alloc_format("%.1f kB", (double)bytes / 1e3);
	return alloc_format("%.1f MB", (double)bytes / 1e6);
}

const char *probe_transfer_name(enum probe_transfer_kind kind)
{
	return kind == PROBE_TRANSFER_TFTP ? "TFTP" : "HTTP";
}

bool probe_gives_address(const struct probe_server *server)
{
	return server->family == IPV4 && !server->proxy && *server->offered;
}

bool probe_has_family(const struct probe_result *result, enum ip_family family)
{
	for (size_t i = 0; i < result->server_count; i++) {
		if (result->servers[i].family == family)
			return true;
	}
	return false;
}

size_t probe_count_addresses(const struct probe_result *result)
{
	size_t count = 0;

	for (size_t i = 0; i < result->server_count; i++)
		count += probe_gives_address(&result->servers[i]);
	return count;
}

bool probe_drop_matters(const struct probe_result *result, const struct drop *drop)
{
	return drop->way != DROP_TO_HOST || result->host_serves;
}

const struct drop *probe_first_drop(const struct probe_result *result)
{
	for (size_t i = 0; i < result->drops.count; i++) {
		if (probe_drop_matters(result, &result->drops.drops[i]))
			return &result->drops.drops[i];
	}
	return NULL;
}

bool probe_transfer_failed(const struct probe_transfer *transfer)
{
	return !transfer->skipped && (transfer->error || !transfer->answered);
}

bool probe_is_partial(enum probe_checksum offload, enum probe_checksum firmware)
{
	return offload == PROBE_CHECKSUM_BAD && firmware != PROBE_CHECKSUM_BAD;
}
