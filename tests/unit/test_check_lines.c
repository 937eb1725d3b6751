// SPDX-License-Identifier: GPL-2.0-or-later
/* Each finding that a plan can have answers one question of `virt-netboot check`. */
#include "test.h"

#include "check_parts.h"

#include <ctype.h>
#include <glob.h>

/* What firewalls do is tried elsewhere. */
void check_firewall_network(struct check_run *run, const char *network, const char *bridge)
{
	(void)run;
	(void)network;
	(void)bridge;
}

static const struct check_topic *const tables[] = {check_network_topics, check_guest_topics};

#define TABLES (sizeof(tables) / sizeof(tables[0]))

static size_t count_slug(const struct check_topic *topic, const char *slug)
{
	size_t count = 0;

	for (; topic->question.id; topic++)
		count += check_is_among(slug, topic->slugs);
	return count;
}

/* A word of words and hyphens, as slugs are, at @text behind its quotation mark. */
static bool read_slug(const char *text, char *slug, size_t size)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz-");

	if (text[length] != '"' || length == 0 || length >= size || !isalpha(text[0]) ||
		text[length - 1] == '-' || !memchr(text, '-', length))
		return false;
	memcpy(slug, text, length);
	slug[length] = '\0';
	return true;
}

/* It is the finding of a plan of its own, made when a hook looks at a bridge in the background. */
static bool is_of_sweep(const char *slug)
{
	return strcmp(slug, "sender-unreached") == 0 || strcmp(slug, "stp-left-off") == 0 ||
	       strcmp(slug, "delay-left") == 0;
}

/* The fields have names with hyphens, too; and what firewalls do is asked for in one place. */
static bool has_slugs_for_guests(const char *path)
{
	return !strstr(path, "fields.c") && !strstr(path, "/firewall_") &&
	       !strstr(path, "/docker_user.c");
}

static size_t check_file(const char *path)
{
	static char text[1 << 20];
	char slug[64];
	size_t found = 0;
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	for (const char *quote = strchr(text, '"'); quote; quote = strchr(quote + 1, '"')) {
		if (!read_slug(quote + 1, slug, sizeof(slug)) || is_of_sweep(slug))
			continue;
		found++;
		if (count_slug(check_guest_topics, slug) != 1)
			fail_msg("%s: %s is in %zu questions about a guest", path, slug,
				count_slug(check_guest_topics, slug));
		assert_in_range(count_slug(check_network_topics, slug), 0, 1);
	}
	return found;
}

/* Words in quotation marks with a hyphen are slugs there, but for the fields' names. */
static void test_slugs(void **state)
{
	glob_t files;
	size_t found = 0;

	(void)state;
	assert_int_equal(glob("common/plan/*.c", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		if (has_slugs_for_guests(files.gl_pathv[i]))
			found += check_file(files.gl_pathv[i]);
	}
	globfree(&files);
	assert_in_range(found, 20, 1000);
}

/* Names are not used twice. */
static void test_questions(void **state)
{
	(void)state;
	for (size_t i = 0; i < TABLES; i++) {
		for (const struct check_topic *one = tables[i]; one->question.id; one++) {
			assert_non_null(one->question.what);
			for (const struct check_topic *other = tables[i]; other < one; other++)
				assert_string_not_equal(one->question.id, other->question.id);
		}
	}
}

static void assert_clients(unsigned int hold, const char *text)
{
	char *losers = check_clients_text(hold);

	if (text)
		assert_string_equal(losers, text);
	else
		assert_null(losers);
	free(losers);
}

static void test_clients(void **state)
{
	(void)state;
	assert_clients(0, NULL);
	assert_clients(600, NULL);
	assert_clients(601, "udhcpc gives up, iPXE, PXE firmware and dhclient do not");
	assert_clients(1000, "udhcpc and iPXE give up, PXE firmware and dhclient do not");
	assert_clients(3000, "udhcpc, iPXE and PXE firmware give up, dhclient does not");
	assert_clients(6000, "udhcpc, iPXE, PXE firmware and dhclient give up");
}

/* A kernel that lowers a delay does so to 2 s. */
static void test_new_port_hold(void **state)
{
	struct bridge_state bridge = {.kind = BRIDGE_LINUX, .stp = STP_KERNEL};

	(void)state;
	assert_int_equal(check_new_port_hold(&bridge), 400);
	bridge.forward_delay = 1500;
	assert_int_equal(check_new_port_hold(&bridge), 3000);
	bridge.stp = STP_OFF;
	assert_int_equal(check_new_port_hold(&bridge), 0);
	bridge.stp = STP_USER;
	assert_int_equal(check_new_port_hold(&bridge), 0);
	bridge = (struct bridge_state){.kind = BRIDGE_OPENVSWITCH, .stp = STP_KERNEL};
	assert_int_equal(check_new_port_hold(&bridge), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slugs),
		cmocka_unit_test(test_questions),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_new_port_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
