// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Theory of operation
 *
 * The connection is read-only, which the daemon's own socket for that gives to everybody unless the
 * administrator says otherwise. All that is looked at can be had so: only XML with passwords
 * (VIR_DOMAIN_XML_SECURE) and in the form that migration wants is refused [libvirt
 * src/libvirt-domain.c, virDomainGetXMLDesc()].
 *
 * Each call is work in a thread of its own (in_time.h). A call that was given up keeps the
 * connection busy, so there is none after it.
 */
#include "libvirt_read.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "in_time.h"
#include "libvirt_kinds.h"
#include "log.h"
#include "uri.h"

#include <errno.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_URI "qemu:///system"

struct libvirt {
	virConnectPtr connection;
	bool lost; /* or still in use by a call that was given up */
};

/* One call, and what comes of it. */
struct call {
	struct in_time in_time;
	virConnectPtr connection;
	char *uri;                       /* to connect to */
	const struct libvirt_kind *kind; /* or what to read */
	char *name;                      /* of the only one, or NULL */
	struct libvirt_list list;
	size_t expected; /* how many there are to be read */
	bool lost;
	int result;
	char *trouble;
};

static char *last_trouble;

const char *libvirt_trouble(void)
{
	return last_trouble ? last_trouble : "";
}

/* Takes @trouble. */
static void set_trouble(char *trouble)
{
	free(last_trouble);
	last_trouble = trouble;
}

