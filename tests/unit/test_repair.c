// SPDX-License-Identifier: GPL-2.0-or-later
/* What virt-netboot repair prints, as text and as JSON, and its exit status. */
#include "test.h"

#include "exit_status.h"
#include "log_capture.h"
#include "repair_parts.h"

#include <errno.h>
#include <json-c/json.h>
#include <unistd.h>

#define HOSTILE "a\"}\\ \n\xff"

static struct repair_request request;
static struct repair_run run;
static FILE *printed;
static int kept; /* the standard output that there was */

static void start(enum look_format format, bool dry_run, bool undo)
{
	request = (struct repair_request){.format = format, .dry_run = dry_run, .undo = undo};
	run = (struct repair_run){.request = &request, .output = repair_output_new(&request)};
	log_capture_clear();
	fflush(stdout);
	kept = dup(STDOUT_FILENO);
	printed = tmpfile();
	dup2(fileno(printed), STDOUT_FILENO);
}

/* What was printed; @status is the exit status. */
static const char *end(int *status)
{
	static char text[4096];

	*status = repair_output_end(run.output);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	rewind(printed);
	size_t length = fread(text, 1, sizeof(text) - 1, printed);
	text[length] = '\0';
	fclose(printed);
	return text;
}

static void ends_with(int wanted_status, const char *wanted)
{
	int status;
	const char *text = end(&status);

	assert_string_equal(text, wanted);
	assert_int_equal(status, wanted_status);
}

static void act(const char *guest, int result)
{
	struct action action = {.kind = ACTION_EDGE_PORT,
		.guest = guest,
		.bridge = "br0",
		.port = "vnet0",
		.result = result};
	struct plan plan = {.actions = &action, .action_count = 1};

	repair_tell_actions(&run, &plan);
}

static void leave(const char *slug, enum severity severity)
{
	static char evidence[] = "30 s", advice[] = "wait";
	struct finding finding = {.slug = slug,
		.severity = severity,
		.bridge = "br0",
		.evidence = evidence,
		.advice = advice,
		.action = NO_ACTION,
		.beyond = NO_FINDING};
	struct plan plan = {.findings = &finding, .finding_count = 1};

	repair_tell_left(&run, &plan, &finding);
}

static void test_nothing(void **state)
{
	(void)state;
	start(LOOK_TEXT, false, false);
	ends_with(EXIT_DONE, "nothing to repair\n");
	start(LOOK_TEXT, true, false);
	ends_with(EXIT_DONE, "nothing to repair\n");
	start(LOOK_TEXT, false, true);
	ends_with(EXIT_DONE, "nothing to take back\n");
}

/* Nobody is told that there was nothing to repair where it could not be looked. */
static void test_failure(void **state)
{
	(void)state;
	start(LOOK_TEXT, false, false);
	repair_tell_failure(&run);
	ends_with(EXIT_FAILED, "");
	start(LOOK_TEXT, false, false);
	act("web", -EPERM);
	ends_with(EXIT_FAILED, "action=edge-port guest=web port=vnet0 bridge=br0 result=failed "
			       "error=\"Operation not permitted\"\n");
}

