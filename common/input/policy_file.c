// SPDX-License-Identifier: GPL-2.0-or-later
#include "policy_file.h"

#include "character.h"
#include "cleanup.h"
#include "log.h"
#include "words.h"

#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <string.h>

#define DEADLINE_MIN 1
#define DEADLINE_MAX 60

#define MAX_COMPLAINTS 10

static const struct word holds[] = {
	{"auto", HOLD_AUTO},
	{"edge", HOLD_EDGE},
	{"min-delay", HOLD_MIN_DELAY},
	{"stp-off", HOLD_STP_OFF},
	{"report", HOLD_REPORT},
	{NULL, 0},
};

static const struct word no_yes[] = {
	{"no", false},
	{"yes", true},
	{NULL, 0},
};

static const struct word mechanisms[] = {
	{"auto", MECHANISM_AUTO},
	{"iptables", MECHANISM_IPTABLES},
	{"tc", MECHANISM_TC},
	{"ethtool", MECHANISM_ETHTOOL},
	{"none", MECHANISM_NONE},
	{NULL, 0},
};

static const struct word scopes[] = {
	{"auto", SCOPE_AUTO},
	{"dhcp", SCOPE_DHCP},
	{"udp", SCOPE_UDP},
	{NULL, 0},
};

static const struct word places[] = {
	{"sender", AT_SENDER},
	{"receiver", AT_RECEIVER},
	{NULL, 0},
};

static const struct word unrepaired[] = {
	{"start", false},
	{"refuse", true},
	{NULL, 0},
};

static const struct word levels[] = {
	{"error", LOG_ERR},
	{"warning", LOG_WARNING},
	{"notice", LOG_NOTICE},
	{"info", LOG_INFO},
	{"debug", LOG_DEBUG},
	{NULL, 0},
};

static const struct word hook_places[] = {
	{"first", false},
	{"drop-in", true},
	{NULL, 0},
};

/* Where the file is being read. */
struct reader {
	const char *path;
	FILE *file;
	int line;
	unsigned int complaints;
	struct policy *policy;
};

/* A file that is no configuration at all must not fill the log: the rest is counted. */
static bool may_complain(struct reader *reader)
{
	return ++reader->complaints <= MAX_COMPLAINTS;
}

static void set_hold(struct policy *policy, int value)
{
	policy->hold = (enum hold_policy)value;
}

static void set_bpdu_guard(struct policy *policy, int value)
{
	policy->bpdu_guard = value;
}

static void set_uplink_edge(struct policy *policy, int value)
{
	policy->uplink_edge = value;
}

static void set_mechanism(struct policy *policy, int value)
{
	policy->mechanism = (enum checksum_mechanism)value;
}

static void set_scope(struct policy *policy, int value)
{
	policy->scope = (enum scope_policy)value;
}

static void set_place(struct policy *policy, int value)
{
	policy->at = (enum checksum_place)value;
}

static void set_docker_user(struct policy *policy, int value)
{
	policy->docker_user = value;
}

static void set_rewrite(struct policy *policy, int value)
{
	policy->rewrite = value;
}

static void set_refuse(struct policy *policy, int value)
{
	policy->refuse = value;
}

static void set_deadline(struct policy *policy, int value)
{
	policy->deadline = (unsigned int)value;
}

static void set_log_level(struct policy *policy, int value)
{
	policy->log_level = value;
}

static void set_drop_in(struct policy *policy, int value)
{
	policy->drop_in = value;
}

/* A key takes one of a number of words, or, without a table of them, a number of seconds. */
static const struct key {
	const char *section;
	const char *name;
	const char *attribute; /* what it is called in metadata, or NULL */
	const struct word *values;
	void (*set)(struct policy *policy, int value);
} keys[] = {
	{"bridge", "hold", "hold", holds, set_hold},
	{"bridge", "bpdu-guard", NULL, no_yes, set_bpdu_guard},
	{"bridge", "uplink-edge", NULL, no_yes, set_uplink_edge},
	{"checksum", "mechanism", "checksum", mechanisms, set_mechanism},
	{"checksum", "scope", "scope", scopes, set_scope},
	{"checksum", "at", "at", places, set_place},
	{"checksum", "rewrite", "rewrite", no_yes, set_rewrite},
	{"firewall", "docker-user", NULL, no_yes, set_docker_user},
	{"hook", "on-unrepaired", NULL, unrepaired, set_refuse},
	{"hook", "deadline", NULL, NULL, set_deadline},
	{"hook", "log-level", NULL, levels, set_log_level},
	{"hook", "place", NULL, hook_places, set_drop_in},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

/* "[bridge] hold, [checksum] mechanism, ..." */
static void list_keys(char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < KEY_COUNT && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s[%s] %s", i ? ", " : "",
			keys[i].section, keys[i].name);
}

