// SPDX-License-Identifier: GPL-2.0-or-later
/* What a table of rules is sure to fill: chains are written as text here. */
#include "test.h"

#include "verdicts.h"

#include <errno.h>

/*
 * Chains as "NAME: RULE, RULE; NAME: ...". A rule is two letters and a verdict. The letters say
 * whether DHCP and whether all other UDP meet its conditions: a(lways), m(aybe), n(ever).
 */
static const char *table;
static unsigned int reads;

static enum truth truth_of(char letter)
{
	return letter == 'a' ? ALWAYS : letter == 'm' ? MAYBE : NEVER;
}

static void read_rule(const char *text, struct verdict_chain *chain)
{
	static const struct {
		const char *name;
		enum verdict verdict;
	} verdicts[] = {
		{"continue", VERDICT_CONTINUE},
		{"fill", VERDICT_FILL},
		{"zero", VERDICT_ZERO},
		{"end", VERDICT_END},
		{"return", VERDICT_RETURN},
		{"jump", VERDICT_JUMP},
		{"goto", VERDICT_GOTO},
	};
	char letters[3];
	char name[16];
	char target[16] = "";
	const struct udp_match *match;

	assert_true(sscanf(text, " %2s %15[a-z] %15[^ ,;]", letters, name, target) >= 2);
	match = &(struct udp_match){.of = {truth_of(letters[0]), truth_of(letters[1])}};
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		if (strcmp(name, verdicts[i].name) == 0) {
			verdict_chain_add(
				chain, *match, verdicts[i].verdict, *target ? target : NULL);
			return;
		}
	}
	fail_msg("no verdict: %s", text);
}

static int read_table(const char *name, struct verdict_chain *chain, void *argument)
{
	char start[16];
	const char *text;

	(void)argument;
	reads++;
	snprintf(start, sizeof(start), "%s:", name);
	text = strstr(table, start);
	if (!text)
		return 0;
	text += strlen(start);
	while (*text && *text != ';') {
		text += strspn(text, " ,");
		if (*text && *text != ';')
			read_rule(text, chain);
		text += strcspn(text, ",;");
	}
	return 0;
}

static void check(const char *text, enum fill_scope wanted)
{
	enum fill_scope filled;

	table = text;
	reads = 0;
	assert_int_equal(verdicts_filled("P", read_table, NULL, &filled), 0);
	if (filled != wanted)
		fail_msg("%s: fills %d, not %d", text, (int)filled, (int)wanted);
}

static void test_rules(void **state)
{
	(void)state;
	check("", FILL_NONE);
	check("P: aa fill", FILL_UDP);
	check("P: an fill", FILL_DHCP);
	check("P: am fill", FILL_DHCP);
	check("P: na fill", FILL_NONE);
	check("P: mm fill", FILL_NONE);
	check("P: an fill, na fill", FILL_UDP);
	check("P: aa continue, aa fill", FILL_UDP);
}

/* Before a rule that fills, and behind it. */
static void test_ends(void **state)
{
	(void)state;
	check("P: aa end, aa fill", FILL_NONE);
	check("P: mm end, aa fill", FILL_NONE);
	check("P: nm end, aa fill", FILL_DHCP);
	check("P: na end, aa fill", FILL_DHCP);
	check("P: an end, aa fill", FILL_NONE);
	check("P: nn end, aa fill", FILL_UDP);
	check("P: aa fill, aa end", FILL_UDP);
	check("P: an fill, mm end, aa fill", FILL_DHCP);
	check("P: an fill, an end, aa fill", FILL_UDP);
	check("P: mm fill, mm end, aa fill", FILL_NONE); /* not the same packets for sure */
	check("P: aa return, aa fill", FILL_NONE);
	check("P: mm return, aa fill", FILL_NONE);
	check("P: nn return, aa fill", FILL_UDP);
}

static void test_jumps(void **state)
{
	(void)state;
	check("P: aa jump X; X: aa fill", FILL_UDP);
	check("P: an jump X; X: aa fill", FILL_DHCP);
	check("P: mm jump X; X: aa fill", FILL_NONE);
	check("P: aa jump X; X: aa end, aa fill", FILL_NONE);
	check("P: aa jump X, aa fill; X: aa end", FILL_NONE);
	check("P: mm jump X, aa fill; X: aa end", FILL_NONE);
	check("P: nn jump X, aa fill; X: aa end", FILL_UDP);
	check("P: aa jump X, aa fill; X: mm return, aa end", FILL_NONE);
	check("P: aa jump X, aa fill; X: aa return, aa end", FILL_UDP);
	check("P: aa jump X, aa fill; X: mm return, na end", FILL_DHCP);
	check("P: aa jump X, aa fill; X:", FILL_UDP);
	/* Filled where some are taken away, and the rest where it comes back to. */
	check("P: mm jump X, aa fill; X: aa fill, aa end", FILL_UDP);
	check("P: mm jump X, aa fill; X: mm fill, aa end", FILL_NONE);
	check("P: aa jump X, aa fill; X: aa jump Y, nn end; Y: mm return", FILL_UDP);
	check("P: aa jump X; X: aa jump Y; Y: aa jump Z; Z: aa fill", FILL_UDP);
}

