// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe_machine.h"

#include "exit_status.h"

#include <stdio.h>

const char *probe_target_name(enum probe_target target)
{
	static const char *const names[] = {[PROBE_NETWORK] = "network",
		[PROBE_BRIDGE] = "bridge",
		[PROBE_DIRECT] = "direct",
		[PROBE_GUEST] = "domain"};

	return names[target];
}

const char *probe_arch_word(enum probe_arch arch)
{
	static const char *const words[] = {[PROBE_BIOS] = "bios",
		[PROBE_EFI] = "efi",
		[PROBE_ARM64] = "arm64",
		[PROBE_HTTP] = "http"};

	return words[arch];
}

const char *probe_view_word(enum probe_view view)
{
	static const char *const words[] = {
		[PROBE_BOTH] = "both", [PROBE_FIRMWARE] = "firmware", [PROBE_OFFLOAD] = "offload"};

	return words[view];
}

const char *probe_checksum_word(enum probe_checksum checksum)
{
	static const char *const words[] = {[PROBE_CHECKSUM_NONE] = "none",
		[PROBE_CHECKSUM_OK] = "ok",
		[PROBE_CHECKSUM_BAD] = "bad"};

	return words[checksum];
}

const char *probe_family_word(enum ip_family family)
{
	return family == IPV4 ? "ipv4" : "ipv6";
}

const char *probe_origin_word(enum probe_origin origin)
{
	static const char *const words[] = {[PROBE_ORIGIN_UNKNOWN] = "unknown",
		[PROBE_ORIGIN_HOST] = "host",
		[PROBE_ORIGIN_GUEST] = "guest",
		[PROBE_ORIGIN_UPLINK] = "uplink"};

	return words[origin];
}

const char *probe_transfer_word(enum probe_transfer_kind kind)
{
	return kind == PROBE_TRANSFER_TFTP ? "tftp" : "http";
}

const char *probe_way_word(enum drop_way way)
{
	static const char *const words[] = {
		[DROP_TO_HOST] = "to-host", [DROP_THROUGH] = "through", [DROP_ANSWER] = "answer"};

	return words[way];
}

const char *probe_drop_word(enum drop_kind kind)
{
	static const char *const words[] = {[DROP_RULE] = "rule",
		[DROP_POLICY] = "policy",
		[DROP_LEGACY] = "legacy",
		[DROP_KERNEL] = "kernel"};

	return words[kind];
}

const char *probe_outcome(
	const struct probe_result *result, const struct probe_judgement *judgement)
{
	switch (probe_status(result, judgement)) {
	case EXIT_DONE:
		return "all";
	case EXIT_LEFT:
		return "some";
	case EXIT_FAULTS:
		return "none";
	default:
		return "interrupted";
	}
}

double probe_offer_seconds(const struct probe_server *server)
{
	double seconds = server->answered - server->first_asked;

	return seconds > 0 ? seconds : 0;
}