/* "auto, min-delay, ..." */
static void list_values(const struct key *key, char *text, size_t size)
{
	size_t length = 0;

	if (!key->values)
		snprintf(text, size, "a whole number of seconds from %d to %d", DEADLINE_MIN,
			DEADLINE_MAX);
	for (const struct word *value = key->values; value && value->name && length < size; value++)
		length += (size_t)snprintf(text + length, size - length, "%s%s",
			value == key->values ? "" : ", ", value->name);
}

static bool find_value(const struct key *key, const char *word, int *found)
{
	if (key->values)
		return word_find(key->values, word, found);
	if (!*word || strspn(word, "0123456789") != strlen(word))
		return false;
	long number = strtol(word, NULL, 10);
	*found = (int)number;
	return number >= DEADLINE_MIN && number <= DEADLINE_MAX;
}

/* inih: one "name = value". Always 1: an error of ours must not read as one of syntax. */
static int take_key(void *user, const char *section, const char *name, const char *value)
{
	struct reader *reader = user;
	char accepted[512];
	int found;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
			continue;
		if (find_value(&keys[i], value, &found)) {
			keys[i].set(reader->policy, found);
			return 1;
		}
		list_values(&keys[i], accepted, sizeof(accepted));
		if (may_complain(reader))
			log_warning("%s:%d: [%s] %s = '%s' is ignored; accepted: %s", reader->path,
				reader->line, section, name, TEXT_NAME(value), accepted);
		return 1;
	}
	list_keys(accepted, sizeof(accepted));
	if (may_complain(reader))
		log_warning("%s:%d: [%s] %s is not known and ignored; accepted: %s", reader->path,
			reader->line, TEXT_NAME(section), TEXT_NAME(name), accepted);
	return 1;
}

/* What does not fit into inih's buffer must not be taken for a line of its own. */
static void skip_line(FILE *file)
{
	int c;

	do
		c = getc(file);
	while (c != EOF && c != '\n');
}

/*
 * inih: like fgets(3). Counts lines, which inih does not tell take_key(), and takes the space off a
 * line's start, for inih takes an indented line for more of the value above it.
 */
static char *read_line(char *text, int size, void *stream)
{
	struct reader *reader = stream;

	if (!fgets(text, size, reader->file))
		return NULL;
	size_t indent = strspn(text, " \t");
	memmove(text, text + indent, strlen(text + indent) + 1);
	reader->line++;
	if (strchr(text, '\n'))
		return text;
	skip_line(reader->file);
	/* Newer versions of inih would skip a line for one that fills the buffer. */
	size_t length = strlen(text);
	if (length + 1 == (size_t)size)
		text[length - 1] = '\n';
	return text;
}

void policy_read(const char *path, struct policy *policy)
{
	CLEANUP(cleanup_file) FILE *file = fopen(path, "re");
	struct reader reader = {.path = path, .file = file, .policy = policy};

	*policy = policy_defaults();
	if (!file) {
		if (errno != ENOENT)
			log_warning("%s: %s; the defaults hold", path, strerror(errno));
		return;
	}
	/* inih goes on after an error and returns the first one's line. */
	int error_line = ini_parse_stream(read_line, &reader, take_key, &reader);
	if (reader.complaints > MAX_COMPLAINTS)
		log_warning("%s: %u more lines are not known or not understood, and ignored", path,
			reader.complaints - MAX_COMPLAINTS);
	if (ferror(file))
		log_warning("%s: %s; the defaults hold from line %d on", path, strerror(errno),
			reader.line);
	else if (error_line > 0)
		log_warning("%s:%d: neither '[section]' nor 'key = value'; ignored, and so is "
			    "each such line after it",
			path, error_line);
	else if (error_line < 0)
		log_warning("%s: no memory to read it; the defaults hold", path);
}

/* "hold, checksum, ..." */
static void list_attributes(char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < KEY_COUNT && length < size; i++) {
		if (keys[i].attribute)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
				length > 0 ? ", " : "", keys[i].attribute);
	}
}

bool policy_override(struct policy *policy, const char *attribute, const char *value, bool complain)
{
	char accepted[512];
	int found;

	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!keys[i].attribute || strcmp(keys[i].attribute, attribute) != 0)
			continue;
		if (find_value(&keys[i], value, &found)) {
			keys[i].set(policy, found);
			return true;
		}
		list_values(&keys[i], accepted, sizeof(accepted));
		if (complain)
			log_warning("<netboot %s='%s'> in <metadata> is ignored; accepted: %s",
				attribute, TEXT_NAME(value), accepted);
		return false;
	}
	list_attributes(accepted, sizeof(accepted));
	if (complain)
		log_warning("<netboot %s=> in <metadata> is not known and ignored; accepted: %s",
			TEXT_NAME(attribute), accepted);
	return false;
}
