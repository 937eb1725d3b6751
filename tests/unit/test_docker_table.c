// SPDX-License-Identifier: GPL-2.0-or-later
/* What the rules of FORWARD and DOCKER-USER come to: chains are written as text here. */
#include "test.h"

#include "docker_table.h"

#include <linux/netfilter/xt_physdev.h>
#include <string.h>

/* A rule is the truth of its conditions, a verdict, and whose it is: "aA" always accepts, "mD" may
 * drop, "nR" never returns; U goes to DOCKER-USER, J to another chain, C goes on; "aAg" is ours for
 * guests, "aAn" ours.
 */
static void add_rules(struct docker_table *table, const char *text,
	void (*add)(struct docker_table *table, const struct docker_rule *rule))
{
	static const char truths[] = "nma";
	static const char verdicts[] = "CADRUJ?";

	for (; *text; text += strcspn(text, " "), text += strspn(text, " ")) {
		const struct docker_rule rule = {
			.meets = (enum docker_truth)(strchr(truths, text[0]) - truths),
			.verdict = (enum docker_verdict)(strchr(verdicts, text[1]) - verdicts),
			.owner = text[2] == 'g'   ? OWNER_GUEST
				 : text[2] == 'n' ? OWNER_NETWORK
						  : OWNER_OTHER,
		};
		add(table, &rule);
	}
}

static struct docker_table table_of(const char *forward, const char *user)
{
	struct docker_table table = {.user = user, .drops = true};

	add_rules(&table, forward, docker_forward_rule);
	add_rules(&table, user ? user : "", docker_user_rule);
	return table;
}

/* The state as "chain accepts ours guests", and what is done for guests, to stay, and to go. */
static void check(const char *forward, const char *user, const char *state, const char *done)
{
	struct docker_table table = table_of(forward, user);
	struct docker_user_state s = docker_state(&table);
	char text[8];

	snprintf(text, sizeof(text), "%d%d%d%d", s.chain, s.accepts, s.ours, s.for_guests);
	assert_string_equal(text, state);
	snprintf(text, sizeof(text), "%d%d%d", !docker_is_as_wanted(&table, DOCKER_USER_FOR_GUESTS),
		!docker_is_as_wanted(&table, DOCKER_USER_STAYS),
		!docker_is_as_wanted(&table, DOCKER_USER_NONE));
	assert_string_equal(text, done);
}

static void test_docker(void **state)
{
	(void)state;
	check("aU mA", "aR", "1000", "110");
	check("aU", "", "1000", "110");
	check("mA nD mU mJ", "mA mC nD nJ n? mR", "1000", "110");
	check("aU", NULL, "0000", "000");
}

static void test_not_in_the_way(void **state)
{
	(void)state;
	check("", "aR", "0000", "000");
	check("aA aU", "aR", "0000", "000");
	check("aD aU", "aR", "0000", "000");
	check("aR aU", "aR", "0000", "000");
	check("nU", "aR", "0000", "000");
	/* Somebody wants it so. */
	check("aU", "mA aD", "0000", "000");
	struct docker_table table = table_of("aU", "aR");
	table.drops = false;
	assert_false(docker_state(&table).chain);
	assert_true(docker_state(&table).reached);
	table = table_of("", "aR");
	assert_false(docker_state(&table).reached);
	table = table_of("aU", NULL);
	assert_false(docker_state(&table).reached);
}

/* Rules of an administrator's that may drop some of the packets. */
static void test_used(void **state)
{
	(void)state;
	check("aU", "mD", "0000", "000");
	check("aU", "mA mD aR", "0000", "000");
	check("aU", "mJ aR", "0000", "000");
	check("aU", "aJ", "0000", "000");
	check("aU", "m?", "0000", "000");
	/* Behind another end, too: whose order it is may change. */
	check("aU", "aR mD", "0000", "000");
	/* Ours is not moved, nor replaced, but goes with the last guest. */
	check("aU", "aAg mD", "1111", "001");
	check("aU", "mD aAg aAg", "1111", "001");
	check("aU", "mD aR aAg", "0011", "001");
}

static void test_accepted(void **state)
{
	(void)state;
	check("aU", "nD mA aA", "1100", "000");
	check("aU", "aR aA", "1000", "110");
	check("aU mD aA", "aR", "1100", "000");
	check("aU aD aA", "aR", "1000", "110");
}

static void test_ours(void **state)
{
	(void)state;
	check("aU", "aAg aR", "1111", "011");
	check("aU", "aAn aR", "1110", "001");
	/* Twice, or where packets do not come to it. */
	check("aU", "aAg aAg", "1111", "111");
	check("aU", "aAg aAn", "1110", "111");
	check("aU", "aR aAg", "1011", "111");
	/* Another's is before it. */
	check("aU", "aA aAg", "1111", "001");
	/* Where it does not help, it can be taken away. */
	check("", "aAg", "0111", "001");
}

/* What is to stay does not become one that goes. */
static void test_wanted(void **state)
{
	struct docker_table table = table_of("aU", "aR aAn");

	(void)state;
	assert_int_equal(docker_wanted(&table, DOCKER_USER_FOR_GUESTS), OWNER_NETWORK);
	table = table_of("aU", "aR aAg");
	assert_int_equal(docker_wanted(&table, DOCKER_USER_FOR_GUESTS), OWNER_GUEST);
	assert_int_equal(docker_wanted(&table, DOCKER_USER_STAYS), OWNER_NETWORK);
	assert_int_equal(docker_wanted(&table, DOCKER_USER_NONE), OWNER_OTHER);
}

static void test_matches(void **state)
{
	struct xt_physdev_info info = {.bitmask = XT_PHYSDEV_OP_BRIDGED};
	const struct xt_part physdev = {"physdev", 0, &info, sizeof(info)};

	(void)state;
	assert_int_equal(docker_match(&physdev), DOCKER_ALWAYS);
	info.invert = XT_PHYSDEV_OP_BRIDGED;
	assert_int_equal(docker_match(&physdev), DOCKER_NEVER);
	info.bitmask |= XT_PHYSDEV_OP_IN;
	assert_int_equal(docker_match(&physdev), DOCKER_MAYBE);
	assert_int_equal(docker_match(&(struct xt_part){"physdev", 0, &info, 1}), DOCKER_MAYBE);
	assert_int_equal(docker_match(&(struct xt_part){"comment", 0, NULL, 0}), DOCKER_ALWAYS);
	assert_int_equal(docker_match(&(struct xt_part){"set", 3, NULL, 0}), DOCKER_MAYBE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_docker),
		cmocka_unit_test(test_not_in_the_way),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
