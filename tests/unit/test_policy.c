// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file. */
#include "test.h"

#include "log_capture.h"
#include "policy.h"

#include <syslog.h>
#include <unistd.h>

/* Read @text as a configuration file; what is logged calls it CONF. */
static struct policy read_text(const char *text)
{
	char path[] = "/tmp/test_policy.XXXXXX";
	struct policy policy;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	log_capture_clear();
	policy_read(path, &policy);
	unlink(path);
	for (char *found; (found = strstr(log_captured, path));) {
		memcpy(found, "CONF", 4);
		memmove(found + 4, found + strlen(path), strlen(found + strlen(path)) + 1);
	}
	return policy;
}

static void assert_defaults(const struct policy *policy)
{
	assert_int_equal(policy->hold, HOLD_AUTO);
	assert_false(policy->bpdu_guard);
	assert_int_equal(policy->mechanism, MECHANISM_AUTO);
	assert_int_equal(policy->scope, SCOPE_AUTO);
	assert_false(policy->refuse);
	assert_int_equal(policy->deadline, 2);
	assert_int_equal(policy->log_level, LOG_NOTICE);
}

static void test_absent(void **state)
{
	struct policy policy;

	(void)state;
	log_capture_clear();
	policy_read("/nonexistent/virt-netboot.conf", &policy);
	assert_defaults(&policy);
	assert_string_equal(log_captured, "");
}

static void test_folder(void **state)
{
	struct policy policy;

	(void)state;
	log_capture_clear();
	policy_read("/", &policy);
	assert_defaults(&policy);
	assert_non_null(strstr(log_captured, "Is a directory"));
}

static void test_every_key(void **state)
{
	(void)state;
	struct policy policy = read_text("# comment\n"
					 "[bridge]\n"
					 "hold = stp-off\n"
					 "bpdu-guard = yes\n"
					 "; comment\n"
					 "[checksum]\n"
					 "mechanism=iptables\n"
					 "scope : dhcp\n"
					 "[hook]\n"
					 "on-unrepaired = refuse ; comment\n"
					 "deadline = 60\n"
					 "log-level = debug\n");

	assert_string_equal(log_captured, "");
	assert_int_equal(policy.hold, HOLD_STP_OFF);
	assert_true(policy.bpdu_guard);
	assert_int_equal(policy.mechanism, MECHANISM_IPTABLES);
	assert_int_equal(policy.scope, SCOPE_DHCP);
	assert_true(policy.refuse);
	assert_int_equal(policy.deadline, 60);
	assert_int_equal(policy.log_level, LOG_DEBUG);
}

static void test_default_file(void **state)
{
	char text[8192];
	FILE *file = fopen("packaging/virt-netboot.conf", "r");

	(void)state;
	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	struct policy policy = read_text(text);
	assert_string_equal(log_captured, "");
	assert_defaults(&policy);

	/* With every key put into force it still says nothing else and is understood. */
	for (char *line = strstr(text, "\n#"); line; line = strstr(line + 1, "\n#")) {
		if (line[2] != ' ')
			line[1] = '\t';
	}
	policy = read_text(text);
	assert_string_equal(log_captured, "");
	assert_defaults(&policy);
}

static void test_unknown(void **state)
{
	(void)state;
	struct policy policy = read_text("[bridge]\n"
					 "hold = min-dealy\n"
					 "\n"
					 "old = 1\n"
					 "[Checksum]\n"
					 "scope = udp\n"
					 "[hook]\n"
					 "deadline = 0\n"
					 "deadline = 61\n"
					 "deadline = -1\n"
					 "deadline = 2s\n"
					 "deadline = 99999999999999999999\n"
					 "deadline =\n"
					 "log-level = loud\n");

	assert_defaults(&policy);
	assert_non_null(strstr(log_captured,
		"CONF:2: [bridge] hold = 'min-dealy' is ignored; accepted: auto, edge, min-delay, "
		"stp-off, report"));
	assert_non_null(strstr(log_captured, "CONF:4: [bridge] old is not known and ignored; "));
	assert_non_null(strstr(log_captured, "CONF:6: [Checksum] scope is not known"));
	for (int line = 8; line <= 13; line++) {
		char wanted[64];
		snprintf(wanted, sizeof(wanted), "CONF:%d: [hook] deadline = '", line);
		assert_non_null(strstr(log_captured, wanted));
	}
	assert_non_null(strstr(log_captured, "a whole number of seconds from 1 to 60"));
	assert_non_null(strstr(log_captured, "CONF:14: [hook] log-level = 'loud'"));
}

static void test_garbage(void **state)
{
	char text[2048];

	(void)state;
	struct policy policy = read_text("\x7f"
					 "ELF\x01\x02\n[bridge\nhold = report\n");
	assert_int_equal(policy.hold, HOLD_AUTO);
	assert_non_null(strstr(log_captured, "CONF:1: neither '[section]' nor 'key = value'"));

	/* A line longer than the library's buffer does not shift the numbers of those below. */
	memset(text, 'x', sizeof(text));
	snprintf(text + 1000, sizeof(text) - 1000, "\n[bridge]\nhold = no\n");
	read_text(text);
	assert_non_null(strstr(log_captured, "CONF:3: [bridge] hold = 'no'"));
}

/* A file of nothing but mistakes does not fill the log. */
static void test_many_mistakes(void **state)
{
	static const char line[] = "key = 1\n";
	char text[100 * (sizeof(line) - 1) + 1] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i += sizeof(line) - 1)
		memcpy(text + i, line, sizeof(line) - 1);
	read_text(text);
	assert_non_null(strstr(log_captured, "CONF:10: [] key is not known"));
	assert_null(strstr(log_captured, "CONF:12:"));
	assert_non_null(strstr(log_captured, "CONF:11: more that is not understood is not shown"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_folder),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_default_file),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_many_mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