static void test_status(void **state)
{
	static const struct {
		enum severity severity;
		int status;
	} rows[] = {
		{SEVERITY_ERROR, EXIT_FAULTS},
		{SEVERITY_WARNING, EXIT_LEFT},
		{SEVERITY_NOTICE, EXIT_DONE},
		{SEVERITY_INFO, EXIT_DONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status;
		start(LOOK_TEXT, false, false);
		leave("uplink-held", rows[i].severity);
		const char *text = end(&status);
		assert_int_equal(status, rows[i].status);
		assert_ptr_equal(strstr(text, "finding=uplink-held severity="), text);
	}
}

/* The worst of all, and a failure is worse than anything that is left. */
static void test_worst_status(void **state)
{
	int status;

	(void)state;
	start(LOOK_TEXT, false, false);
	leave("bridge-hold", SEVERITY_ERROR);
	leave("bridge-absent", SEVERITY_WARNING);
	(void)end(&status);
	assert_int_equal(status, EXIT_FAULTS);
	start(LOOK_TEXT, false, false);
	leave("bridge-hold", SEVERITY_ERROR);
	repair_tell_failure(&run);
	(void)end(&status);
	assert_int_equal(status, EXIT_FAILED);
}

/* Something that would be done is left, but no worse than what else is. */
static void test_dry_run(void **state)
{
	int status;

	(void)state;
	start(LOOK_TEXT, true, false);
	act("web", 0);
	act("db", 0);
	ends_with(EXIT_LEFT, "action=edge-port guest=web port=vnet0 bridge=br0 result=planned\n");
	assert_string_equal(log_captured ? log_captured : "", "");
	start(LOOK_TEXT, true, false);
	act("web", 0);
	leave("bridge-hold", SEVERITY_ERROR);
	(void)end(&status);
	assert_int_equal(status, EXIT_FAULTS);
}

/* What was done is in the log, too; and each was done for its own guest. */
static void test_done(void **state)
{
	(void)state;
	start(LOOK_TEXT, false, false);
	act("web", 0);
	act("db", 0);
	ends_with(EXIT_DONE, "action=edge-port guest=web port=vnet0 bridge=br0 result=done\n"
			     "action=edge-port guest=db port=vnet0 bridge=br0 result=done\n");
	assert_non_null(strstr(log_captured, "action=edge-port guest=db port=vnet0"));
}

/* A guest's device may have gone while it was looked at; others' ports are no change. */
static void test_no_change(void **state)
{
	struct action sweep = {.kind = ACTION_SWEEP, .bridge = "br0"};
	struct plan plan = {.actions = &sweep, .action_count = 1};

	(void)state;
	start(LOOK_TEXT, false, false);
	act("web", -ENODEV);
	repair_tell_actions(&run, &plan);
	ends_with(EXIT_DONE, "nothing to repair\n");
}

static void test_told_once(void **state)
{
	(void)state;
	start(LOOK_TEXT, false, false);
	leave("bridge-hold", SEVERITY_ERROR);
	leave("bridge-hold", SEVERITY_ERROR);
	ends_with(EXIT_FAULTS,
		"finding=bridge-hold severity=error bridge=br0 evidence=\"30 s\" advice=wait\n");
}

/* A line for each, whatever is in a name. */
static void test_hostile_text(void **state)
{
	(void)state;
	start(LOOK_TEXT, false, false);
	act(HOSTILE, 0);
	ends_with(EXIT_DONE, "action=edge-port guest=\"a\\\"}\\\\ \\x0a\\xff\" port=vnet0 "
			     "bridge=br0 result=done\n");
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, key, &value));
	return value;
}

static void json_is(struct json_object *object, const char *key, const char *wanted)
{
	assert_string_equal(json_object_get_string(get(object, key)), wanted);
}

/* Nothing comes before the document, and it is whole. */
static void test_json(void **state)
{
	int status;

	(void)state;
	start(LOOK_JSON, false, true);
	act(HOSTILE, 0);
	leave("bridge-hold", SEVERITY_WARNING);
	const char *text = end(&status);
	assert_int_equal(status, EXIT_LEFT);
	struct json_object *document = json_tokener_parse(text);
	assert_non_null(document);
	json_is(document, "version", "1");
	json_is(document, "dry_run", "false");
	json_is(document, "undo", "true");
	struct json_object *change = json_object_array_get_idx(get(document, "changes"), 0);
	json_is(change, "action", "edge-port");
	json_is(change, "guest", "a\"}\\ \n\xef\xbf\xbd");
	json_is(change, "result", "done");
	struct json_object *left = json_object_array_get_idx(get(document, "left"), 0);
	json_is(left, "finding", "bridge-hold");
	json_is(left, "severity", "warning");
	json_object_put(document);
}

/* A program that reads it gets its arrays in any case. */
static void test_json_empty(void **state)
{
	int status;

	(void)state;
	start(LOOK_JSON, true, false);
	repair_tell_failure(&run);
	const char *text = end(&status);
	assert_int_equal(status, EXIT_FAILED);
	struct json_object *document = json_tokener_parse(text);
	assert_non_null(document);
	assert_int_equal(json_object_array_length(get(document, "changes")), 0);
	assert_int_equal(json_object_array_length(get(document, "left")), 0);
	json_object_put(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_worst_status),
		cmocka_unit_test(test_dry_run),
		cmocka_unit_test(test_done),
		cmocka_unit_test(test_no_change),
		cmocka_unit_test(test_told_once),
		cmocka_unit_test(test_hostile_text),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
