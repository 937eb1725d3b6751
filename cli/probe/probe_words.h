// SPDX-License-Identifier: GPL-2.0-or-later
/* What a probe saw, in words that the text and the findings share. All texts are the caller's to
 * free; what is untrusted in them is as it came. */
#ifndef VIRT_NETBOOT_PROBE_WORDS_H
#define VIRT_NETBOOT_PROBE_WORDS_H

#include "probe_result.h"

/* "192.168.122.1, dnsmasq (process 812) of this host" */
char *probe_server_text(const struct probe_server *server);

/* "the request on its way through the bridge" */
char *probe_way_text(const struct drop *drop);

/* Why the probe says nothing about the filter of the guest's port; NULL if it has none. */
char *probe_filter_text(const struct probe_result *result);

/* "4.0 s", "12 ms" */
char *probe_duration_text(double seconds);

/* "26.1 kB" */
char *probe_bytes_text(unsigned long long bytes);

/* "TFTP", "HTTP" */
const char *probe_transfer_name(enum probe_transfer_kind kind);

/* What is known of a result. */

/* True if it gives an address by IPv4. */
bool probe_gives_address(const struct probe_server *server);

/* True if a server of that family has answered. */
bool probe_has_family(const struct probe_result *result, enum ip_family family);

/* How many servers give an address by IPv4. */
size_t probe_count_addresses(const struct probe_result *result);

/* False for a request that is dropped on its way to a server that this host does not have. */
bool probe_drop_matters(const struct probe_result *result, const struct drop *drop);

/* The first drop that matters, or NULL. */
const struct drop *probe_first_drop(const struct probe_result *result);

/* True if the transfer was tried and failed. */
bool probe_transfer_failed(const struct probe_transfer *transfer);

/* True for a checksum that is left to the network card: wrong, but only until that completes it. */
bool probe_is_partial(enum probe_checksum offload, enum probe_checksum firmware);

#endif
