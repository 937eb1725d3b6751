// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a probe's result means, and how it is told: golden/probe.txt has the text of each case,
 * golden/probe-*.json and golden/probe.prom what programs get.
 */
#include "golden.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "exit_status.h"
#include "probe_writers.h"

#include <json-c/json.h>

#define GOLDEN "tests/unit/golden/"

/* cli/drop is not part of this. */
void drop_report_clear(struct drop_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		struct drop *drop = &report->drops[i];
		free(drop->family);
		free(drop->table);
		free(drop->chain);
		free(drop->text);
		free(drop->owner);
		free(drop->cure);
		free(drop->advice);
	}
	free(report->drops);
	free(report->left_through);
	free(report->trouble);
	*report = (struct drop_report){0};
}

/*
 * Results.
 */

#define PUT(array, text) snprintf(array, sizeof(array), "%s", text)

static struct probe_server *add_server(
	struct probe_result *result, const char *address, double asked, double answered)
{
	result->servers =
		alloc_one_more(result->servers, result->server_count, sizeof(*result->servers));
	struct probe_server *server = &result->servers[result->server_count++];
	PUT(server->address, address);
	PUT(server->mac, "52:54:00:aa:bb:01");
	server->first_asked = asked;
	server->answered = answered;
	server->offload = PROBE_CHECKSUM_OK;
	server->firmware = PROBE_CHECKSUM_OK;
	return server;
}

/* libvirt's own: it pings the address first. */
static struct probe_server *add_dnsmasq(struct probe_result *result)
{
	struct probe_server *server =
		add_server(result, "192.168.122.1", result->asked, result->asked + 3.01);

	server->origin = PROBE_ORIGIN_HOST;
	server->program = alloc_copy("dnsmasq (process 812)");
	PUT(server->offered, "192.168.122.23");
	PUT(server->next_server, "192.168.122.1");
	server->boot_file = alloc_copy("pxelinux.0");
	return server;
}

static struct probe_transfer *add_transfer(struct probe_result *result)
{
	result->transfers = alloc_one_more(
		result->transfers, result->transfer_count, sizeof(*result->transfers));
	struct probe_transfer *transfer = &result->transfers[result->transfer_count++];
	PUT(transfer->server, "192.168.122.1");
	PUT(transfer->source, "192.168.122.23");
	transfer->file = alloc_copy("pxelinux.0");
	transfer->answered = true;
	transfer->options = true;
	transfer->size = 26140;
	transfer->bytes = 26140;
	transfer->seconds = 0.004;
	transfer->offload = PROBE_CHECKSUM_OK;
	transfer->firmware = PROBE_CHECKSUM_OK;
	return transfer;
}

static struct drop *add_drop(struct probe_result *result, enum drop_way way, enum drop_kind kind)
{
	struct drop_report *drops = &result->drops;

	drops->drops = alloc_one_more(drops->drops, drops->count, sizeof(*drops->drops));
	struct drop *drop = &drops->drops[drops->count++];
	drop->way = way;
	drop->kind = kind;
	return drop;
}

static void place(struct drop *drop, const char *family, const char *table, const char *chain)
{
	drop->family = alloc_copy(family);
	drop->table = alloc_copy(table);
	drop->chain = alloc_copy(chain);
}

/* When the port forwards; it is asked right after. */
static void hold(struct probe_result *result, double seconds)
{
	result->hold = seconds;
	result->forwarded = seconds > 0 ? seconds + 0.02 : 0;
	result->asked = result->forwarded + 0.01;
}

static void on_network(struct probe_result *result)
{
	result->target = PROBE_NETWORK;
	result->name = "default";
	PUT(result->device, "virbr0");
	hold(result, 4);
	result->host_serves = true;
	result->host_server = alloc_copy("dnsmasq (process 812)");
}

static void good(struct probe_result *result)
{
	on_network(result);
	add_dnsmasq(result);
	add_transfer(result);
}

static void held(struct probe_result *result)
{
	good(result);
	hold(result, 30);
	result->servers[0].first_asked = result->asked;
	result->servers[0].answered = result->asked + 0.01;
}

static void held_by_5(struct probe_result *result)
{
	held(result);
	hold(result, 10);
	result->servers[0].first_asked = result->asked;
	result->servers[0].answered = result->asked + 0.01;
}

