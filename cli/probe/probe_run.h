// SPDX-License-Identifier: GPL-2.0-or-later
/* One probe: asks, and says what it saw. For the verb `probe`, and for who acts on it. */
#ifndef VIRT_NETBOOT_PROBE_RUN_H
#define VIRT_NETBOOT_PROBE_RUN_H

#include "probe_result.h"

/**
 * probe_run() - ask for an address as a guest would
 * @result:	what was seen, for probe_result_clear(), also after an error
 *
 * Nothing of it is left behind. SIGINT, SIGTERM and SIGHUP end it early, and then each later one of
 * this process: the result says so.
 *
 * Return: 0; or a negative errno after a message, -EINVAL if libvirt's URI is refused.
 */
int probe_run(const struct probe_request *request, struct probe_result *result);

#endif
