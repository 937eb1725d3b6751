// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine_text.h"

#include "alloc.h"
#include "character.h"
#include "fields.h"

#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

char *machine_text(const char *text)
{
	const size_t replacement = strlen(REPLACEMENT);

	if (!text)
		return NULL;
	char *copy = alloc_array(strlen(text) * replacement + 1, 1);
	for (char *end = copy; *text;) {
		size_t length = utf8_length(text);
		memcpy(end, length ? text : REPLACEMENT, length ? length : replacement);
		end += length ? length : replacement;
		text += length ? length : 1;
	}
	return copy;
}

/* By whole numbers: the point of a double's is the locale's. */
void machine_seconds(char text[MACHINE_SECONDS_SIZE], double seconds)
{
	const double most = 1e12;
	double shown = seconds > 0 ? seconds : 0;
	unsigned long long ms = (unsigned long long)((shown < most ? shown : most) * 1000 + 0.5);

	if (ms % 1000 == 0)
		snprintf(text, MACHINE_SECONDS_SIZE, "%llu", ms / 1000);
	else
		snprintf(text, MACHINE_SECONDS_SIZE, "%llu.%03llu", ms / 1000, ms % 1000);
}

const char *machine_result(enum check_result result)
{
	static const char *const names[CHECK_RESULTS] = {"pass", "note", "warn", "fail"};

	return names[result];
}

const char *machine_severity(const struct check_line *line)
{
	static const enum severity severities[CHECK_RESULTS] = {
		[CHECK_PASS] = SEVERITY_INFO,
		[CHECK_NOTE] = SEVERITY_NOTICE,
		[CHECK_WARN] = SEVERITY_WARNING,
		[CHECK_FAIL] = SEVERITY_ERROR,
	};

	return line->severity ? line->severity : severity_name(severities[line->result]);
}