static void held_by_4(struct probe_result *result)
{
	held(result);
	hold(result, 8);
	result->servers[0].first_asked = result->asked;
	result->servers[0].answered = result->asked + 0.01;
}

/* With --edge. */
static void held_but_edge(struct probe_result *result)
{
	good(result);
	result->hold = 30;
	result->forwarded = 0.01;
	result->asked = 0.02;
	result->servers[0].first_asked = 0.02;
	result->servers[0].answered = 0.03;
}

/* The port forwards, and beyond the bridge nothing does yet. */
static void held_uplink(struct probe_result *result)
{
	struct probe_server *server = add_server(result, "10.0.0.1", 29.9, 29.95);

	server->origin = PROBE_ORIGIN_UPLINK;
	PUT(server->port, "eno1");
	PUT(server->offered, "10.0.0.77");
}

static void blocked(struct probe_result *result)
{
	result->hold = 30;
	result->forwarded = PROBE_NEVER;
	result->asked = PROBE_NEVER;
}

static void slow_server(struct probe_result *result)
{
	good(result);
	hold(result, 0);
	result->servers[0].first_asked = 0.01;
	result->servers[0].answered = 12.01;
}

static void incomplete(struct probe_result *result)
{
	good(result);
	result->servers[0].offload = PROBE_CHECKSUM_BAD;
	result->transfers[0].offload = PROBE_CHECKSUM_BAD;
}

static void incomplete_firmware_view(struct probe_result *result)
{
	incomplete(result);
	result->view = PROBE_FIRMWARE;
}

static void incomplete_offload_view(struct probe_result *result)
{
	incomplete(result);
	result->view = PROBE_OFFLOAD;
}

/* A sibling guest serves, to which no rule of this host applies. */
static void incomplete_sibling(struct probe_result *result)
{
	incomplete(result);
	result->servers[0].origin = PROBE_ORIGIN_GUEST;
	free(result->servers[0].program);
	result->servers[0].program = alloc_copy("pxe");
	PUT(result->servers[0].port, "vnet3");
}

static void zeroed(struct probe_result *result)
{
	good(result);
	result->servers[0].offload = PROBE_CHECKSUM_NONE;
	result->servers[0].firmware = PROBE_CHECKSUM_BAD;
}

static void wrong(struct probe_result *result)
{
	good(result);
	result->direct = true;
	PUT(result->device, "eth0");
	result->target = PROBE_DIRECT;
	result->name = "eth0";
	hold(result, 0);
	result->servers[0].offload = PROBE_CHECKSUM_BAD;
	result->servers[0].firmware = PROBE_CHECKSUM_BAD;
}

static void not_computed(struct probe_result *result)
{
	good(result);
	result->servers[0].offload = PROBE_CHECKSUM_NONE;
	result->servers[0].firmware = PROBE_CHECKSUM_NONE;
}

static void seen_early(struct probe_result *result)
{
	result->waited = 0.3;
	result->wait_ended_early = true;
	result->drops.looked = true;
}

static void docker(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_THROUGH, DROP_POLICY);

	seen_early(result);
	place(drop, "ip", "filter", "FORWARD");
	drop->owner = alloc_copy("Docker");
	PUT(drop->out, "eno1");
	drop->cure = alloc_copy("iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT");
	drop->advice = alloc_copy("the command lasts until the host boots again");
}

static void own_rule(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_ANSWER, DROP_RULE);

	seen_early(result);
	result->host_serves = true;
	place(drop, "inet", "site", "out");
	drop->text = alloc_copy("udp sport 67 counter packets 0 bytes 0 drop");
	drop->handle = 17;
}

static void legacy_rule(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_TO_HOST, DROP_LEGACY);

	seen_early(result);
	result->host_serves = true;
	place(drop, "ip", "filter", "ufw-skip-to-policy-input");
	drop->number = 1;
	drop->text = alloc_copy("-j DROP");
	drop->owner = alloc_copy("ufw");
	drop->cure = alloc_copy("ufw allow in on br0 to any port 67 proto udp");
}

