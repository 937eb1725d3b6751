// SPDX-License-Identifier: GPL-2.0-or-later
#include "ruleset.h"

#include "alloc.h"
#include "character.h"
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

/* Return: -EAGAIN if elements of sets are needed. */
static int list(struct nft_ctx *nft, const char *command, struct firewall_facts *facts, bool terse)
{
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON | (terse ? NFT_CTX_OUTPUT_TERSE : 0));
	if (nft_run_cmd_from_buffer(nft, command) != 0)
		return tell_error(nft);
	const char *text = nft_ctx_get_output_buffer(nft);
	int result = ruleset_parse(facts, text, strlen(text), terse);
	if (result == -EPROTO)
		log_warning("the rules of nftables cannot be read: libnftables wrote no JSON");
	return result;
}

static int read_rules(struct nft_ctx *nft, const char *command, struct firewall_facts *facts)
{
	int result = list(nft, command, facts, true);

	return result == -EAGAIN ? list(nft, command, facts, false) : result;
}

/* Before 1.1.0 the library frees a table's flags before it writes them [nftables
 * src/json.c, table_flags_json(); "json: fix use after free in table_flags_json()"]. Its version is
 * in all JSON that it writes; no table is in this. */
static bool spoils_flags(struct nft_ctx *nft)
{
	static const char key[] = "\"version\": \"";
	unsigned int major = 0;
	unsigned int minor = 0;

	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_JSON);
	if (nft_run_cmd_from_buffer(nft, "list counters") != 0)
		return true;
	const char *version = strstr(nft_ctx_get_output_buffer(nft), key);
	// NOLINTNEXTLINE(cert-err34-c): single digits
	return !version || sscanf(version + strlen(key), "%1u.%1u", &major, &minor) != 2 ||
	       (major == 1 ? minor < 1 : major < 1);
}

/* A name that stands for itself in nft(8)'s language. */
static bool is_word(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char others[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789-_.";

	return *name != '\0' && strchr(letters, *name) && name[strspn(name, others)] == '\0';
}

/* What is dormant drops nothing, nor does what a probe follows packets with. */
static bool is_harmless(const struct nft_table *table)
{
	static const char probe[] = "virt-netboot-probe-";

	return table->dormant || strncmp(table->name, probe, sizeof(probe) - 1) == 0;
}

static int read_table(struct nft_ctx *nft, const struct nft_table *table, bool spoils_flags,
	struct firewall_facts *facts)
{
	if (is_harmless(table))
		return 0;
	if ((spoils_flags && table->has_flags) || !is_word(table->name)) {
		log_warning("the rules of table %s '%s' are not read: libnftables cannot write "
			    "them here",
			table->family, TEXT_NAME(table->name));
		return 0;
	}
	CLEANUP(cleanup_free)
	char *command = alloc_format("list table %s %s", table->family, table->name);
	return read_rules(nft, command, facts);
}

/* True if one of them has. */
static bool has_flags(const struct nft_table *tables, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (tables[i].has_flags)
			return true;
	}
	return false;
}

static int read_all(struct nft_ctx *nft, struct firewall_facts *facts)
{
	CLEANUP(cleanup_free) struct nft_table *tables = NULL;
	size_t count = 0;
	int result = host_nft_tables(&tables, &count);

	if (result == 0 && !has_flags(tables, count))
		return read_rules(nft, "list ruleset", facts);
	bool spoils = result == 0 && spoils_flags(nft);
	for (size_t i = 0; result == 0 && i < count; i++)
		result = read_table(nft, &tables[i], spoils, facts);
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
	return read_all(nft, facts);
}
