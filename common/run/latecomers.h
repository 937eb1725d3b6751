// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests that come while what the last one needed is being taken away. */
#ifndef VIRT_NETBOOT_LATECOMERS_H
#define VIRT_NETBOOT_LATECOMERS_H

#include "plan.h"

/*
 * Put back what was taken away with the last guest if another has come meanwhile, and log it;
 * @facts are those before.
 */
void latecomers_put_back(const struct plan *done, struct host_facts *facts);

#endif