static void firewalld(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_TO_HOST, DROP_RULE);

	seen_early(result);
	result->host_serves = true;
	place(drop, "inet", "firewalld", "filter_INPUT");
	drop->text = alloc_copy("reject with icmpx admin-prohibited");
	drop->handle = 180;
	drop->owner = alloc_copy("firewalld (zone public)");
	drop->cure = alloc_copy("firewall-cmd --zone=libvirt --change-interface=br0");
}

/* Two, and both have to go. */
static void two_drops(struct probe_result *result)
{
	own_rule(result);
	docker(result);
}

/* It is dropped where nobody would have taken it, and that is not why nobody answers. */
static void harmless_drop(struct probe_result *result)
{
	legacy_rule(result);
	result->host_serves = false;
	result->waited = 10;
	result->wait_ended_early = false;
	result->drops.left = true;
	result->drops.left_through = alloc_copy("eno1");
}

static void kernel(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_THROUGH, DROP_KERNEL);

	seen_early(result);
	drop->text = alloc_copy("a filter of traffic control (tc), or a BPF program in its place");
	drop->cure = alloc_copy("tc filter show dev br0 ingress");
}

static void other_vlan(struct probe_result *result)
{
	kernel(result);
	free(result->drops.drops[0].text);
	result->drops.drops[0].text =
		alloc_copy("VLAN filtering: the port is in no VLAN for such frames");
}

static void stp(struct probe_result *result)
{
	kernel(result);
	free(result->drops.drops[0].text);
	result->drops.drops[0].text =
		alloc_copy("STP: the bridge does not forward frames from this port yet");
}

static void silent(struct probe_result *result)
{
	on_network(result);
	result->drops.looked = true;
	result->drops.reached_host = true;
}

/* Other servers do not get the request, and this host's has it and is silent: either may be meant
 * to answer. */
static void silent_and_dropped(struct probe_result *result)
{
	docker(result);
	result->drops.reached_host = true;
	result->host_serves = true;
	result->host_server = alloc_copy("dnsmasq (process 812)");
	result->waited = 6;
	result->wait_ended_early = false;
}

static void silent_and_left(struct probe_result *result)
{
	silent(result);
	result->drops.left = true;
	result->drops.left_through = alloc_copy("eno1 eno2");
}

static void nobody(struct probe_result *result)
{
	result->drops.looked = true;
	result->drops.left = true;
	result->drops.left_through = alloc_copy("eno1");
}

static void nobody_listens(struct probe_result *result)
{
	result->drops.looked = true;
	result->drops.reached_host = true;
	result->drops.no_listener = true;
}

static void lost_answer(struct probe_result *result)
{
	silent(result);
	result->drops.answer_seen = true;
}

/* Where nothing could be followed, nobody is accused. */
static void not_followed(struct probe_result *result)
{
	result->host_serves = true;
	result->drops.trouble = alloc_copy("the kernel has no nf_tables");
}

static void interrupted(struct probe_result *result)
{
	result->interrupted = true;
	result->waited = 1.2;
}

static void conflict(struct probe_result *result)
{
	good(result);
	struct probe_server *server = add_server(result, "10.0.0.1", result->asked, 4.1);
	server->origin = PROBE_ORIGIN_UPLINK;
	PUT(server->port, "eno1");
	PUT(server->offered, "10.0.0.77");
}

/* It answers twice: by two requests. */
static void no_conflict(struct probe_result *result)
{
	good(result);
	add_dnsmasq(result);
}

static struct probe_server *add_proxy(struct probe_result *result)
{
	struct probe_server *server = add_server(result, "10.0.0.9", result->asked, 0.05);

	server->proxy = true;
	server->origin = PROBE_ORIGIN_UPLINK;
	server->boot_file = alloc_copy("pxelinux.0");
	return server;
}

static void proxy_only(struct probe_result *result)
{
	add_proxy(result);
}

static void proxy_beside(struct probe_result *result)
{
	held_uplink(result);
	result->servers[0].first_asked = result->asked;
	result->servers[0].answered = 0.02;
	add_proxy(result);
	add_transfer(result);
}

static void no_file(struct probe_result *result)
{
	good(result);
	free(result->servers[0].boot_file);
	result->servers[0].boot_file = NULL;
	free(result->transfers[0].file);
	result->transfer_count = 0;
}

