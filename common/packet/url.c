// SPDX-License-Identifier: GPL-2.0-or-later
#include "url.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

enum { PORT_MAX = 65535 };

/* Return: false if the @length bytes are no number of a port. */
static bool read_port(const char *text, size_t length, unsigned int *port)
{
	*port = 0;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		*port = *port * 10 + (unsigned int)(text[i] - '0');
		if (*port > PORT_MAX)
			return false;
	}
	return *port > 0;
}

/* What is no address is taken to be a name. Return: false if brackets are around something else. */
static bool read_address(struct url *url, const char *host, size_t length)
{
	const bool brackets = *host == '[';
	char text[INET6_ADDRSTRLEN];

	if (brackets) {
		host++;
		length -= 2;
	}
	if (length < sizeof(text)) {
		memcpy(text, host, length);
		text[length] = '\0';
		url->family = brackets ? IPV6 : IPV4;
		url->has_address =
			inet_pton(brackets ? AF_INET6 : AF_INET, text, url->address) == 1;
	}
	return url->has_address || !brackets;
}

/* The name, or the address in its brackets. Return: its length; 0 if it has no end. */
static size_t name_length(const char *host, size_t length)
{
	const char *end = memchr(host, *host == '[' ? ']' : ':', length);

	if (*host == '[')
		return end ? (size_t)(end - host) + 1 : 0;
	return end ? (size_t)(end - host) : length;
}

bool url_read(const char *text, struct url *url)
{
	const char *end = strstr(text, "://");

	*url = (struct url){.scheme = text};
	if (!end || end == text)
		return false;
	url->scheme_length = (size_t)(end - text);
	url->host = end + strlen("://");
	url->path = url->host + strcspn(url->host, "/?#");
	for (const char *at = url->host; at < url->path; at++) {
		if (*at == '@') {
			url->has_user = true;
			url->host = at + 1;
		}
	}
	url->host_length = (size_t)(url->path - url->host);
	const size_t name = url->host_length ? name_length(url->host, url->host_length) : 0;

	if (name == 0 || !read_address(url, url->host, name))
		return false;
	return name == url->host_length ||
	       (url->host[name] == ':' &&
		       read_port(url->host + name + 1, url->host_length - name - 1, &url->port));
}

bool url_is(const struct url *url, const char *scheme)
{
	return strlen(scheme) == url->scheme_length &&
	       strncasecmp(url->scheme, scheme, url->scheme_length) == 0;
}
