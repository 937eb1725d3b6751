// SPDX-License-Identifier: GPL-2.0-or-later
/* What is done about a drop, and which zone a bridge of the host's own may be put into. */
#include "test.h"

#include "remedy.h"
#include "zone_choice.h"

#include <stdlib.h>

/* ---- zones --------------------------------------------------------------------------------- */

static struct zone_list list;

static int forget(void **state)
{
	(void)state;
	zone_list_clear(&list);
	return 0;
}

/* Words of @lets_in and of @does end at a comma. */
static void add_texts(struct zone_texts *texts, const char *all)
{
	char kind[32];
	char text[64];
	int length;

	while (*all && sscanf(all, "%31s %63[^,]%n", kind, text, &length) == 2) {
		zone_add_text(texts, kind, text);
		all += length;
		all += *all == ',';
	}
}

static struct zone_settings *add_zone(const char *name, const char *lets_in, const char *does)
{
	list.zones = realloc(list.zones, (list.count + 1) * sizeof(*list.zones));
	struct zone_settings *zone = &list.zones[list.count++];
	*zone = (struct zone_settings){.name = strdup(name), .understood = true};
	add_texts(&zone->lets_in, lets_in);
	add_texts(&zone->does, does);
	return zone;
}

#define PUBLIC "service ssh,service cockpit,service dhcpv6-client"

/* The zones that firewalld and libvirt ship. */
static void add_shipped(void)
{
	add_zone("block", "", "target %%REJECT%%");
	add_zone("drop", "", "target DROP");
	add_zone("libvirt",
		"protocol icmp,protocol ipv6-icmp,service dhcp,service dhcpv6,service dns,"
		"service ssh,service tftp",
		"target ACCEPT,rule rule priority=\"32767\" reject");
	add_zone("public", PUBLIC, "target default");
	add_zone("trusted", "", "target ACCEPT");
}

static void is_chosen(const char *present, const char *wanted)
{
	const char *chosen = zone_choose(&list, present, true);

	assert_string_equal(chosen ? chosen : "none", wanted);
}

/* Each of them would cut something off, or open more than guests need. */
static void test_no_shipped_zone(void **state)
{
	(void)state;
	add_shipped();
	is_chosen("public", "none");
	is_chosen("drop", "none");
	is_chosen("block", "none");
	is_chosen("absent", "none");
}

static void test_administrators_zone(void **state)
{
	(void)state;
	add_shipped();
	add_zone("guests", PUBLIC ",service dhcp", "target default");
	is_chosen("public", "guests");
	is_chosen("drop", "none");
	add_zone("boots", PUBLIC ",service dhcp,port 69/udp,service dhcpv6", "target default");
	is_chosen("public", "boots");
}

/* What keeps a zone that lets DHCP in from being the same otherwise. */
static const struct {
	const char *lets_in;
	const char *does;
} others[] = {
	{"service ssh,service dhcp", "target default"},
	{PUBLIC, "target default"},
	{PUBLIC ",service dhcp,service dns", "target default"},
	{PUBLIC ",service dhcp", "target ACCEPT"},
	{PUBLIC ",service dhcp", "target default,rule reject"},
	{PUBLIC ",service dhcp", "target default,masquerade yes"},
	{PUBLIC ",port 67/tcp", "target default"},
};

static void test_other_zones(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		zone_list_clear(&list);
		add_shipped();
		add_zone("other", others[i].lets_in, others[i].does);
		is_chosen("public", "none");
	}
}

static void test_unsure_zones(void **state)
{
	(void)state;
	add_zone("public", PUBLIC, "target default");
	struct zone_settings *zone = add_zone("guests", PUBLIC ",service dhcp", "target default");
	is_chosen("public", "guests");
	zone->understood = false;
	is_chosen("public", "none");
	zone->understood = true;
	zone->has_policy = true;
	is_chosen("public", "none");
	zone->has_policy = false;
	list.zones[0].has_policy = true;
	is_chosen("public", "none");
	list.zones[0].has_policy = false;
	list.zones[0].understood = false;
	is_chosen("public", "none");
}