static void file_absent(struct probe_result *result)
{
	good(result);
	result->transfers[0].error = alloc_copy("File not found");
	result->transfers[0].answered = false;
}

static void file_silent(struct probe_result *result)
{
	good(result);
	result->transfers[0].answered = false;
}

static void file_skipped(struct probe_result *result)
{
	good(result);
	result->transfers[0].skipped = alloc_copy("a guest that runs has the address");
	result->transfers[0].answered = false;
	PUT(result->transfers[0].source, "");
}

static void file_large(struct probe_result *result)
{
	good(result);
	result->transfers[0].size = 54000000;
	result->transfers[0].bytes = 1048576;
	result->transfers[0].seconds = 1.25;
}

static void file_wrong(struct probe_result *result)
{
	good(result);
	result->transfers[0].offload = PROBE_CHECKSUM_BAD;
	result->transfers[0].firmware = PROBE_CHECKSUM_BAD;
}

static void http(struct probe_result *result)
{
	good(result);
	result->arch = PROBE_HTTP;
	free(result->servers[0].boot_file);
	result->servers[0].boot_file = alloc_copy("http://192.168.122.1/boot.efi");
	result->servers[0].http = true;
	free(result->transfers[0].file);
	result->transfers[0].file = alloc_copy("http://192.168.122.1/boot.efi");
	result->transfers[0].kind = PROBE_TRANSFER_HTTP;
	result->transfers[0].options = false;
	result->transfers[0].status = 200;
	result->transfers[0].bytes = 0;
}

static void http_class(struct probe_result *result)
{
	http(result);
	result->servers[0].http = false;
}

static void http_for_pxe(struct probe_result *result)
{
	http(result);
	result->arch = PROBE_EFI;
}

static void http_absent(struct probe_result *result)
{
	http(result);
	result->transfers[0].status = 404;
	result->transfers[0].error = alloc_copy("the server says: 404 Not Found");
}

static void file_for_http(struct probe_result *result)
{
	good(result);
	result->arch = PROBE_HTTP;
}

static void ipv6(struct probe_result *result)
{
	good(result);
	struct probe_server *server = add_server(result, "fe80::1", 7.5, 7.53);
	server->family = IPV6;
	PUT(server->offered, "2001:db8::23");
	server->boot_file = alloc_copy("tftp://[2001:db8::1]/boot.efi");
	result->ipv6_asked = true;
	result->router = (struct probe_router){.answered = true, .managed = true};
	PUT(result->router.address, "fe80::1");
}

static void ipv6_nobody(struct probe_result *result)
{
	good(result);
	result->ipv6_asked = true;
}

static void guest(struct probe_result *result)
{
	good(result);
	result->target = PROBE_GUEST;
	result->name = "web";
	result->vlan = 7;
	result->lends_mac = true;
	PUT(result->client, "52:54:00:00:00:07");
}

/* All is well, but for what no probe tries. */
static void filtered_guest(struct probe_result *result)
{
	good(result);
	result->target = PROBE_GUEST;
	result->name = "web";
	PUT(result->filter, "no-mac-spoofing");
	PUT(result->client, "52:54:00:00:00:07");
}

#define HOSTILE "\033[2J\xff'\"{}\\\n\xc2\x9b"

static void hostile(struct probe_result *result)
{
	struct drop *drop = add_drop(result, DROP_ANSWER, DROP_RULE);

	result->name = HOSTILE;
	PUT(result->device, "br\033[2J\xff");
	seen_early(result);
	place(drop, HOSTILE, HOSTILE, HOSTILE);
	drop->text = alloc_copy(HOSTILE);
	drop->owner = alloc_copy(HOSTILE);
	drop->cure = alloc_copy("echo 1\necho " HOSTILE);
	drop->advice = alloc_copy(HOSTILE);
	result->drops.trouble = alloc_copy(HOSTILE);
	result->target = PROBE_GUEST;
	PUT(result->filter, HOSTILE);
	struct probe_server *server = add_dnsmasq(result);
	free(server->program);
	server->program = alloc_copy(HOSTILE);
	server->origin = PROBE_ORIGIN_GUEST;
	PUT(server->port, "vnet\033[2J\xff");
	free(server->boot_file);
	server->boot_file = alloc_copy(HOSTILE "file");
	struct probe_transfer *transfer = add_transfer(result);
	free(transfer->file);
	transfer->file = alloc_copy(HOSTILE);
	transfer->error = alloc_copy(HOSTILE);
	transfer = add_transfer(result);
	transfer->skipped = alloc_copy(HOSTILE);
}

