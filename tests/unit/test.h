// SPDX-License-Identifier: GPL-2.0-or-later
/* cmocka and what it wants included before it. */
#ifndef VIRT_NETBOOT_TEST_H
#define VIRT_NETBOOT_TEST_H

#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIXTURES "tests/fixtures/hook-input/libvirt-9.0.0"

/* Text as the root element of a document, for the functions that read XML. */
#define TEXT_AND_LENGTH(text) (text), strlen(text)

/* TEST_CASE=NAME, which tests/run FILE:NAME sets, runs that test only; NAME may hold * and ?, as in
 * file names. */
static inline int run_group(const char *group, const struct CMUnitTest *tests, size_t n,
	CMFixtureFunction setup, CMFixtureFunction teardown)
{
	const char *wanted = getenv("TEST_CASE");

	if (wanted != NULL) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found = found || fnmatch(wanted, tests[i].name, 0) == 0;
		if (!found) {
			fprintf(stderr, "no case %s; there are:", wanted);
			for (size_t i = 0; i < n; i++)
				fprintf(stderr, " %s", tests[i].name);
			fputc('\n', stderr);
			return 1;
		}
		cmocka_set_test_filter(wanted);
	}
	return _cmocka_run_group_tests(group, tests, n, setup, teardown);
}

#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown) \
	run_group(#tests, (tests), sizeof(tests) / sizeof((tests)[0]), (setup), (teardown))

#endif