/* Interfaces of one zone may reach each other: none may be lost, and none gained. */
static void test_forwarding(void **state)
{
	(void)state;
	add_zone("public", PUBLIC, "target default");
	struct zone_settings *zone = add_zone("guests", PUBLIC ",service dhcp", "target default");
	list.zones[0].forwards = zone->forwards = true;
	zone_add_text(&list.zones[0].members, "interface", "br0");
	is_chosen("public", "guests");
	zone_add_text(&list.zones[0].members, "interface", "eth0");
	is_chosen("public", "none");
	list.zones[0].forwards = false;
	is_chosen("public", "guests");
	zone_add_text(&zone->members, "interface", "eth1");
	is_chosen("public", "none");
	zone->forwards = false;
	is_chosen("public", "guests");
}

/* The default zone applies to a bridge that is not its member. */
static void test_default_zone(void **state)
{
	(void)state;
	add_zone("public", PUBLIC, "target default")->forwards = true;
	add_zone("guests", PUBLIC ",service dhcp", "target default");
	assert_string_equal(zone_choose(&list, "public", false), "guests");
	zone_add_text(&list.zones[0].members, "interface", "eth0");
	assert_null(zone_choose(&list, "public", false));
}

/* ---- remedies ------------------------------------------------------------------------------ */

static char network[] = "default";
static char inet[] = "inet";
static char ip[] = "ip";
static char firewalld[] = "firewalld";
static char filter[] = "filter";
static char in_public[] = "filter_IN_public";
static char in_libvirt[] = "filter_IN_libvirt";
static char input[] = "INPUT";
static char forward[] = "FORWARD";

static const struct drop zone_drop = {.way = DROP_TO_HOST,
	.kind = DROP_RULE,
	.family = inet,
	.table = firewalld,
	.chain = in_public,
	.remedy = DROP_REMEDY_ZONE};
static const struct drop docker_drop = {.way = DROP_THROUGH,
	.kind = DROP_POLICY,
	.family = ip,
	.table = filter,
	.chain = forward,
	.remedy = DROP_REMEDY_DOCKER_USER};
static const struct drop input_drop = {
	.way = DROP_TO_HOST, .kind = DROP_POLICY, .family = ip, .table = filter, .chain = input};
static const struct drop kernel_drop = {.way = DROP_TO_HOST, .kind = DROP_KERNEL};

/* What is tried, one after the other, until there is nothing. */
static void tries(const struct drop *drop, const struct remedy_facts *facts,
	const enum remedy *wanted, size_t count)
{
	bool tried[REMEDIES] = {false};

	for (size_t i = 0; i < count; i++) {
		enum remedy remedy = remedy_choose(drop, facts, tried);
		assert_int_equal(remedy, wanted[i]);
		tried[remedy] = true;
	}
	assert_int_equal(remedy_choose(drop, facts, tried), REMEDY_NONE);
}

#define TRIES(drop, facts, ...)                                             \
	tries(drop, facts, (const enum remedy[]){__VA_ARGS__, REMEDY_NONE}, \
		sizeof((const enum remedy[]){__VA_ARGS__}) / sizeof(enum remedy))
#define LEAVES(drop, facts) tries(drop, facts, NULL, 0)

static void test_zone_of_libvirt(void **state)
{
	struct remedy_facts facts = {.network = network,
		.has_daemon = true,
		.firewalld = true,
		.applies = "public",
		.zone_wanted = "libvirt"};

	(void)state;
	TRIES(&zone_drop, &facts, REMEDY_RELOAD, REMEDY_ZONE);
	facts.has_daemon = false;
	TRIES(&zone_drop, &facts, REMEDY_ZONE);
	*facts.zone_wanted = '\0';
	LEAVES(&zone_drop, &facts);
	/* It was put back since the probe. */
	strcpy(facts.zone_wanted, "libvirt");
	strcpy(facts.zone, "libvirt");
	TRIES(&zone_drop, &facts, REMEDY_LOOK_AGAIN);
	facts.firewalld = false;
	LEAVES(&zone_drop, &facts);
}

static void test_rules_of_libvirt(void **state)
{
	struct remedy_facts facts = {.network = network, .has_daemon = true};

	(void)state;
	LEAVES(&input_drop, &facts);
	facts.rules_lost = true;
	TRIES(&input_drop, &facts, REMEDY_RELOAD);
	facts.rules_unreached = true;
	LEAVES(&input_drop, &facts);
	facts.rules_unreached = false;
	/* Another table's drop is not helped by an accept in libvirt's. */
	struct drop elsewhere = input_drop;
	elsewhere.family = inet;
	LEAVES(&elsewhere, &facts);
}

