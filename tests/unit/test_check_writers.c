// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON and Prometheus' text of `virt-netboot check`, with names that try to break them. */
#include "test.h"

#include "alloc.h"
#include "check_writers.h"
#include "cleanup.h"
#include "machine_text.h"

#include <json-c/json.h>
#include <math.h>

static const struct check_question host = {CHECK_HOST, "host-vhost-net", "vhost-net"};
static const struct check_question hold = {
	CHECK_BRIDGE, "bridge-hold", "time until a new port forwards"};
static const struct check_question port = {CHECK_GUEST, "guest-port", "port"};

#define HOSTILE "\"}\\ \n\xff#"

static void add_finding(struct check_list *list, const struct check_question *question,
	const char *object, enum check_result result, const char *slug)
{
	struct check_line *line = check_add(list, question, object, NULL, result, NULL);

	line->slug = slug;
	line->severity = "error";
	line->evidence = alloc_copy("30 s");
}

static void add_bridge(struct check_list *list, const char *name, double seconds, bool is_root)
{
	struct check_bridge bridge = {.hold = seconds, .is_root = is_root};

	snprintf(bridge.name, sizeof(bridge.name), "%s", name);
	list->bridges = alloc_one_more(list->bridges, list->bridge_count, sizeof(bridge));
	list->bridges[list->bridge_count++] = bridge;
}

static char *prometheus(const struct check_list *list)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	check_write_prometheus(file, list);
	fclose(file);
	return text;
}

static struct json_object *json(const struct check_list *list)
{
	CLEANUP(cleanup_free) char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_int_equal(check_write_json(file, list), 0);
	fclose(file);
	struct json_object *document = json_tokener_parse(text);
	assert_non_null(document);
	return document;
}

/* The value of a key, or of an element, by a path such as "checks/0/id". */
static struct json_object *at(struct json_object *object, const char *path)
{
	CLEANUP(cleanup_free) char *copy = alloc_copy(path);
	char *rest = copy;

	for (char *key; object && (key = strsep(&rest, "/"));) {
		if (json_object_is_type(object, json_type_array))
			object = json_object_array_get_idx(object, strtoul(key, NULL, 10));
		else if (!json_object_object_get_ex(object, key, &object))
			object = NULL;
	}
	return object;
}

static void assert_text(struct json_object *document, const char *path, const char *wanted)
{
	struct json_object *found = at(document, path);

	assert_non_null(found);
	assert_string_equal(json_object_get_string(found), wanted);
}

static size_t count(const char *text, const char *what)
{
	size_t found = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		found++;
	return found;
}

static void assert_utf8(const char *text, const char *wanted)
{
	CLEANUP(cleanup_free) char *copy = machine_text(text);

	assert_string_equal(copy, wanted);
}

#define FFFD "\xef\xbf\xbd"

