// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines of key=value that no name can break. */
#include "test.h"

#include "character.h"
#include "log.h"
#include "log_capture.h"

static void check_field(const char *value, const char *wanted)
{
	char *text;
	size_t length;
	FILE *line = open_memstream(&text, &length);

	log_field(line, "a", "b");
	log_field(line, "key", value);
	fclose(line);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_quoting(void **state)
{
	(void)state;
	check_field(NULL, "a=b");
	check_field("br0", "a=b key=br0");
	check_field("", "a=b key=\"\"");
	check_field("many & odd", "a=b key=\"many & odd\"");
	check_field("x\" severity=\"none", "a=b key=\"x\\\" severity=\\\"none\"");
	check_field("back\\slash", "a=b key=\"back\\\\slash\"");
	check_field("two\nlines\x1b[2J", "a=b key=\"two\\x0alines\\x1b[2J\"");
	check_field("%n%s", "a=b key=\"%n%s\"");
	check_field("k=v", "a=b key=\"k=v\"");
	check_field("gr\xc3\xbc\xc3\x9f", "a=b key=\"gr\xc3\xbc\xc3\x9f\"");
	check_field("\xe7\xbd\x91\xf0\x9f\x8c\x89", "a=b key=\"\xe7\xbd\x91\xf0\x9f\x8c\x89\"");
	check_field("br\x7f\x01", "a=b key=\"br\\x7f\\x01\"");
	check_field("\xc2\x9b[2J\xc2\xa1", "a=b key=\"\\xc2\\x9b[2J\xc2\xa1\""); /* C1 */
}

/* Devices may have any bytes for a name; the log is UTF-8. */
static void test_not_utf8(void **state)
{
	(void)state;
	check_field("\xff\xfe", "a=b key=\"\\xff\\xfe\"");
	check_field("gr\xfc\xdf", "a=b key=\"gr\\xfc\\xdf\"");      /* Latin-1 */
	check_field("\xc3", "a=b key=\"\\xc3\"");                   /* cut off */
	check_field("\xe7\xbd", "a=b key=\"\\xe7\\xbd\"");          /* cut off */
	check_field("\xc3\"", "a=b key=\"\\xc3\\\"\"");             /* would eat the quote */
	check_field("\xbd\x91", "a=b key=\"\\xbd\\x91\"");          /* no first byte */
	check_field("\xc1\x81", "a=b key=\"\\xc1\\x81\"");          /* "A" in two bytes */
	check_field("\xc0\x8a", "a=b key=\"\\xc0\\x8a\"");          /* a newline */
	check_field("\xed\xa0\x80", "a=b key=\"\\xed\\xa0\\x80\""); /* UTF-16's */
	check_field("\xf4\x90\x80\x80", "a=b key=\"\\xf4\\x90\\x80\\x80\"");
}

static void test_levels(void **state)
{
	(void)state;
	log_capture_clear();
	log_line(LOG_NOTICE, "a %s");
	log_line(LOG_INFO, "b");
	log_set_level(LOG_DEBUG);
	log_line(LOG_DEBUG, "c");
	log_set_level(LOG_NOTICE);
	assert_string_equal(log_captured, "5 a %s\n7 c\n");
}

static void test_object(void **state)
{
	(void)state;
	log_capture_clear();
	log_error("no %s", "luck");
	log_set_object("guest", "x$(reboot)");
	log_warning("mind");
	log_set_object(NULL, NULL);
	assert_string_equal(
		log_captured, "3 error=\"no luck\"\n4 warning=mind guest=\"x$(reboot)\"\n");
}

/* What cannot be seen, or has a text read as another. */
static void test_not_shown(void **state)
{
	(void)state;
	check_field("a\x9b[2J", "a=b key=\"a\\x9b[2J\"");
	check_field("\xd8\x9c", "a=b key=\"\\xd8\\x9c\"");          /* U+061C */
	check_field("\xe2\x80\x8b", "a=b key=\"\\xe2\\x80\\x8b\""); /* U+200B */
	check_field("\xe2\x80\x8f", "a=b key=\"\\xe2\\x80\\x8f\""); /* U+200F */
	check_field("\xe2\x80\xa8", "a=b key=\"\\xe2\\x80\\xa8\""); /* U+2028 */
	// NOLINTBEGIN(misc-misleading-bidirectional): that is what is tested
	check_field("x\xe2\x80\xaetxt", "a=b key=\"x\\xe2\\x80\\xaetxt\""); /* U+202E */
	check_field("\xe2\x81\xa6", "a=b key=\"\\xe2\\x81\\xa6\"");         /* U+2066 */
	// NOLINTEND(misc-misleading-bidirectional)
	check_field("\xe2\x81\xa9", "a=b key=\"\\xe2\\x81\\xa9\"");          /* U+2069 */
	check_field("\xef\xbb\xbf", "a=b key=\"\\xef\\xbb\\xbf\"");          /* U+FEFF */
	check_field("\xef\xbf\xbe", "a=b key=\"\\xef\\xbf\\xbe\"");          /* U+FFFE */
	check_field("\xef\xb7\x90", "a=b key=\"\\xef\\xb7\\x90\"");          /* U+FDD0 */
	check_field("\xf0\x9f\xbf\xbf", "a=b key=\"\\xf0\\x9f\\xbf\\xbf\""); /* U+1FFFF */
	check_field("\xc2\xa0", "a=b key=\"\\xc2\\xa0\"");                   /* U+A0 */
	check_field("\xcd\x8f", "a=b key=\"\\xcd\\x8f\"");                   /* U+034F */
	check_field("\xe1\x85\x9f", "a=b key=\"\\xe1\\x85\\x9f\"");          /* U+115F */
	check_field("\xe1\x9e\xb5", "a=b key=\"\\xe1\\x9e\\xb5\"");          /* U+17B5 */
	check_field("\xe2\xa0\x80", "a=b key=\"\\xe2\\xa0\\x80\"");          /* U+2800 */
	check_field("\xe3\x80\x80", "a=b key=\"\\xe3\\x80\\x80\"");          /* U+3000 */
	check_field("\xe3\x85\xa4", "a=b key=\"\\xe3\\x85\\xa4\"");          /* U+3164 */
	check_field("\xef\xb8\x8f", "a=b key=\"\\xef\\xb8\\x8f\"");          /* U+FE0F */
	check_field("\xef\xbe\xa0", "a=b key=\"\\xef\\xbe\\xa0\"");          /* U+FFA0 */
	check_field("\xf0\x9b\xb2\xa0", "a=b key=\"\\xf0\\x9b\\xb2\\xa0\""); /* U+1BCA0 */
	check_field("\xf0\x9d\x85\xb3", "a=b key=\"\\xf0\\x9d\\x85\\xb3\""); /* U+1D173 */
	check_field("\xf3\xa0\x87\xaf", "a=b key=\"\\xf3\\xa0\\x87\\xaf\""); /* U+E01EF */
	/* Their neighbours. */
	check_field("\xe2\x80\x90\xe2\x80\xa7\xef\xbf\xbd",
		"a=b key=\"\xe2\x80\x90\xe2\x80\xa7\xef\xbf\xbd\"");
}

/* A value that is too long costs itself only; nothing is cut in two. */
static void check_long_value(const char *before, const char *character, const char *shown)
{
	static char value[300000];
	char *text;
	size_t length = strlen(before);
	size_t size;
	FILE *line = open_memstream(&text, &size);

	memcpy(value, before, length);
	while (length < sizeof(value) - 5)
		length += (size_t)snprintf(value + length, 5, "%s", character);
	log_field(line, "a", value);
	log_field(line, "b", "c");
	fclose(line);
	assert_true(size > LOG_VALUE_SIZE - 8 && size < LOG_VALUE_SIZE + 12);
	assert_memory_equal(text, "a=\"", 3);
	assert_memory_equal(text + 3, before, strlen(before));
	for (length = 3 + strlen(before); text[length] != '.'; length += strlen(shown))
		assert_memory_equal(text + length, shown, strlen(shown));
	assert_string_equal(text + length, "...[cut]\" b=c");
	free(text);
}

static void test_long_values(void **state)
{
	static const char *const before[] = {"", "x", "xx", "xxx"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		check_long_value(before[i], "x", "x");
		check_long_value(before[i], "\xc3\xbc", "\xc3\xbc");
		check_long_value(before[i], "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80");
		check_long_value(before[i], "\x9b", "\\x9b");
		check_long_value(before[i], "\"", "\\\"");
	}
}

/* Up to the last byte that there is room for. */
static void test_cut(void **state)
{
	char copy[16];

	(void)state;
	assert_string_equal(text_cut(copy, sizeof(copy), ""), "");
	assert_string_equal(text_cut(copy, sizeof(copy), "123456789012345"), "123456789012345");
	assert_string_equal(text_cut(copy, sizeof(copy), "1234567890123456"), "1234567...[cut]");
	assert_string_equal(
		text_cut(copy, sizeof(copy), "12345\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"),
		"12345\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc");
	assert_string_equal(
		text_cut(copy, sizeof(copy), "123456\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"),
		"123456...[cut]");
	assert_string_equal(text_show(copy, sizeof(copy), "a\"\x9b", "\""), "a\\\"\\x9b");
	assert_string_equal(text_show(copy, sizeof(copy), "\x9b\x9b\x9b\x9b", ""), "\\x9b...[cut]");
}

/* A line that is too long is cut, at the end of a character, and says so. What comes after it is
 * not lost. */
static void check_cut(const char *character, size_t shift, size_t wanted)
{
	const char mark[] = "...[cut]\n";
	char line[3 * LOG_LINE_SIZE] = "";
	size_t length = 0;

	for (; length < shift; length++)
		line[length] = '-';
	while (length < sizeof(line) - 5)
		length += (size_t)snprintf(line + length, 5, "%s", character);
	log_capture_clear();
	log_line(LOG_NOTICE, line);
	assert_int_equal(strcspn(log_captured, "\n"), strlen("5 ") + wanted);
	assert_memory_equal(log_captured + 2, line, wanted + 1 - strlen(mark));
	assert_string_equal(log_captured + strlen(log_captured) - strlen(mark), mark);
}

static void test_long_lines(void **state)
{
	(void)state;
	check_cut("x", 0, LOG_LINE_SIZE - 1);
	for (size_t shift = 0; shift < 2; shift++)
		check_cut("\xc3\xbc", shift, LOG_LINE_SIZE - 1 - (shift + 1) % 2);
	/* 3991 bytes before the mark: 3 and 4 at a time */
	check_cut("\xe2\x82\xac", 0, LOG_LINE_SIZE - 2);
	check_cut("\xe2\x82\xac", 1, LOG_LINE_SIZE - 1);
	check_cut("\xe2\x82\xac", 2, LOG_LINE_SIZE - 3);
	check_cut("\xf0\x9f\x98\x80", 0, LOG_LINE_SIZE - 4);
	/* No UTF-8. */
	check_cut("\x80", 0, LOG_LINE_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_not_utf8),
		cmocka_unit_test(test_not_shown),
		cmocka_unit_test(test_long_values),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_long_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
