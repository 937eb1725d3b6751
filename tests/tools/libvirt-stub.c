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

static struct object *find(virConnectPtr connection, const char *kind, const char *name)
{
	struct object *object = calloc(1, sizeof(*object));

	snprintf(object->name, sizeof(object->name), "%s", name);
	snprintf(object->path, sizeof(object->path), "%s/%s/%s", connection->directory, kind, name);
	if (access(object->path, R_OK) == 0)
		return object;
	free(object);
	return NULL;
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
		*objects = realloc(*objects, (size_t)(count + 1) * sizeof(**objects));
		(*objects)[count++] = find(connection, kind, entry->d_name);
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

EXPORT void virSetErrorFunc(void *data, virErrorFunc handler)
{
	(void)data;
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
	const char *uri, virConnectAuthPtr authentication, unsigned int flags)
{
	const char *directory = getenv("LIBVIRT_STUB");

	(void)uri;
	(void)authentication;
	(void)flags;
	if (!directory || access(directory, R_OK) != 0)
		return fail(VIR_ERR_NO_CONNECT, "there is no daemon");
	virConnectPtr connection = calloc(1, sizeof(*connection));
	snprintf(connection->directory, sizeof(connection->directory), "%s", directory);
	return connection;
}

EXPORT int virConnectClose(virConnectPtr connection)
{
	free(connection);
	return 0;
}

EXPORT int virConnectIsAlive(virConnectPtr connection)
{
	(void)connection;
	return 1;
}

EXPORT int virConnectListAllNetworks(
	virConnectPtr connection, virNetworkPtr **networks, unsigned int flags)
{
	(void)flags;
	return list(connection, "networks", (struct object ***)networks);
}

EXPORT virNetworkPtr virNetworkLookupByName(virConnectPtr connection, const char *name)
{
	void *network = find(connection, "networks", name);

	return network ? network : fail(VIR_ERR_NO_NETWORK, "no such network");
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

EXPORT int virConnectListAllDomains(
	virConnectPtr connection, virDomainPtr **guests, unsigned int flags)
{
	(void)flags;
	return list(connection, "guests", (struct object ***)guests);
}

EXPORT virDomainPtr virDomainLookupByName(virConnectPtr connection, const char *name)
{
	void *guest = find(connection, "guests", name);

	return guest ? guest : fail(VIR_ERR_NO_DOMAIN, "no such guest");
}

EXPORT const char *virDomainGetName(virDomainPtr guest)
{
	return ((struct object *)guest)->name;
}

EXPORT char *virDomainGetXMLDesc(virDomainPtr guest, unsigned int flags)
{
	(void)flags;
	return read_xml((struct object *)guest);
}

EXPORT int virDomainFree(virDomainPtr guest)
{
	free(guest);
	return 0;
}
