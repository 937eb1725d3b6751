// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration file, and what objects say of themselves. */
#include "test.h"

#include "log_capture.h"
#include "metadata.h"
#include "policy_file.h"
#include "xml.h"

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
	assert_false(policy->uplink_edge);
	assert_int_equal(policy->mechanism, MECHANISM_AUTO);
	assert_int_equal(policy->scope, SCOPE_AUTO);
	assert_true(policy->rewrite);
	assert_false(policy->refuse);
	assert_int_equal(policy->deadline, 10);
	assert_int_equal(policy->log_level, LOG_NOTICE);
	assert_false(policy->drop_in);
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
					 "uplink-edge = yes\n"
					 "; comment\n"
					 "[checksum]\n"
					 "mechanism=iptables\n"
					 "scope : dhcp\n"
					 "rewrite = no\n"
					 "[hook]\n"
					 "on-unrepaired = refuse ; comment\n"
					 "deadline = 60\n"
					 "log-level = debug\n"
					 "place = drop-in\n");

	assert_string_equal(log_captured, "");
	assert_false(policy.rewrite);
	assert_int_equal(policy.hold, HOLD_STP_OFF);
	assert_true(policy.bpdu_guard);
	assert_true(policy.uplink_edge);
	assert_int_equal(policy.mechanism, MECHANISM_IPTABLES);
	assert_int_equal(policy.scope, SCOPE_DHCP);
	assert_true(policy.refuse);
	assert_int_equal(policy.deadline, 60);
	assert_int_equal(policy.log_level, LOG_DEBUG);
	assert_true(policy.drop_in);
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
	/* The library tells of the first one only. */
	assert_non_null(
		strstr(log_captured, "warning=\"CONF:1: neither '[section]' nor 'key = value'; "
				     "ignored, and so is each such line after it\""));

	/* A line longer than the library's buffer does not shift the numbers of those below. */
	memset(text, 'x', sizeof(text));
	snprintf(text + 1000, sizeof(text) - 1000, "\n[bridge]\nhold = no\n");
	read_text(text);
	assert_non_null(strstr(log_captured, "CONF:3: [bridge] hold = 'no'"));
}

#define FIVE "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
#define THIRTY FIVE FIVE FIVE FIVE FIVE FIVE

static void check_logged(const char *text, const char *wanted)
{
	read_text(text);
	if (!strstr(log_captured, wanted))
		fail_msg("not logged: %s, but: %s", wanted, log_captured);
}

/* What is cut is cut at the end of a character, and says so, and leaves what comes after it. */
static void test_long_words(void **state)
{
	(void)state;
	check_logged("[bridge]\nhold = " THIRTY THIRTY,
		"'" THIRTY "\xc3\xbc...[cut]' is ignored; accepted: auto");
	check_logged("[bridge]\nhold = x" THIRTY THIRTY,
		"'x" THIRTY "\xc3\xbc...[cut]' is ignored; accepted: auto");
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
	assert_null(strstr(log_captured, "CONF:11:"));
	assert_non_null(strstr(log_captured,
		"warning=\"CONF: 90 more lines are not known or not understood, and ignored\""));
}

/* What @xml says of itself over a policy of hold = edge. */
static struct policy read_metadata(const char *xml)
{
	struct policy policy = policy_defaults();

	policy.hold = HOLD_EDGE;
	log_capture_clear();
	xmlDoc *doc = xml_parse("XML", xml, strlen(xml));
	assert_non_null(doc);
	metadata_read(xmlDocGetRootElement(doc), &policy);
	xmlFreeDoc(doc);
	return policy;
}

#define NETBOOT(attributes) "<n:netboot xmlns:n='urn:virt-netboot:1' " attributes "/>"

/* XML inside a guest's metadata. */
#define GUEST(xml) "<domain><metadata>" xml "</metadata></domain>"

static void test_metadata(void **state)
{
	(void)state;
	struct policy policy =
		read_metadata(GUEST("<x:y xmlns:x='urn:x' hold='min-delay'/>" NETBOOT(
			"hold='report' checksum='iptables' scope='udp' rewrite='no'")));
	assert_string_equal(log_captured, "");
	assert_int_equal(policy.hold, HOLD_REPORT);
	assert_int_equal(policy.mechanism, MECHANISM_IPTABLES);
	assert_int_equal(policy.scope, SCOPE_UDP);
	assert_false(policy.rewrite);
	assert_false(policy.refuse);

	policy = read_metadata("<hookData><networkport/><network><metadata>" NETBOOT(
		"hold='stp-off'") "</metadata></network></hookData>");
	assert_int_equal(policy.hold, HOLD_STP_OFF);
	assert_int_equal(policy.mechanism, MECHANISM_AUTO);
}

/* What is not ours, or not where it should be, says nothing. */
static void test_foreign_metadata(void **state)
{
	static const char *const texts[] = {
		"<domain/>",
		"<domain><metadata/></domain>",
		GUEST("<netboot hold='report'/>"),
		GUEST("<n:netboot xmlns:n='urn:virt-netboot:2' hold='report'/>"),
		GUEST("<n:boot xmlns:n='urn:virt-netboot:1' hold='report'/>"),
		GUEST("<x>" NETBOOT("hold='report'") "</x>"),
		GUEST(NETBOOT("xmlns:o='urn:o' o:hold='report'")),
		"<domain>" NETBOOT("hold='report'") "</domain>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(read_metadata(texts[i]).hold, HOLD_EDGE);
		assert_string_equal(log_captured, "");
	}
}

static void assert_logged(const char *text)
{
	assert_non_null(strstr(log_captured, text));
}

static void test_wrong_metadata(void **state)
{
	(void)state;
	struct policy policy = read_metadata(
		GUEST(NETBOOT("hold='quick' refuse='no' scope='' rewrite='auto' checksum='tc'")));
	assert_int_equal(policy.hold, HOLD_EDGE);
	assert_int_equal(policy.mechanism, MECHANISM_TC);
	assert_true(policy.rewrite);
	assert_logged("<netboot hold='quick'> in <metadata> is ignored; accepted: auto, edge, "
		      "min-delay, stp-off, report");
	assert_logged("<netboot refuse=> in <metadata> is not known and ignored; accepted: hold, "
		      "checksum, scope, at, rewrite");
	assert_logged("<netboot scope=''> in <metadata> is ignored; accepted: auto, dhcp, udp");
	assert_logged("<netboot rewrite='auto'> in <metadata> is ignored; accepted: no, yes");
}

/* However many there are, they do not fill the log. */
static void test_much_wrong_metadata(void **state)
{
	char text[4096] = "<domain><metadata><n:netboot xmlns:n='urn:virt-netboot:1'";

	(void)state;
	for (int i = 0; i < 100; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), " a%d=''", i);
	snprintf(text + strlen(text), sizeof(text) - strlen(text),
		" rewrite='no'/></metadata></domain>");
	assert_false(read_metadata(text).rewrite);
	assert_logged("<netboot a9=>");
	assert_null(strstr(log_captured, "<netboot a10=>"));
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
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_foreign_metadata),
		cmocka_unit_test(test_wrong_metadata),
		cmocka_unit_test(test_much_wrong_metadata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
