// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The tables have the flag "owner": they belong to the netlink socket of the library's context, go
 * with it in whatever way this process ends, and nobody else can change or flush them [linux
 * net/netfilter/nf_tables_api.c, nft_rcv_nl_event()]. After they are made the context is not used
 * any more, because the library may open its socket again when it is interrupted.
 *
 * Each hook gets a chain before and one after all others. Where our packets appear first, a rule
 * sets nftrace: it stays with a packet and with its copies, from the bridge into the IP layer and
 * into legacy tables. A rule of ours accepts what it takes, which ends our own chain only, so that
 * each chain says one thing of each packet.
 *
 * A request is told by the Ethernet source of our card, and an answer by the client's address in
 * it, "chaddr", 36 bytes behind the start of the UDP header; both by the question's number, "xid",
 * too: another probe has the same addresses, at another bridge.
 */
#include "drop_table.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "clock.h"
#include "drop.h"
#include "drop_follow.h"
#include "log.h"

#include <errno.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Before what makes it unique. */
#define DROP_TABLE_NAME "virt-netboot-probe"

#define FIRST_PRIORITY "-2147483000"
#define LAST_PRIORITY "2147483000"

/* The kernel takes 256 devices for a chain [linux include/net/netfilter/nf_tables.h,
 * NFT_NETDEVICE_MAX]; with more ports than this, answers are not followed from the device on. */
#define DEVICES_MAX 64

struct drop_table {
	struct nft_ctx *nft;
};

static void cleanup_nft(struct nft_ctx **nft)
{
	if (*nft)
		nft_ctx_free(*nft);
}

static struct nft_ctx *open_nft(void)
{
	struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

	if (nft && (nft_ctx_buffer_output(nft) != 0 || nft_ctx_buffer_error(nft) != 0))
		cleanup_nft(&nft);
	return nft;
}

/* The two kinds of packets, as conditions. */
struct matches {
	char source[96]; /* ours, by its Ethernet source */
	char request[128];
	char answer[128];
};

static void make_matches(struct matches *matches, const struct drop_wish *wish)
{
	const unsigned char *source = wish->source;
	const unsigned char *client = wish->client;
	char transaction[32] = "";

	if (wish->transaction)
		snprintf(transaction, sizeof(transaction), " @th,96,32 0x%08x", wish->transaction);
	snprintf(matches->source, sizeof(matches->source),
		"ether saddr %02x:%02x:%02x:%02x:%02x:%02x", source[0], source[1], source[2],
		source[3], source[4], source[5]);
	snprintf(matches->request, sizeof(matches->request),
		"udp dport 67 @th,288,48 0x%02x%02x%02x%02x%02x%02x%s", client[0], client[1],
		client[2], client[3], client[4], client[5], transaction);
	snprintf(matches->answer, sizeof(matches->answer),
		"udp sport 67 udp dport 68 @th,288,48 0x%02x%02x%02x%02x%02x%02x%s", client[0],
		client[1], client[2], client[3], client[4], client[5], transaction);
}

/* What a chain of one hook does with requests and answers; NULL: it does not see them. */
struct station {
	const char *request; /* more conditions */
	const char *answer;
	enum drop_hook hook;
	bool marks_request;
	bool marks_answer;
};

static void write_chain(FILE *script, const struct station *station, const struct matches *matches,
	const char *device, bool first)
{
	const char *name = drop_hook_names[station->hook];

	fprintf(script, " chain %s%s {\n  type filter hook %s%s priority %s; policy accept;\n",
		name, first ? DROP_FIRST : DROP_LAST, name, device,
		first ? FIRST_PRIORITY : LAST_PRIORITY);
	if (station->request)
		fprintf(script, "  %s %s%s accept\n", station->request, matches->request,
			first && station->marks_request ? " meta nftrace set 1" : "");
	if (station->answer)
		fprintf(script, "  %s %s%s accept\n", station->answer, matches->answer,
			first && station->marks_answer ? " meta nftrace set 1" : "");
	fprintf(script, " }\n");
}