static void hostile_silent(struct probe_result *result)
{
	silent(result);
	free(result->host_server);
	result->host_server = alloc_copy(HOSTILE);
	result->drops.left = true;
	result->drops.left_through = alloc_copy(HOSTILE);
}

/* Which clients boot: iPXE, PXE firmware, EDK2, udhcpc, dhclient, networkd. */
static const struct probe_case {
	const char *name;
	void (*fill)(struct probe_result *result);
	int status;
	const char *boots;
	const char *slugs;
} cases[] = {
	{"good", good, EXIT_DONE, "IPEUDN", ""},
	{"held", held, EXIT_LEFT, "----DN", "bridge-hold"},
	{"held by 2 x 5 s", held_by_5, EXIT_LEFT, "-PE-DN", "bridge-hold"},
	{"held by 2 x 4 s", held_by_4, EXIT_LEFT, "IPE-DN", "bridge-hold"},
	{"held, but an edge port", held_but_edge, EXIT_DONE, "IPEUDN", ""},
	{"held uplink", held_uplink, EXIT_LEFT, "----DN", ""},
	{"blocked", blocked, EXIT_FAULTS, "------", "port-blocked"},
	{"slow server", slow_server, EXIT_LEFT, "IPE-DN", ""},
	{"incomplete", incomplete, EXIT_LEFT, "IPEU-N", "checksum-unfilled checksum-tftp-unfilled"},
	{"incomplete, --firmware", incomplete_firmware_view, EXIT_DONE, "IPEUDN", ""},
	{"incomplete, --offload", incomplete_offload_view, EXIT_LEFT, "IPEU-N",
		"checksum-unfilled checksum-tftp-unfilled"},
	{"incomplete, of a guest", incomplete_sibling, EXIT_LEFT, "IPEU-N",
		"checksum-unfilled checksum-tftp-unfilled"},
	{"zeroed", zeroed, EXIT_LEFT, "---UDN", "checksum-zeroed"},
	{"wrong, by a macvtap", wrong, EXIT_FAULTS, "------", "checksum-unfilled"},
	{"not computed", not_computed, EXIT_DONE, "IPEUDN", ""},
	{"Docker", docker, EXIT_FAULTS, "------", "firewall-drop"},
	{"own rule", own_rule, EXIT_FAULTS, "------", "firewall-drop"},
	{"legacy rule", legacy_rule, EXIT_FAULTS, "------", "firewall-drop"},
	{"firewalld", firewalld, EXIT_FAULTS, "------", "firewalld-zone"},
	{"two drops", two_drops, EXIT_FAULTS, "------", "firewall-drop firewall-drop"},
	{"harmless drop", harmless_drop, EXIT_FAULTS, "------", "dhcp-none firewall-drop"},
	{"kernel", kernel, EXIT_FAULTS, "------", "kernel-drop"},
	{"VLAN", other_vlan, EXIT_FAULTS, "------", "vlan-mismatch"},
	{"STP", stp, EXIT_FAULTS, "------", "port-blocked"},
	{"silent", silent, EXIT_FAULTS, "------", "dhcp-silent"},
	{"silent, and beyond", silent_and_left, EXIT_FAULTS, "------", "dhcp-silent"},
	{"silent, and dropped", silent_and_dropped, EXIT_FAULTS, "------",
		"firewall-drop dhcp-silent"},
	{"nobody", nobody, EXIT_FAULTS, "------", "dhcp-none"},
	{"nobody listens", nobody_listens, EXIT_FAULTS, "------", "dhcp-none"},
	{"lost answer", lost_answer, EXIT_FAULTS, "------", "dhcp-none"},
	{"not followed", not_followed, EXIT_FAULTS, "------", "dhcp-none"},
	{"interrupted", interrupted, EXIT_FAILED, "------", ""},
	{"conflict", conflict, EXIT_DONE, "IPEUDN", "dhcp-conflict"},
	{"no conflict", no_conflict, EXIT_DONE, "IPEUDN", ""},
	{"proxyDHCP only", proxy_only, EXIT_FAULTS, "------", "dhcp-none"},
	{"proxyDHCP", proxy_beside, EXIT_DONE, "IPEUDN", ""},
	{"no file", no_file, EXIT_DONE, "IPEUDN", ""},
	{"file absent", file_absent, EXIT_LEFT, "---UDN", "tftp-failed"},
	{"file without an answer", file_silent, EXIT_LEFT, "---UDN", "tftp-failed"},
	{"file skipped", file_skipped, EXIT_DONE, "IPEUDN", ""},
	{"large file", file_large, EXIT_DONE, "IPEUDN", ""},
	{"wrong file", file_wrong, EXIT_LEFT, "---UDN", "checksum-tftp-unfilled"},
	{"HTTP", http, EXIT_LEFT, "I-EUDN", ""},
	{"HTTP, without its class", http_class, EXIT_LEFT, "I--UDN", ""},
	{"HTTP, for PXE", http_for_pxe, EXIT_LEFT, "I--UDN", ""},
	{"HTTP, absent", http_absent, EXIT_LEFT, "---UDN", "tftp-failed"},
	{"TFTP, for HTTP", file_for_http, EXIT_LEFT, "IP-UDN", ""},
	{"IPv6", ipv6, EXIT_DONE, "IPEUDN", ""},
	{"IPv6, nobody", ipv6_nobody, EXIT_DONE, "IPEUDN", ""},
	{"guest", guest, EXIT_DONE, "IPEUDN", ""},
	{"filter", filtered_guest, EXIT_DONE, "IPEUDN", ""},
	{"hostile", hostile, EXIT_LEFT, "---UDN", "firewall-drop tftp-failed"},
	{"hostile, silent", hostile_silent, EXIT_FAULTS, "------", "dhcp-silent"},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

static void begin(
	const struct probe_case *of, struct probe_result *result, struct probe_judgement *judgement)
{
	*result = (struct probe_result){
		.target = PROBE_BRIDGE, .name = "br0", .waited = 10, .asked = 0.01};
	PUT(result->device, "br0");
	PUT(result->client, "52:54:00:12:34:56");
	memcpy(result->mac, (unsigned char[]){0x52, 0x54, 0x00, 0x12, 0x34, 0x56}, MAC_SIZE);
	of->fill(result);
	probe_judge(result, judgement);
}

static void end(struct probe_result *result, struct probe_judgement *judgement)
{
	probe_judgement_clear(judgement);
	probe_result_clear(result);
}

/*
 * Verdicts.
 */

static void slugs_of(const struct plan *plan, char slugs[256])
{
	slugs[0] = '\0';
	for (size_t i = 0; i < plan->finding_count; i++) {
		size_t length = strlen(slugs);
		snprintf(
			slugs + length, 256 - length, "%s%s", i ? " " : "", plan->findings[i].slug);
	}
}

static void boots_of(const struct probe_judgement *judgement, char boots[CLIENTS + 1])
{
	memcpy(boots, "IPEUDN", CLIENTS + 1);
	for (enum probe_client client = 0; client < CLIENTS; client++) {
		if (!judgement->clients[client].boots)
			boots[client] = '-';
	}
}

/* A verdict is whole: a time or a reason. */
static void check_verdicts(const char *name, const struct probe_judgement *judgement)
{
	for (enum probe_client client = 0; client < CLIENTS; client++) {
		const struct probe_verdict *verdict = &judgement->clients[client];
		if (verdict->boots != (verdict->why == NULL) ||
			verdict->boots != (verdict->needed >= 0))
			fail_msg("%s: verdict of %s", name, probe_client_name(client));
		if (verdict->boots && verdict->gives_up >= 0)
			assert_true(verdict->needed <= verdict->gives_up);
	}
}

/* A finding that tells of trouble says what to do. */
static void check_findings(const char *name, const struct plan *plan)
{
	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (!finding->evidence || (!finding->cure && !finding->advice))
			fail_msg("%s: %s is not whole", name, finding->slug);
		assert_int_equal(finding->action, NO_ACTION);
		assert_int_equal(finding->beyond, NO_FINDING);
	}
}