static void test_utf8(void **state)
{
	(void)state;
	assert_null(machine_text(NULL));
	assert_utf8("", "");
	assert_utf8("br0", "br0");
	assert_utf8("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	assert_utf8("\xf0\x9f\x8c\x89", "\xf0\x9f\x8c\x89");
	assert_utf8("\xe2\x80\x8b", "\xe2\x80\x8b"); /* cannot be seen, is a character */
	assert_utf8("a\x1b\n", "a\x1b\n");
	assert_utf8("\xff", FFFD);
	assert_utf8("a\xc3", "a" FFFD);
	assert_utf8("\xc3(", FFFD "(");
	assert_utf8("\xc0\xaf", FFFD FFFD);                   /* longer than need be */
	assert_utf8("\xed\xa0\x80", FFFD FFFD FFFD);          /* a surrogate */
	assert_utf8("\xf4\x90\x80\x80", FFFD FFFD FFFD FFFD); /* beyond the last */
	assert_utf8("\xef\xbf\xbf", "\xef\xbf\xbf");          /* a noncharacter is well-formed */
}

static void assert_seconds(double seconds, const char *wanted)
{
	char text[MACHINE_SECONDS_SIZE];

	machine_seconds(text, seconds);
	assert_string_equal(text, wanted);
}

static void test_seconds(void **state)
{
	(void)state;
	assert_seconds(0, "0");
	assert_seconds(30, "30");
	assert_seconds(0.3, "0.300");
	assert_seconds(0.0004, "0");
	assert_seconds(29.9996, "30");
	assert_seconds(-1, "0");
	assert_seconds(NAN, "0");
	assert_seconds(INFINITY, "1000000000000");
	assert_seconds(1796060000, "1796060000");
}

static void test_json_empty(void **state)
{
	struct check_list list = {0};
	struct json_object *document = json(&list);

	(void)state;
	assert_int_equal(json_object_array_length(at(document, "checks")), 0);
	assert_int_equal(json_object_array_length(at(document, "bridges")), 0);
	assert_int_equal(json_object_get_int(at(document, "version")), 1);
	assert_text(document, "program", "virt-netboot " VERSION);
	assert_text(document, "summary/fail", "0");
	assert_text(document, "summary/incomplete", "0");
	assert_null(at(document, "checks/0"));
	assert_int_equal(strlen(json_object_get_string(at(document, "time"))),
		strlen("2026-11-30T17:46:18Z"));
	json_object_put(document);
}

static void test_json(void **state)
{
	struct check_list list = {.incomplete = 3, .seconds = 1.5};

	(void)state;
	check_add(&list, &host, NULL, NULL, CHECK_PASS, alloc_copy("is in use"));
	add_finding(&list, &hold, "br0", CHECK_FAIL, "bridge-hold");
	check_add(&list, &port, HOSTILE, HOSTILE, CHECK_WARN, alloc_copy(HOSTILE));
	add_bridge(&list, "br/\xff", 30, true);
	struct json_object *document = json(&list);
	assert_text(document, "checks/0/level", "host");
	assert_text(document, "checks/0/value", "is in use");
	assert_null(at(document, "checks/0/object"));
	assert_null(at(document, "checks/0/finding"));
	assert_text(document, "checks/1/object", "br0");
	assert_text(document, "checks/1/id", "bridge-hold");
	assert_text(document, "checks/1/what", "time until a new port forwards");
	assert_text(document, "checks/1/result", "fail");
	assert_text(document, "checks/1/finding/slug", "bridge-hold");
	assert_text(document, "checks/1/finding/severity", "error");
	assert_text(document, "checks/1/evidence", "30 s");
	assert_null(at(document, "checks/1/cure"));
	assert_text(document, "checks/2/object", "\"}\\ \n" FFFD "#");
	assert_text(document, "checks/2/interface", "\"}\\ \n" FFFD "#");
	assert_text(document, "checks/2/value", "\"}\\ \n" FFFD "#");
	assert_text(document, "bridges/0/name", "br/" FFFD);
	assert_text(document, "bridges/0/hold_seconds", "30");
	assert_text(document, "bridges/0/stp_root", "true");
	assert_text(document, "summary/pass", "1");
	assert_text(document, "summary/warn", "1");
	assert_text(document, "summary/incomplete", "3");
	json_object_put(document);
	check_list_clear(&list);
}

/* Every series that alerts may ask for, and each once. */
static void test_prometheus_empty(void **state)
{
	struct check_list list = {.seconds = 0.125};
	CLEANUP(cleanup_free) char *text = prometheus(&list);

	(void)state;
	assert_int_equal(count(text, "# HELP "), 8);
	assert_int_equal(count(text, "# TYPE "), 8);
	assert_int_equal(count(text, "\nvirt_netboot_check_results{"), 16);
	assert_non_null(
		strstr(text, "\nvirt_netboot_check_results{level=\"guest\",result=\"fail\"} 0\n"));
	assert_non_null(strstr(text, "\nvirt_netboot_build_info{version=\"" VERSION "\"} 1\n"));
	assert_non_null(strstr(text, "\nvirt_netboot_check_duration_seconds 0.125\n"));
	assert_non_null(strstr(text, "\nvirt_netboot_check_incomplete 0\n"));
	assert_null(strstr(text, "\nvirt_netboot_finding{"));
	assert_null(strstr(text, "\nvirt_netboot_bridge_hold_seconds{"));
}

static void test_prometheus(void **state)
{
	struct check_list list = {0};

	(void)state;
	add_finding(&list, &hold, "br1", CHECK_FAIL, "bridge-hold");
	add_finding(&list, &hold, "br0", CHECK_FAIL, "bridge-hold");
	add_finding(&list, &hold, HOSTILE, CHECK_NOTE, "bridge-hold");
	check_add(&list, &hold, "br2", NULL, CHECK_PASS, NULL);
	CLEANUP(cleanup_free) char *text = prometheus(&list);
	assert_non_null(strstr(text,
		"# TYPE virt_netboot_finding gauge\n"
		"virt_netboot_finding{slug=\"bridge-hold\",severity=\"error\",level=\"bridge\","
		"object=\"\\\"}\\\\ \\n" FFFD "#\",interface=\"\",result=\"note\"} 1\n"
		"virt_netboot_finding{slug=\"bridge-hold\",severity=\"error\",level=\"bridge\","
		"object=\"br0\",interface=\"\",result=\"fail\"} 1\n"
		"virt_netboot_finding{slug=\"bridge-hold\",severity=\"error\",level=\"bridge\","
		"object=\"br1\",interface=\"\",result=\"fail\"} 1\n"
		"# HELP "));
	assert_non_null(strstr(text, "{level=\"bridge\",result=\"fail\"} 2\n"));
	assert_non_null(strstr(text, "{level=\"bridge\",result=\"pass\"} 1\n"));
	check_list_clear(&list);
}

/* What would be the same series is one. */
static void test_prometheus_once(void **state)
{
	struct check_list list = {0};

	(void)state;
	add_finding(&list, &hold, "br\xfe", CHECK_WARN, "bridge-hold");
	add_finding(&list, &hold, "br\xff", CHECK_WARN, "bridge-hold");
	add_bridge(&list, "br\xfe", 4, false);
	add_bridge(&list, "br\xff", 30, true);
	add_bridge(&list, "br\xfd", 0, false);
	CLEANUP(cleanup_free) char *text = prometheus(&list);
	assert_int_equal(count(text, "\nvirt_netboot_finding{"), 1);
	assert_int_equal(count(text, "{bridge="), 2);
	assert_non_null(strstr(text, "hold_seconds{bridge=\"br" FFFD "\"} 30\n"));
	assert_non_null(strstr(text, "stp_root{bridge=\"br" FFFD "\"} 1\n"));
	check_list_clear(&list);
}

/* A line that got its slug without a plan. */
static void test_severity(void **state)
{
	struct check_line line = {.result = CHECK_WARN};

	(void)state;
	assert_string_equal(machine_severity(&line), "warning");
	line.result = CHECK_FAIL;
	assert_string_equal(machine_severity(&line), "error");
	line.severity = "notice";
	assert_string_equal(machine_severity(&line), "notice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_seconds),
		cmocka_unit_test(test_json_empty),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_prometheus_empty),
		cmocka_unit_test(test_prometheus),
		cmocka_unit_test(test_prometheus_once),
		cmocka_unit_test(test_severity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
