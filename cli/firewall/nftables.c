// SPDX-License-Identifier: GPL-2.0-or-later
#include "ruleset.h"

#include "cleanup.h"
#include "host.h"
#include "log.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdbool.h>
#include <string.h>

static void cleanup_nft(struct nft_ctx **nft)
{
	if (*nft)
		nft_ctx_free(*nft);
}

/* One line of what the library says. */
static void first_line(char *line, size_t size, const char *text)
{
	snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static int tell_error(struct nft_ctx *nft)
{
	const char *error = nft_ctx_get_error_buffer(nft);
	char line[200];

	if (strstr(error, "not permitted"))
		return -EPERM;
	if (strstr(error, "not supported"))
		return 0;
	first_line(line, sizeof(line), error);
	log_warning("the rules of nftables cannot be read: %s", line);
	return -EIO;
}

static int list(struct nft_ctx *nft, struct firewall_facts *facts, bool terse)
{
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON | (terse ? NFT_CTX_OUTPUT_TERSE : 0));
	if (nft_run_cmd_from_buffer(nft, "list ruleset") != 0)
		return tell_error(nft);
	const char *text = nft_ctx_get_output_buffer(nft);
	int result = ruleset_parse(facts, text, strlen(text), terse);
	if (result == -EPROTO)
		log_warning("the rules of nftables cannot be read: libnftables wrote no JSON");
	return result;
}

/* With 32000 networks in a list of addresses, its elements take 80 MB and a second. */
int ruleset_read(struct firewall_facts *facts)
{
	if (geteuid() != 0)
		return -EPERM;
	/* Without the module there are no rules, and who asks has it loaded. */
	if (!host_has_nf_tables())
		return 0;
	CLEANUP(cleanup_nft) struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!nft || nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0)
		return -ENOMEM;
	int result = list(nft, facts, true);
	return result == -EAGAIN ? list(nft, facts, false) : result;
}