static void test_verdicts(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		struct probe_result result;
		struct probe_judgement judgement;
		char slugs[256];
		char boots[CLIENTS + 1];
		begin(&cases[i], &result, &judgement);
		slugs_of(&judgement.plan, slugs);
		boots_of(&judgement, boots);
		if (strcmp(slugs, cases[i].slugs) != 0 || strcmp(boots, cases[i].boots) != 0 ||
			probe_status(&result, &judgement) != cases[i].status)
			fail_msg("%s: boots %s (wanted %s), findings '%s' ('%s'), status %d (%d)",
				cases[i].name, boots, cases[i].boots, slugs, cases[i].slugs,
				probe_status(&result, &judgement), cases[i].status);
		check_verdicts(cases[i].name, &judgement);
		check_findings(cases[i].name, &judgement.plan);
		end(&result, &judgement);
	}
}

/* Whoever asks just after the port forwards is answered, and who has just asked is not. */
static void test_moments(void **state)
{
	static const struct {
		double forwarded;
		double ipxe;
		double edk2;
		double networkd;
	} moments[] = {
		{0, 0.1, 4, 0.1},
		{1.4, 0.1, 4, 0.1},
		{2.4, 1.1, 12, 4.1},
		{8.4, 7.1, 28, 12.1},
		{8.6, PROBE_NEVER, 28, 12.1},
		{29.4, PROBE_NEVER, 60, 28.1},
		{29.6, PROBE_NEVER, PROBE_NEVER, 60.1},
		{70, PROBE_NEVER, PROBE_NEVER, 124.1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		double at = moments[i].forwarded;
		struct probe_result result = {.forwarded = at, .asked = at};
		struct probe_judgement judgement;
		PUT(add_server(&result, "10.0.0.1", at, at + 0.1)->offered, "10.0.0.2");
		probe_judge(&result, &judgement);
		const struct probe_verdict *clients = judgement.clients;
		assert_true(clients[CLIENT_IPXE].needed - moments[i].ipxe < 0.01);
		assert_true(moments[i].ipxe - clients[CLIENT_IPXE].needed < 0.01);
		assert_true(clients[CLIENT_EDK2].needed - moments[i].edk2 < 0.01);
		assert_true(moments[i].edk2 - clients[CLIENT_EDK2].needed < 0.01);
		assert_true(clients[CLIENT_NETWORKD].needed - moments[i].networkd < 0.01);
		assert_true(moments[i].networkd - clients[CLIENT_NETWORKD].needed < 0.01);
		probe_judgement_clear(&judgement);
		probe_result_clear(&result);
	}
}

/*
 * Text.
 */

static void check_line(const char *name, const char *line, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; width++) {
		size_t taken = line[i] == '\t' ? 0 : character_length(line + i);
		if (taken == 0)
			fail_msg("%s: byte %02x in '%.*s'", name, (unsigned char)line[i],
				(int)length, line);
		i += taken;
	}
	/* Of a command each word stays in its place. */
	if (width > 79 && strncmp(line, "    ", 4) != 0)
		fail_msg("%s: longer than 79: '%.*s'", name, (int)length, line);
}