/* Instead of libvirt's own, which prints. */
static void say_nothing(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

/* No trouble yet, so it is none of log.h's. What the line says that is being looked at goes. */
static void tell_waiting(void)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[Kvirt-netboot: waiting for libvirt's daemon\n", stderr);
}

/* Takes @trouble; libvirt's own goes with the next call in its thread. */
static void fail(struct call *call, int result, char *trouble)
{
	call->result = result;
	free(call->trouble);
	call->trouble = trouble;
}

static char *last_message(void)
{
	const char *message = virGetLastErrorMessage();

	return alloc_copy(message ? message : "no reason is known");
}

static void connect_work(void *argument)
{
	struct call *call = argument;

	/* The URI is what it was taken for: no alias of libvirt.conf. */
	virConnectPtr connection =
		virConnectOpenAuth(call->uri, NULL, VIR_CONNECT_RO | VIR_CONNECT_NO_ALIASES);
	char *message = connection ? NULL : last_message();
	if (in_time_begin_step(&call->in_time)) {
		call->connection = connection;
		if (!connection)
			fail(call, -ENOTCONN, message);
	}
	in_time_end_step(&call->in_time);
}

/* Take an object over. Return: false if nobody wants any more. */
static bool add_object(struct call *call, const struct libvirt_object *object)
{
	bool wanted = in_time_begin_step(&call->in_time);

	if (wanted) {
		struct libvirt_list *list = &call->list;
		list->objects = alloc_one_more(list->objects, list->count, sizeof(*object));
		list->objects[list->count++] = *object;
	}
	in_time_end_step(&call->in_time);
	return wanted;
}

static void object_clear(struct libvirt_object *object)
{
	free(object->name);
	free(object->xml);
	*object = (struct libvirt_object){0};
}

/* Takes @trouble: what could not be done. Return: false if the daemon has gone. */
static bool read_failed(struct call *call, char *trouble)
{
	CLEANUP(cleanup_free) char *what = trouble;
	CLEANUP(cleanup_free) char *message = last_message();

	call->lost = virConnectIsAlive(call->connection) != 1;
	fail(call, -EIO,
		call->lost ? alloc_format("libvirt's daemon ended the connection: %s", message)
			   : alloc_format("%s: %s", what, message));
	return !call->lost;
}

/* One that has gone meanwhile is nobody's trouble, and what is wrong with one keeps none of the
 * others from being read. Return: false if the daemon has gone. */
static bool object_failed(struct call *call, const char *name)
{
	if (virGetLastErrorCode() == call->kind->gone)
		return true;
	return read_failed(
		call, alloc_format("%s '%s' cannot be read", call->kind->one, TEXT_NAME(name)));
}

/* Return: false if there is nothing to go on with. */
static bool read_object(struct call *call, void *handle)
{
	struct libvirt_object object = {0};

	if (call->kind->read(handle, &object) != 0) {
		bool goes_on = object_failed(call, object.name ? object.name : "?");
		object_clear(&object);
		return goes_on;
	}
	bool wanted = add_object(call, &object);
	if (!wanted)
		object_clear(&object);
	return wanted;
}

static void read_all_objects(struct call *call)
{
	struct libvirt_handles handles = {0};
	bool goes_on = true;

	if (call->kind->list(call->connection, &handles) < 0) {
		/* A daemon may be without a driver for networks. */
		if (virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)
			(void)read_failed(
				call, alloc_format("the %s cannot be listed", call->kind->many));
		return;
	}
	if (in_time_begin_step(&call->in_time))
		call->expected = handles.count;
	in_time_end_step(&call->in_time);
	for (size_t i = 0; i < handles.count; i++) {
		goes_on = goes_on && read_object(call, handles.list[i]);
		call->kind->release(handles.list[i]);
	}
	free(handles.list);
}

static void read_one_object(struct call *call)
{
	void *handle = call->kind->find(call->connection, call->name);

	call->expected = 1;
	if (handle) {
		(void)read_object(call, handle);
		call->kind->release(handle);
	} else {
		(void)object_failed(call, call->name);
	}
	if (call->result == 0 && call->list.count == 0)
		fail(call, -ENOENT,
			alloc_format(
				"there is no %s '%s'", call->kind->one, TEXT_NAME(call->name)));
}

static void read_work(void *argument)
{
	struct call *call = argument;

	if (call->name)
		read_one_object(call);
	else
		read_all_objects(call);
}

static int by_name(const void *one, const void *other)
{
	const struct libvirt_object *first = one;
	const struct libvirt_object *second = other;

	return strcmp(first->name, second->name);
}

/* After an error: how much there is all the same. */
static char *how_much(const struct call *call, const char *trouble)
{
	if (call->name || call->expected == 0)
		return alloc_copy(trouble);
	return alloc_format("%s; %zu of %zu %s were read", trouble, call->list.count,
		call->expected, call->kind->many);
}

static void call_free(struct call *call)
{
	libvirt_list_clear(&call->list);
	free(call->uri);
	free(call->name);
	free(call->trouble);
	free(call);
}

/* Do it, and have the trouble known. Return: the call, or NULL: it was given up, and what it had
 * read is in @list (or NULL). */
static struct call *do_call(struct call *call, in_time_work *work, struct libvirt_list *list)
{
	if (in_time_run(&call->in_time, work, call, tell_waiting) == 0) {
		if (call->result != 0)
			set_trouble(how_much(call, call->trouble));
		return call;
	}
	CLEANUP(cleanup_free)
	char *trouble =
		alloc_format("libvirt's daemon has not answered for %d seconds", IN_TIME_LIMIT);
	set_trouble(how_much(call, trouble));
	if (list)
		*list = call->list;
	return NULL;
}

static int refuse(const char *uri, const char *refusal)
{
	log_error("--connect '%s' is refused: %s; accepted are " URI_ACCEPTED, uri, refusal);
	return -EINVAL;
}

int libvirt_open(const char *uri, struct libvirt **libvirt)
{
	const char *refusal = uri ? uri_refusal(uri) : NULL;

	*libvirt = NULL;
	if (refusal)
		return refuse(uri, refusal);
	virSetErrorFunc(NULL, say_nothing);
	struct call *call = alloc_array(1, sizeof(*call));
	call->uri = alloc_copy(uri ? uri : HOST_URI);
	call = do_call(call, connect_work, NULL);
	if (!call)
		return -ETIMEDOUT;
	int result = call->result;
	if (result == 0) {
		*libvirt = alloc_array(1, sizeof(**libvirt));
		(*libvirt)->connection = call->connection;
	}
	call_free(call);
	return result;
}

void libvirt_close(struct libvirt **libvirt)
{
	if (*libvirt && !(*libvirt)->lost)
		virConnectClose((*libvirt)->connection);
	free(*libvirt);
	*libvirt = NULL;
}

static int read_kind(struct libvirt *libvirt, const struct libvirt_kind *kind, const char *name,
	struct libvirt_list *list)
{
	*list = (struct libvirt_list){0};
	if (libvirt->lost)
		return -EIO;
	struct call *call = alloc_array(1, sizeof(*call));
	call->connection = libvirt->connection;
	call->kind = kind;
	call->name = alloc_copy(name);
	call = do_call(call, read_work, list);
	int result = call ? call->result : -EIO;
	libvirt->lost = !call || call->lost;
	if (call) {
		*list = call->list;
		call->list = (struct libvirt_list){0};
		call_free(call);
	}
	if (list->count > 0)
		qsort(list->objects, list->count, sizeof(*list->objects), by_name);
	return result;
}

int libvirt_networks(struct libvirt *libvirt, const char *name, struct libvirt_list *list)
{
	return read_kind(libvirt, &libvirt_network_kind, name, list);
}

int libvirt_guests(struct libvirt *libvirt, const char *name, struct libvirt_list *list)
{
	return read_kind(libvirt, &libvirt_guest_kind, name, list);
}

void libvirt_list_clear(struct libvirt_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		object_clear(&list->objects[i]);
	free(list->objects);
	*list = (struct libvirt_list){0};
}