static void write_stations(
	FILE *script, const struct station *stations, size_t count, const struct matches *matches)
{
	for (size_t i = 0; i < count; i++) {
		write_chain(script, &stations[i], matches, "", true);
		write_chain(script, &stations[i], matches, "", false);
	}
}

static void write_bridge_table(
	FILE *script, const struct drop_seen *seen, const struct matches *matches)
{
	CLEANUP(cleanup_free)
	char *from_port = alloc_format("iif %u %s", seen->port, matches->source);
	const struct station stations[] = {
		{from_port, "", DROP_PREROUTING, true, true},
		{from_port, "", DROP_INPUT, false, false},
		{from_port, "", DROP_FORWARD, false, false},
		{NULL, "", DROP_OUTPUT, false, true},
		{matches->source, "", DROP_POSTROUTING, false, false},
	};

	fprintf(script, "table bridge %s {\n flags owner;\n", seen->table);
	write_stations(script, stations, sizeof(stations) / sizeof(*stations), matches);
	fprintf(script, "}\n");
}

/* What has come here through the bridge is marked already; through a macvtap it is not. */
static void write_ip_table(
	FILE *script, const struct drop_seen *seen, const struct matches *matches)
{
	CLEANUP(cleanup_free)
	char *from_card = alloc_format("meta iiftype ether %s", matches->source);
	const struct station stations[] = {
		{from_card, "", DROP_PREROUTING, true, false},
		{from_card, "", DROP_INPUT, false, false},
		{from_card, "", DROP_FORWARD, false, false},
		{NULL, "", DROP_OUTPUT, false, true},
		{"", "", DROP_POSTROUTING, false, false},
	};

	fprintf(script, "table inet %s {\n flags owner;\n", seen->table);
	write_stations(script, stations, sizeof(stations) / sizeof(*stations), matches);
	fprintf(script, "}\n");
}

/* A name that stands for itself in nft(8)'s language. */
static bool is_plain(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_.";

	return *name != '\0' && name[strspn(name, plain)] == '\0';
}

/* Our card, its bridge, and the bridge's other ports, as far as they can be named. */
static char *list_devices(const struct drop_seen *seen, const struct drop_wish *wish)
{
	char *list = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&list, &size);
	size_t count = 0;

	if (!file)
		return NULL;
	fprintf(file, " devices = { \"%s\"", wish->port);
	if (is_plain(wish->bridge))
		fprintf(file, ", \"%s\"", wish->bridge);
	for (size_t i = 0; i < seen->device_count && count < DEVICES_MAX; i++) {
		const struct drop_device *device = &seen->devices[i];
		if (!is_plain(device->name) || device->ifindex == seen->port)
			continue;
		fprintf(file, ", \"%s\"", device->name);
		count++;
	}
	fprintf(file, " }");
	fclose(file);
	return list;
}

static void write_device_table(FILE *script, const struct drop_seen *seen,
	const struct drop_wish *wish, const struct matches *matches)
{
	CLEANUP(cleanup_free) char *devices = list_devices(seen, wish);
	CLEANUP(cleanup_free)
	char *request =
		alloc_format("iif { %u, %u } %s", seen->port, seen->bridge, matches->source);
	const struct station station = {request, "", DROP_INGRESS, true, true};

	if (!devices || !is_plain(wish->port))
		return;
	fprintf(script, "table netdev %s {\n flags owner;\n", seen->table);
	write_chain(script, &station, matches, devices, true);
	write_chain(script, &station, matches, devices, false);
	fprintf(script, "}\n");
}

/* How much of it a kernel may have. */
enum tables { TABLES_ALL, TABLES_NO_DEVICE, TABLES_ONLY_IP, TABLES_TRIES };

static char *make_script(
	const struct drop_wish *wish, const struct drop_seen *seen, enum tables tables)
{
	struct matches matches = {0};
	char *text = NULL;
	size_t size = 0;
	FILE *script = open_memstream(&text, &size);

	if (!script)
		return NULL;
	make_matches(&matches, wish);
	if (tables == TABLES_ALL)
		write_device_table(script, seen, wish, &matches);
	if (tables != TABLES_ONLY_IP)
		write_bridge_table(script, seen, &matches);
	write_ip_table(script, seen, &matches);
	fclose(script);
	return text;
}

