// SPDX-License-Identifier: GPL-2.0-or-later
/* HTTP as far as it is needed to ask whether a file is there [RFC 9110, RFC 9112]. */
#ifndef VIRT_NETBOOT_HTTP_H
#define VIRT_NETBOOT_HTTP_H

#include "packet.h"
#include "url.h"

#define HTTP_PORT 80

/* A HEAD request; as it has no body, it is the same as a GET for servers but for what they send.
 * Return: false if it is too long, or the URL has characters that a request cannot have. */
bool http_head(struct packet *out, const struct url *url);

enum http_progress {
	HTTP_NO_END, /* of the header yet */
	HTTP_ANSWER, /* a whole one */
	HTTP_FOREIGN /* it is something else than HTTP */
};

struct http_answer {
	unsigned int status; /* 200 to 599 */
	char reason[64];     /* in the server's words, untrusted; or "" */
	bool has_size;
	unsigned long long size; /* of the file */
};

/* Read what has come so far. @answer is filled in if that is HTTP_ANSWER. */
enum http_progress http_read(const uint8_t *bytes, size_t length, struct http_answer *answer);

#endif
