// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A URI of libvirt is DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/[PATH][?PARAMETERS]. Without a host
 * and a transport, or with the transport "unix", it means a socket of this host [libvirt
 * src/remote/remote_sockets.c, remoteSplitURIScheme()].
 */
#include "uri.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A piece of the URI. */
struct part {
	const char *text;
	size_t length;
};

static bool part_is(struct part part, const char *text)
{
	return part.length == strlen(text) && memcmp(part.text, text, part.length) == 0;
}

/* Takes what is before the first of @ends from @rest, or all of it. */
static struct part take(const char **rest, const char *ends)
{
	struct part part = {*rest, strcspn(*rest, ends)};

	*rest += part.length;
	return part;
}

static const char *scheme_refusal(struct part scheme)
{
	static const char *const local[] = {"qemu", "qemu+unix"};

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		if (part_is(scheme, local[i]))
			return NULL;
	}
	if (part_is(scheme, "test"))
		return "its guests and networks are made up";
	if (scheme.length > 5 && memcmp(scheme.text, "qemu+", 5) == 0)
		return "it leads to another machine, whose bridges are not those of this kernel";
	return "only guests of QEMU are known here";
}

static const char *path_refusal(struct part path)
{
	if (part_is(path, "/system"))
		return NULL;
	/* A user's own daemon leaves the making of a tap to qemu-bridge-helper [libvirt
	 * src/qemu/qemu_interface.c, qemuInterfaceBridgeConnect()]. */
	if (part_is(path, "/session"))
		return "a user's own libvirt makes no bridges, and hooks that it runs are not "
		       "root and cannot repair any";
	return "it does not name the daemon of this host";
}

/* Each other parameter may lead elsewhere: "name" has the daemon open another URI [libvirt
 * src/remote/remote_driver.c, doRemoteOpen()]. */
static const char *parameter_refusal(struct part parameter)
{
	const char *rest = parameter.text;
	struct part name = take(&rest, "=&;#");

	return part_is(name, "socket") || part_is(name, "mode")
		       ? NULL
		       : "of its parameters only socket and mode are known here";
}

static const char *parameters_refusal(const char *rest)
{
	const char *refusal = NULL;

	while (!refusal && *rest != '\0' && *rest != '#') {
		rest++; /* "?", "&" or ";" */
		struct part parameter = take(&rest, "&;#");
		if (parameter.length > 0)
			refusal = parameter_refusal(parameter);
	}
	return refusal;
}

const char *uri_refusal(const char *uri)
{
	const char *rest = uri;
	struct part scheme = take(&rest, ":");

	/* Any word may be an alias in libvirt.conf. */
	if (strncmp(rest, "://", 3) != 0)
		return "it is not a URI";
	rest += 3;
	struct part server = take(&rest, "/?#");
	struct part path = take(&rest, "?#");
	const char *refusal = scheme_refusal(scheme);

	if (!refusal && server.length > 0)
		refusal = "it leads to another machine, whose bridges are not those of this "
			  "kernel";
	if (!refusal)
		refusal = path_refusal(path);
	return refusal ? refusal : parameters_refusal(rest);
}
