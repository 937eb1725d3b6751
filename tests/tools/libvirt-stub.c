// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A libvirt's daemon of files, for tests with more guests than a machine has memory for. Loaded
 * before the real library (LD_PRELOAD), it takes the place of what cli/libvirt calls.
 *
 *     $LIBVIRT_STUB/networks/NAME     XML of a network that is active
 *     $LIBVIRT_STUB/guests/NAME       XML of a guest; it runs if that has an id
 *
 * Without that directory the daemon cannot be reached; one without networks/ or guests/ cannot list
 * them.
 */
#include <dirent.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct _virConnect {
	// cppcheck-suppress unusedStructMember
	char directory[PATH_MAX - 512];
};

/* A guest or a network; virDomainPtr and virNetworkPtr are pointers to it. */
struct object {
	char name[NAME_MAX + 1];
	char path[PATH_MAX];
};

static const char *message = "no error";
static int code;

static void *fail(int error, const char *text)
{
	code = error;
	message = text;
	return NULL;
}

/* Return: NULL if there is none, with the error @absent, or no memory. */
static struct object *find(virConnectPtr connection, const char *kind, const char *name, int absent)
{
	struct object *object = calloc(1, sizeof(*object));

	if (!object)
		return fail(VIR_ERR_NO_MEMORY, "no memory");
	snprintf(object->name, sizeof(object->name), "%s", name);
	snprintf(object->path, sizeof(object->path), "%s/%s/%s", connection->directory, kind, name);
	if (access(object->path, R_OK) == 0)
		return object;
	free(object);
	return fail(absent, "there is none of that name");
}

static int list(virConnectPtr connection, const char *kind, struct object ***objects)
{
	char path[PATH_MAX];
	int count = 0;

	snprintf(path, sizeof(path), "%s/%s", connection->directory, kind);
	DIR *directory = opendir(path);
	if (!directory) {
		fail(VIR_ERR_INTERNAL_ERROR, "they cannot be listed");
		return -1;
	}
	*objects = NULL;
	for (struct dirent *entry; (entry = readdir(directory));) {
		if (entry->d_name[0] == '.')
			continue;
		struct object **more =
			realloc(*objects, (size_t)(count + 1) * sizeof(struct object *));
		struct object *object = find(connection, kind, entry->d_name, VIR_ERR_NO_DOMAIN);
		*objects = more ? more : *objects;
		if (!more || !object) {
			closedir(directory);
			return -1;
		}
		more[count++] = object;
	}
	closedir(directory);
	return count;
}

static char *read_xml(const struct object *object)
{
	FILE *file = fopen(object->path, "re");
	char *xml = NULL;
	size_t size = 0;

	if (!file || getdelim(&xml, &size, '\0', file) < 0) {
		free(xml);
		xml = fail(VIR_ERR_INTERNAL_ERROR, "it cannot be read");
	}
	if (file)
		fclose(file);
	return xml;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT void virSetErrorFunc(void *userData, virErrorFunc handler)
{
	(void)userData;
	(void)handler;
}

EXPORT const char *virGetLastErrorMessage(void)
{
	return message;
}

EXPORT int virGetLastErrorCode(void)
{
	return code;
}

EXPORT virConnectPtr virConnectOpenAuth(
	const char *name, virConnectAuthPtr auth, unsigned int flags)
{
	const char *directory = getenv("LIBVIRT_STUB");

	(void)name;
	(void)auth;
	(void)flags;
	if (!directory || access(directory, R_OK) != 0)
		return fail(VIR_ERR_NO_CONNECT, "there is no daemon");
	virConnectPtr conn = calloc(1, sizeof(*conn));
	if (!conn)
		return fail(VIR_ERR_NO_MEMORY, "no memory");
	snprintf(conn->directory, sizeof(conn->directory), "%s", directory);
	return conn;
}

EXPORT int virConnectClose(virConnectPtr conn)
{
	free(conn);
	return 0;
}

EXPORT int virConnectIsAlive(virConnectPtr conn)
{
	(void)conn;
	return 1;
}

EXPORT int virConnectListAllNetworks(virConnectPtr conn, virNetworkPtr **nets, unsigned int flags)
{
	(void)flags;
	return list(conn, "networks", (struct object ***)nets);
}

EXPORT virNetworkPtr virNetworkLookupByName(virConnectPtr conn, const char *name)
{
	return (virNetworkPtr)find(conn, "networks", name, VIR_ERR_NO_NETWORK);
}

EXPORT const char *virNetworkGetName(virNetworkPtr network)
{
	return ((struct object *)network)->name;
}

EXPORT int virNetworkIsActive(virNetworkPtr network)
{
	(void)network;
	return 1;
}

EXPORT int virNetworkGetAutostart(virNetworkPtr network, int *autostart)
{
	(void)network;
	*autostart = 1;
	return 0;
}

EXPORT char *virNetworkGetXMLDesc(virNetworkPtr network, unsigned int flags)
{
	(void)flags;
	return read_xml((struct object *)network);
}

EXPORT int virNetworkFree(virNetworkPtr network)
{
	free(network);
	return 0;
}

EXPORT int virConnectListAllDomains(virConnectPtr conn, virDomainPtr **domains, unsigned int flags)
{
	(void)flags;
	return list(conn, "guests", (struct object ***)domains);
}

EXPORT virDomainPtr virDomainLookupByName(virConnectPtr conn, const char *name)
{
	return (virDomainPtr)find(conn, "guests", name, VIR_ERR_NO_DOMAIN);
}

EXPORT const char *virDomainGetName(virDomainPtr domain)
{
	return ((struct object *)domain)->name;
}

EXPORT char *virDomainGetXMLDesc(virDomainPtr domain, unsigned int flags)
{
	(void)flags;
	return read_xml((struct object *)domain);
}

EXPORT int virDomainFree(virDomainPtr domain)
{
	free(domain);
	return 0;
}
