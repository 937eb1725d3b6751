// SPDX-License-Identifier: GPL-2.0-or-later
/* When each kind of client asks, and how long it waits: what the judge needs of it. */
#ifndef VIRT_NETBOOT_PROBE_CLIENTS_H
#define VIRT_NETBOOT_PROBE_CLIENTS_H

#include "probe_judge.h"

/* True for firmware: it needs a boot file, too, and takes no partial checksums. */
bool probe_client_netboots(enum probe_client client);

/* True if it accepts a checksum that is left to the network card. */
bool probe_client_takes_partial(enum probe_client client);

/* Seconds after its start until it gives up; PROBE_NEVER if it asks for ever. */
double probe_client_patience(enum probe_client client);

/* Seconds after the port was plugged in, as seconds after a client's start; 0 before. */
double probe_client_time(double time);

/* The first time at or after @ready, in seconds after its start, at which it asks; PROBE_NEVER if
 * it has asked for the last time by then. */
double probe_client_asks(enum probe_client client, double ready);

/* When it asks for the last time; PROBE_NEVER if it asks for ever. */
double probe_client_asks_last(enum probe_client client);

/* When it uses an OFFER that comes at @offered. */
double probe_client_takes(enum probe_client client, double offered);

#endif
