// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * libxml2 writes a document in its own way: double quotes, for example, where libvirt has single
 * ones. A person who compares, or keeps XML under version control, wants to see the change and no
 * more. So both documents are written by libxml2, before and after, and their lines compared. A
 * line that is in both is taken from the text as it came, in which it has the same number; one that
 * is not comes from libxml2, with the quotes of its neighbours. What comes out is parsed, and has
 * to be the changed document, or is not used.
 */
#include "keep_lines.h"

#include "alloc.h"
#include "cleanup.h"
#include "log.h"
#include "rewrite.h"
#include "xml.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* So far apart may lines be that are in both documents. */
#define MOST_CHANGED 64

struct lines {
	struct text *line; /* each with its newline, if it has one */
	size_t count;
};

static void cleanup_lines(struct lines *lines)
{
	free(lines->line);
}

static void cleanup_xml(char **text)
{
	xmlFree(*text);
}

static struct lines split(struct text text)
{
	struct lines lines = {NULL, 1};

	for (size_t i = 0; i < text.length; i++)
		lines.count += text.start[i] == '\n';
	lines.line = alloc_array(lines.count, sizeof(*lines.line));
	for (size_t i = 0; i < lines.count; i++) {
		const char *end = memchr(text.start, '\n', text.length);
		size_t length = end ? (size_t)(end - text.start) + 1 : text.length;
		lines.line[i] = (struct text){text.start, length};
		text.start += length;
		text.length -= length;
	}
	return lines;
}

static bool is_same(struct text one, struct text other)
{
	return one.length == other.length && memcmp(one.start, other.start, one.length) == 0;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Without the space at its end. */
static struct text trim(struct text text)
{
	while (text.length > 0 && is_space(text.start[text.length - 1]))
		text.length--;
	return text;
}

/* The XML declaration and the space around it, which libxml2 was told not to write. */
static size_t declaration_length(struct text text)
{
	const char *end =
		text.length > 5 && memcmp(text.start, "<?xml", 5) == 0 && is_space(text.start[5])
			? memmem(text.start, text.length, "?>", 2)
			: NULL;
	size_t length = end ? (size_t)(end - text.start) + 2 : 0;

	while (length < text.length && is_space(text.start[length]))
		length++;
	return length;
}

/* How far a text is read. */
struct cursor {
	const struct lines *lines;
	size_t at;
};

static bool has_ended(struct cursor cursor, size_t ahead)
{
	return cursor.at + ahead >= cursor.lines->count;
}

static struct text line_at(struct cursor cursor, size_t ahead)
{
	return cursor.lines->line[cursor.at + ahead];
}

/* The text up to where lines of both are the same again: @a of the one, @b of the other. */
static bool find_same(struct cursor one, struct cursor other, size_t *a, size_t *b)
{
	for (size_t sum = 0; sum < MOST_CHANGED; sum++) {
		for (*a = 0; *a <= sum; ++*a) {
			*b = sum - *a;
			bool one_ends = has_ended(one, *a);
			bool other_ends = has_ended(other, *b);
			if (one_ends && other_ends)
				return true;
			if (!one_ends && !other_ends &&
				is_same(line_at(one, *a), line_at(other, *b)))
				return true;
		}
	}
	return false;
}

static size_t count(struct text text, const char *word)
{
	size_t found = 0;
	const char *place = text.start;
	const char *end = text.start + text.length;

	while ((place = memmem(place, (size_t)(end - place), word, strlen(word)))) {
		found++;
		place += strlen(word);
	}
	return found;
}

/* A line of libxml2's, with single quotes if those are wanted and the line has none yet. */
static void put_changed(FILE *file, struct text line, bool single)
{
	single = single && !memchr(line.start, '\'', line.length);
	for (size_t i = 0; i < line.length; i++)
		putc(single && line.start[i] == '"' ? '\'' : line.start[i], file);
}

static bool merge(FILE *file, const struct lines *text, const struct lines *before,
	const struct lines *after, bool single)
{
	struct cursor from = {before, 0};
	struct cursor to = {after, 0};

	while (!has_ended(from, 0) || !has_ended(to, 0)) {
		size_t a;
		size_t b;
		if (!find_same(from, to, &a, &b))
			return false;
		for (from.at += a; b > 0; b--)
			put_changed(file, after->line[to.at++], single);
		if (!has_ended(from, 0) && !has_ended(to, 0)) {
			fwrite(text->line[from.at].start, 1, text->line[from.at].length, file);
			from.at++;
			to.at++;
		}
	}
	return true;
}

/* True if the text is the document that libxml2 writes as @wanted. */
static bool reads_as(const char *text, size_t length, struct text wanted)
{
	CLEANUP(cleanup_xml_doc)
	xmlDoc *doc = xmlReadMemory(text, (int)length, NULL, NULL,
		XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	CLEANUP(cleanup_xml) char *again = NULL;
	size_t again_length;

	if (!doc)
		return false;
	again = rewrite_text(doc, &again_length);
	return again && is_same((struct text){again, again_length}, wanted);
}

static FILE *open_text(char **text, size_t *length)
{
	FILE *file = open_memstream(text, length);

	if (!file)
		out_of_memory();
	return file;
}

/* Return: the merged text, or NULL if that cannot be made. */
static char *merge_text(struct text text, struct text before, struct text after, size_t *length)
{
	size_t head = declaration_length(text);
	struct text body = trim((struct text){text.start + head, text.length - head});
	const char *tail = body.start + body.length;
	CLEANUP(cleanup_lines) struct lines old = split(body);
	CLEANUP(cleanup_lines) struct lines old_written = split(trim(before));
	CLEANUP(cleanup_lines) struct lines new_written = split(trim(after));
	bool single = count(text, "='") > count(text, "=\"");
	char *merged = NULL;

	if (old.count != old_written.count)
		return NULL;
	FILE *file = open_text(&merged, length);
	fwrite(text.start, 1, head, file);
	bool done = merge(file, &old, &old_written, &new_written, single);
	fwrite(tail, 1, (size_t)(text.start + text.length - tail), file);
	fclose(file);
	if (done && reads_as(merged, *length, after))
		return merged;
	free(merged);
	return NULL;
}

/* As libxml2 writes it, with a declaration if there was one. */
static char *plain_text(struct text text, struct text after, size_t *length)
{
	char *plain;
	FILE *file = open_text(&plain, length);

	if (count((struct text){text.start, text.length < 5 ? text.length : 5}, "<?xml") > 0)
		fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", file);
	fwrite(after.start, 1, after.length, file);
	fclose(file);
	return plain;
}

static char *copy(struct text text, size_t *length)
{
	char *copied = NULL;
	FILE *file = open_text(&copied, length);

	fwrite(text.start, 1, text.length, file);
	fclose(file);
	return copied;
}

char *keep_lines(
	const char *what, struct text original, xmlDoc *before, xmlDoc *after, size_t *new_length)
{
	struct text written[2] = {{NULL, 0}, {NULL, 0}};
	CLEANUP(cleanup_xml) char *before_text = rewrite_text(before, &written[0].length);
	CLEANUP(cleanup_xml) char *after_text = rewrite_text(after, &written[1].length);

	if (!before_text || !after_text) {
		log_error("%s: no memory to write it", what);
		return NULL;
	}
	written[0].start = before_text;
	written[1].start = after_text;
	if (is_same(written[0], written[1]))
		return copy(original, new_length);
	char *merged = merge_text(original, written[0], written[1], new_length);
	return merged ? merged : plain_text(original, written[1], new_length);
}