static void test_own_bridge(void **state)
{
	struct remedy_facts facts = {.firewalld = true, .applies = "public", .has_daemon = true};

	(void)state;
	LEAVES(&zone_drop, &facts);
	strcpy(facts.zone_wanted, "guests");
	TRIES(&zone_drop, &facts, REMEDY_ZONE);
	LEAVES(&input_drop, &facts);
	LEAVES(&kernel_drop, &facts);
}

static void test_docker(void **state)
{
	struct remedy_facts facts = {.docker_user = {[IPV6] = true}};

	(void)state;
	LEAVES(&docker_drop, &facts);
	facts.docker_user[IPV4] = true;
	TRIES(&docker_drop, &facts, REMEDY_DOCKER_USER);
	facts.network = network;
	TRIES(&docker_drop, &facts, REMEDY_DOCKER_USER);
}

static void test_same_point(void **state)
{
	struct drop other = zone_drop;

	(void)state;
	assert_true(remedy_is_same_point(&zone_drop, &other));
	other.chain = in_libvirt;
	assert_true(remedy_is_same_point(&zone_drop, &other));
	other.way = DROP_ANSWER;
	assert_false(remedy_is_same_point(&zone_drop, &other));
	other = docker_drop;
	assert_true(remedy_is_same_point(&docker_drop, &other));
	other.kind = DROP_LEGACY;
	assert_false(remedy_is_same_point(&docker_drop, &other));
	assert_false(remedy_is_same_point(&input_drop, &docker_drop));
	assert_false(remedy_is_same_point(&kernel_drop, &docker_drop));
}

/* A copy of it with the probe's cure and advice, and what becomes of them. */
static void advised(const struct drop *drop, const struct remedy_facts *facts,
	const bool failed[REMEDIES], const char *cure, const char *advice)
{
	struct drop told = *drop;

	told.cure = strdup("the probe's");
	told.advice = NULL;
	remedy_advise(&told, facts, "br0", failed);
	assert_string_equal(told.cure, cure);
	if (advice)
		assert_non_null(strstr(told.advice, advice));
	else
		assert_null(told.advice);
	free(told.cure);
	free(told.advice);
}

static void test_advice(void **state)
{
	static const bool none[REMEDIES] = {false};
	static const bool reload[REMEDIES] = {[REMEDY_RELOAD] = true};
	static const bool zone[REMEDIES] = {[REMEDY_ZONE] = true};
	struct remedy_facts facts = {.firewalld = true, .applies = "public"};

	(void)state;
	advised(&input_drop, &facts, none, "the probe's", NULL);
	advised(&kernel_drop, &facts, none, "the probe's", NULL);
	advised(&zone_drop, &facts, none,
		"firewall-cmd --zone=public --add-service=dhcp --add-service=tftp", "--permanent");
	advised(&zone_drop, &facts, zone,
		"firewall-cmd --zone=public --add-service=dhcp --add-service=tftp", "taken back");
	advised(&docker_drop, &facts, none, "the probe's", "DOCKER-USER");
	facts.network = network;
	facts.rules_lost = facts.rules_unreached = true;
	advised(&input_drop, &facts, none,
		"systemctl try-restart libvirtd.service virtnetworkd.service", "lost");
	strcpy(facts.zone_wanted, "libvirt");
	advised(&zone_drop, &facts, reload, "firewall-cmd --zone=libvirt --change-interface=br0",
		"reload of libvirt's daemon did not help");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_no_shipped_zone, forget),
		cmocka_unit_test_teardown(test_administrators_zone, forget),
		cmocka_unit_test_teardown(test_other_zones, forget),
		cmocka_unit_test_teardown(test_unsure_zones, forget),
		cmocka_unit_test_teardown(test_forwarding, forget),
		cmocka_unit_test_teardown(test_default_zone, forget),
		cmocka_unit_test(test_zone_of_libvirt),
		cmocka_unit_test(test_rules_of_libvirt),
		cmocka_unit_test(test_own_bridge),
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_same_point),
		cmocka_unit_test(test_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
