// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What comes in is anything, and has no end yet: it is read line by line, as often as more has
 * come.
 */
#include "http.h"

#include <string.h>
#include <strings.h>

/* ---- The request ---------------------------------------------------------- */

static void put_text(struct packet *out, const char *text)
{
	put(out, text, strlen(text));
}

/* A space or a line's end in it would make another request of it, and not what firmware sends. */
static bool is_graphic(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return true;
}

bool http_head(struct packet *out, const struct url *url)
{
	const size_t path = strcspn(url->path, "#");

	packet_clear(out);
	if (!is_graphic(url->path, path) || !is_graphic(url->host, url->host_length))
		return false;
	put_text(out, *url->path == '/' ? "HEAD " : "HEAD /");
	put(out, url->path, path);
	put_text(out, " HTTP/1.1\r\nHost: ");
	put(out, url->host, url->host_length);
	put_text(out, "\r\nConnection: close\r\nAccept: */*\r\n"
		      "User-Agent: virt-netboot/" VERSION "\r\n\r\n");
	return !out->too_long;
}

/* ---- The answer ----------------------------------------------------------- */

/* A part of what has come. */
struct span {
	const char *at;
	size_t length;
};

/* Take the next line off @rest; what ends it does not count. Return: false if it has no end yet. */
static bool next_line(struct span *rest, struct span *line)
{
	const char *end = rest->length ? memchr(rest->at, '\n', rest->length) : NULL;

	if (!end)
		return false;
	line->at = rest->at;
	line->length = (size_t)(end - rest->at);
	rest->at = end + 1;
	rest->length -= line->length + 1;
	if (line->length > 0 && line->at[line->length - 1] == '\r')
		line->length--;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "HTTP/1.1 404 Not Found"; what a server leaves out at its end is not missed. Return: false if it
 * is no such line. */
static bool read_status(const struct span *line, struct http_answer *answer)
{
	static const char start[] = "HTTP/1.";
	enum { STATUS_AT = 9, REASON_AT = 13 };
	const char *at = line->at;

	if (line->length < REASON_AT - 1 || memcmp(at, start, sizeof(start) - 1) != 0 ||
		!is_digit(at[STATUS_AT - 2]) || at[STATUS_AT - 1] != ' ')
		return false;
	for (int i = 0; i < 3; i++) {
		if (!is_digit(at[STATUS_AT + i]))
			return false;
		answer->status = answer->status * 10 + (unsigned int)(at[STATUS_AT + i] - '0');
	}
	if (line->length > REASON_AT) {
		const size_t size = line->length - REASON_AT, room = sizeof(answer->reason) - 1;
		memcpy(answer->reason, at + REASON_AT, size < room ? size : room);
	}
	return answer->status >= 100 && answer->status < 600 &&
	       (line->length < REASON_AT || at[REASON_AT - 1] == ' ');
}

/* Return: false if it is no number, or too large. */
static bool read_size(struct span value, unsigned long long *size)
{
	*size = 0;
	while (value.length > 0 && (*value.at == ' ' || *value.at == '\t')) {
		value.at++;
		value.length--;
	}
	while (value.length > 0 && strchr(" \t", value.at[value.length - 1]))
		value.length--;
	for (size_t i = 0; i < value.length; i++) {
		if (!is_digit(value.at[i]) || *size > (~0ULL - 9) / 10)
			return false;
		*size = *size * 10 + (unsigned int)(value.at[i] - '0');
	}
	return value.length > 0;
}

static void read_field(const struct span *line, struct http_answer *answer)
{
	static const char name[] = "Content-Length:";
	const size_t size = sizeof(name) - 1;

	if (line->length > size && strncasecmp(line->at, name, size) == 0)
		answer->has_size = read_size(
			(struct span){line->at + size, line->length - size}, &answer->size);
}

/* Return: true if it can become a line that begins an answer. */
static bool can_be_status(const struct span *rest)
{
	static const char start[] = "HTTP/1.";
	const size_t size = sizeof(start) - 1;

	return memcmp(rest->at, start, rest->length < size ? rest->length : size) == 0;
}

enum http_progress http_read(const uint8_t *bytes, size_t length, struct http_answer *answer)
{
	struct span rest = {(const char *)bytes, length}, line;

	*answer = (struct http_answer){0};
	while (rest.length > 0) {
		struct http_answer one = {0};

		if (!can_be_status(&rest))
			return HTTP_FOREIGN;
		if (!next_line(&rest, &line))
			return HTTP_NO_END;
		if (!read_status(&line, &one))
			return HTTP_FOREIGN;
		do {
			if (!next_line(&rest, &line))
				return HTTP_NO_END;
			read_field(&line, &one);
		} while (line.length > 0);
		/* What is before the answer itself says nothing of the file [RFC 9110, 15.2]. */
		if (one.status >= 200) {
			*answer = one;
			return HTTP_ANSWER;
		}
	}
	return HTTP_NO_END;
}
