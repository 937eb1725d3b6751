// SPDX-License-Identifier: GPL-2.0-or-later
/* What there is now, of the kernel and of libvirt. */
#ifndef VIRT_NETBOOT_SHOW_READ_H
#define VIRT_NETBOOT_SHOW_READ_H

#include "show_facts.h"

struct libvirt;

/* What was said already; the rest is NULL or false at first. */
struct show_reader {
	const char *uri;         /* as for libvirt_open() */
	struct libvirt *libvirt; /* NULL while there is no connection */
	char *trouble;           /* why there is none, or why libvirt fails; or NULL */
	bool told;               /* that not all could be read */
	struct show_names names; /* as they were read last */
	unsigned int *ports;     /* the bridges and guests' ports that there were then: ifindexes */
	size_t port_count;
	long long again;       /* when a guest's port without a name is worth another question:
				* clock_now(),       or 0 */
	unsigned int patience; /* how often yet */
};

/**
 * show_read_host() - read devices, filters, limits and rules
 * @facts:	devices are filled in, for show_facts_clear()
 *
 * What cannot be read beside the devices is said once.
 *
 * Return: 0 or a negative errno.
 */
int show_read_host(struct show_reader *reader, struct show_facts *facts);

/**
 * show_read_names() - ask libvirt whose the devices are, if that may have changed
 * @facts:	names are filled in; they stay the reader's
 *
 * Where libvirt cannot be asked, nothing has a name, and @reader says why.
 *
 * Return: 0, or -EINVAL if the URI was refused, after a message.
 */
int show_read_names(struct show_reader *reader, struct show_facts *facts);

/* True if libvirt knows a network or guest of that name, which may have no device now. */
bool show_is_known(struct show_reader *reader, const char *name);

void show_facts_clear(struct show_facts *facts);
void show_reader_clear(struct show_reader *reader);

#endif