static void test_text(void **state)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		struct probe_result result;
		struct probe_judgement judgement;
		begin(&cases[i], &result, &judgement);
		fprintf(file, "== %s\n", cases[i].name);
		probe_write_text(file, &result, &judgement, false);
		end(&result, &judgement);
	}
	fclose(file);
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		check_line("text", line, strcspn(line, "\n"));
	check_golden(GOLDEN "probe.txt", text);
}

static char *write_case(
	const char *name, void (*write)(FILE *file, const struct probe_result *result,
				  const struct probe_judgement *judgement))
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	for (size_t i = 0; i < CASES; i++) {
		struct probe_result result;
		struct probe_judgement judgement;
		if (name && strcmp(name, cases[i].name) != 0)
			continue;
		begin(&cases[i], &result, &judgement);
		write(file, &result, &judgement);
		end(&result, &judgement);
	}
	fclose(file);
	return text;
}

static void write_coloured(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	probe_write_text(file, result, judgement, true);
}

/* Colours are around names of findings and clients, and nowhere else. */
static void test_colour(void **state)
{
	CLEANUP(cleanup_free) char *text = write_case("Docker", write_coloured);
	CLEANUP(cleanup_free) char *good_text = write_case("good", write_coloured);

	(void)state;
	assert_non_null(strstr(text, "\n\033[31mfirewall-drop\033[0m: the request"));
	assert_non_null(strstr(text, "\n  \033[31miPXE             \033[0mwould not: the"));
	assert_non_null(strstr(good_text, "\n  \033[32miPXE             \033[0mwould boot"));
}