static void test_gotos(void **state)
{
	(void)state;
	check("P: aa goto X; X: aa fill", FILL_UDP);
	check("P: aa goto X, aa fill; X: aa end", FILL_NONE);
	check("P: aa goto X, aa fill; X: aa continue", FILL_NONE); /* the policy of P */
	check("P: aa goto X, aa fill; X: aa return", FILL_NONE);
	check("P: mm goto X, aa fill; X: aa continue", FILL_NONE);
	check("P: mm goto X, aa fill; X: aa fill", FILL_UDP);
	check("P: nn goto X, aa fill; X: aa end", FILL_UDP);
	check("P: aa jump X, aa fill; X: aa goto Y, aa end; Y:", FILL_UDP); /* back to P */
	check("P: aa jump X, na fill; X: aa goto Y, aa end; Y: an fill", FILL_UDP);
	check("P: aa jump X; X: aa goto Y, aa fill; Y:", FILL_NONE);
	check("P: aa jump X, aa fill; X: mm goto Y, aa end; Y:", FILL_NONE);
	/* A return from where a goto led passes by what follows the goto. */
	check("P: aa jump X, aa fill; X: aa jump Y, aa end; Y: aa goto Z, aa end; Z: aa return",
		FILL_NONE);
}

static void test_depth(void **state)
{
	(void)state;
	check("P: aa jump A; A: aa jump B; B: aa jump C; C: aa jump D; D: aa jump E; E: aa jump F;"
	      "F: aa jump G; G: aa jump H; H: aa jump I; I: aa jump J; J: aa jump K; K: aa jump L;"
	      "L: aa jump M; M: aa jump N; N: aa jump O; O: aa jump Q; Q: aa fill",
		FILL_UDP);
	/* No kernel has a circle. */
	check("P: aa jump A, aa fill; A: aa jump A", FILL_NONE);
}

/* 4 to the power of 8 ways lead through it. */
static void test_chains_are_read_once(void **state)
{
	(void)state;
	check("P: mm jump A, mm jump A, mm jump A, mm jump A, aa fill;"
	      "A: mm jump B, mm jump B, mm jump B, mm jump B;"
	      "B: mm jump C, mm jump C, mm jump C, mm jump C;"
	      "C: mm jump D, mm jump D, mm jump D, mm jump D;"
	      "D: mm jump E, mm jump E, mm jump E, mm jump E;"
	      "E: mm jump F, mm jump F, mm jump F, mm jump F;"
	      "F: mm jump G, mm jump G, mm jump G, mm jump G; G:",
		FILL_UDP);
	assert_int_equal(reads, 8);
}

static int fail_at(const char *name, struct verdict_chain *chain, void *argument)
{
	return strcmp(name, argument) == 0 ? -EPROTO : read_table(name, chain, NULL);
}

/* What is found before a chain that cannot be read is not relied on. */
static void test_errors(void **state)
{
	char none[] = "P";
	char second[] = "X";
	enum fill_scope filled = FILL_UDP;

	(void)state;
	table = "P: an fill, aa jump X, aa fill";
	assert_int_equal(verdicts_filled("P", fail_at, none, &filled), -EPROTO);
	assert_int_equal(filled, FILL_NONE);
	assert_int_equal(verdicts_filled("P", fail_at, second, &filled), -EPROTO);
	assert_int_equal(filled, FILL_NONE);
}

static void check_zeroed(const char *text, bool wanted)
{
	bool zeroed;

	table = text;
	assert_int_equal(verdicts_zeroed("P", read_table, NULL, &zeroed), 0);
	if (zeroed != wanted)
		fail_msg("%s: zeroed is %d", text, zeroed);
}

/* What is not certain is taken to be as harmless as it can be, but for what ends packets' way. */
static void test_zeroed(void **state)
{
	(void)state;
	check_zeroed("", false);
	check_zeroed("P: an zero", true);
	check_zeroed("P: na zero", false);
	check_zeroed("P: mm zero", false);
	check_zeroed("P: mm end, aa zero", true);
	check_zeroed("P: aa end, aa zero", false);
	check_zeroed("P: aa return, aa zero", false);
	check_zeroed("P: aa fill, aa zero", true);
	check_zeroed("P: aa jump A, aa end; A: an zero", true);
	check_zeroed("P: aa jump A, aa zero; A: aa return", true);
	check_zeroed("P: aa jump A, aa zero; A: aa end", false);
	check_zeroed("P: aa goto A, aa zero; A: aa continue", false);
	check_zeroed("P: mm jump A; A: aa zero", false);
	check("P: aa zero, aa fill", FILL_UDP);
}

static void check_match(struct udp_match match, enum truth dhcp, enum truth other)
{
	assert_int_equal(match.of[UDP_DHCP], dhcp);
	assert_int_equal(match.of[UDP_OTHER], other);
}

static void test_matches(void **state)
{
	(void)state;
	check_match(udp_match_ports(IPV4, 68, 68), ALWAYS, NEVER);
	check_match(udp_match_ports(IPV4, 67, 68), ALWAYS, MAYBE);
	check_match(udp_match_ports(IPV4, 67, 67), NEVER, MAYBE);
	check_match(udp_match_ports(IPV4, 0, 65535), ALWAYS, ALWAYS);
	check_match(udp_match_ports(IPV4, 69, 68), NEVER, NEVER);
	check_match(udp_match_ports(IPV6, 68, 68), NEVER, MAYBE);
	check_match(udp_match_ports(IPV6, 546, 546), ALWAYS, NEVER);
	check_match(udp_match_not(udp_match_ports(IPV4, 53, 53)), ALWAYS, MAYBE);
	check_match(udp_match_not(udp_match_ports(IPV4, 68, 68)), NEVER, ALWAYS);
	check_match(udp_match_not(udp_match_unknown), MAYBE, MAYBE);
	check_match(udp_match_and(udp_match_ports(IPV4, 68, 68), udp_match_unknown), MAYBE, NEVER);
	check_match(udp_match_and(udp_match_all, udp_match_none), NEVER, NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_gotos),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_chains_are_read_once),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_matches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