/* The name is of this probe alone, whichever other namespaces there are processes in. */
static void make_name(struct drop_seen *seen)
{
	unsigned int number = 0;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (unsigned int)clock_now();
	snprintf(seen->table, sizeof(seen->table), DROP_TABLE_NAME "-%d-%08x", (int)getpid(),
		number);
}

static int tell_error(struct nft_ctx *nft)
{
	const char *error = nft_ctx_get_error_buffer(nft);
	char line[200];

	if (strstr(error, "not permitted"))
		return -EPERM;
	/* Where there is no nf_tables at all it says nothing. */
	if (*error == '\0' || strstr(error, "not supported") || strstr(error, "No such file") ||
		strstr(error, "syntax error"))
		return -EOPNOTSUPP;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(error, "\n"), error);
	log_warning("no tables of nftables can be made: %s", line);
	return -EIO;
}

static int make_tables(struct nft_ctx *nft, const struct drop_wish *wish, struct drop_seen *seen)
{
	for (enum tables tables = TABLES_ALL; tables < TABLES_TRIES; tables++) {
		CLEANUP(cleanup_free) char *script = make_script(wish, seen, tables);
		if (!script)
			return -ENOMEM;
		if (nft_run_cmd_from_buffer(nft, script) == 0)
			return 0;
		if (strstr(nft_ctx_get_error_buffer(nft), "not permitted"))
			return -EPERM;
	}
	return tell_error(nft);
}

int drop_table_open(const struct drop_wish *wish, struct drop_seen *seen, struct drop_table **table)
{
	CLEANUP(cleanup_nft) struct nft_ctx *nft = open_nft();

	*table = NULL;
	if (!nft)
		return -ENOMEM;
	make_name(seen);
	int result = make_tables(nft, wish, seen);
	if (result != 0)
		return result;
	*table = alloc_array(1, sizeof(**table));
	(*table)->nft = nft;
	nft = NULL;
	return 0;
}

void drop_table_close(struct drop_table **table)
{
	if (!*table)
		return;
	nft_ctx_free((*table)->nft);
	free(*table);
	*table = NULL;
}

/* A rule with a list of addresses can be longer than anybody wants to read. */
#define TEXT_SIZE 400

static char *cut(const char *start, size_t length)
{
	CLEANUP(cleanup_free) char *whole = alloc_format("%.*s", (int)length, start);
	char copy[TEXT_SIZE];

	return alloc_copy(text_cut(copy, sizeof(copy), whole));
}

/* The line that ends in @mark, without that and what is before it. */
static char *find_line(const char *text, const char *mark)
{
	const char *end = strstr(text, mark);
	const char *start = end;

	if (!end)
		return NULL;
	while (start > text && start[-1] != '\n')
		start--;
	start += strspn(start, "\t ");
	while (end > start && end[-1] == ' ')
		end--;
	return end > start ? cut(start, (size_t)(end - start)) : NULL;
}

/* "type filter hook input priority filter; policy drop;" */
static char *find_policy(const char *text)
{
	const char *start = strstr(text, "type ");

	return start ? cut(start, strcspn(start, "\n")) : NULL;
}

/* A word of nft(8)'s language, where a name of somebody's would not do as it is. */
static bool is_word(const char *name)
{
	return is_plain(name) && strchr("0123456789-.", *name) == NULL;
}

char *drop_table_text(const struct drop_verdict *verdict)
{
	CLEANUP(cleanup_nft) struct nft_ctx *nft = open_nft();
	char mark[48];

	if (!nft || !is_word(verdict->table) || !is_word(verdict->chain))
		return NULL;
	CLEANUP(cleanup_free)
	char *command = alloc_format(
		"list chain %s %s %s", verdict->family, verdict->table, verdict->chain);
	nft_ctx_output_set_flags(nft,
		NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_PROTO);
	if (nft_run_cmd_from_buffer(nft, command) != 0)
		return NULL;
	const char *text = nft_ctx_get_output_buffer(nft);
	if (verdict->policy)
		return find_policy(text);
	snprintf(mark, sizeof(mark), " # handle %llu\n", verdict->handle);
	return find_line(text, mark);
}