/*
 * What programs get.
 */

static void write_json(
	FILE *file, const struct probe_result *result, const struct probe_judgement *judgement)
{
	assert_int_equal(probe_write_json(file, result, judgement), 0);
}

/* What differs each time, or with each version, is made the same. */
static void set_text(struct json_object *document, const char *key, const char *value)
{
	struct json_object *was;

	assert_true(json_object_object_get_ex(document, key, &was));
	json_object_object_add(document, key, json_object_new_string(value));
}

static struct json_object *json_case(const char *name)
{
	CLEANUP(cleanup_free) char *text = write_case(name, write_json);
	struct json_object *document = json_tokener_parse(text);

	assert_non_null(document);
	set_text(document, "time", "2026-11-30T00:00:00Z");
	set_text(document, "program", "virt-netboot 0");
	return document;
}

/* Not by its text: how that looks depends on json-c's version. */
static void check_json(const char *path, struct json_object *document)
{
	if (getenv("UPDATE_GOLDEN"))
		assert_int_equal(json_object_to_file_ext(path, document,
					 JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE),
			0);
	struct json_object *golden = json_object_from_file(path);
	assert_non_null(golden);
	if (!json_object_equal(golden, document))
		fail_msg("%s\n  wanted: %s\n  got:    %s", path, json_object_to_json_string(golden),
			json_object_to_json_string(document));
	json_object_put(golden);
}

/* tests/install/schemas.sh compares these with the schema. */
static void test_json(void **state)
{
	static const char *const names[][2] = {
		{"good", GOLDEN "probe-good.json"},
		{"Docker", GOLDEN "probe-docker.json"},
		{"IPv6", GOLDEN "probe-ipv6.json"},
		{"hostile", GOLDEN "probe-hostile.json"},
		{"filter", GOLDEN "probe-filter.json"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct json_object *document = json_case(names[i][0]);
		check_json(names[i][1], document);
		json_object_put(document);
	}
}

/* Every case is a document of its own. */
static void test_json_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		CLEANUP(cleanup_free) char *text = write_case(cases[i].name, write_json);
		for (const char *c = text; *c; c += utf8_length(c))
			assert_true(utf8_length(c) > 0);
		json_object_put(json_case(cases[i].name));
	}
}

static void test_prometheus(void **state)
{
	CLEANUP(cleanup_free) char *text = write_case("conflict", probe_write_prometheus);

	(void)state;
	check_golden(GOLDEN "probe.prom", text);
}

/* A name can neither end a line nor a label. */
static void test_prometheus_hostile(void **state)
{
	CLEANUP(cleanup_free) char *text = write_case("hostile", probe_write_prometheus);

	(void)state;
	assert_non_null(strstr(text,
		"\nvirt_netboot_probe_success{kind=\"domain\",target=\"\033[2J\xef\xbf\xbd'\\\"{}"
		"\\\\\\n\xc2\x9b\"} 0\n"));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strncmp(line, "# ", 2) == 0 ||
			    strncmp(line, "virt_netboot_probe_", 19) == 0);
}

/* What is not there is no series. */
static void test_prometheus_blocked(void **state)
{
	CLEANUP(cleanup_free) char *text = write_case("blocked", probe_write_prometheus);

	(void)state;
	assert_null(strstr(text, "\nvirt_netboot_probe_forwarding_seconds{"));
	assert_null(strstr(text, "\nvirt_netboot_probe_offer_seconds{"));
	assert_non_null(strstr(text, "slug=\"port-blocked\",severity=\"error\"} 1\n"));
	assert_non_null(strstr(text, "client=\"iPXE\"} 0\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_all),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_prometheus_hostile),
		cmocka_unit_test(test_prometheus_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
