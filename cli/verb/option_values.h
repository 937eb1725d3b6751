// SPDX-License-Identifier: GPL-2.0-or-later
/* Values of options that more than one verb has. Each gives a message if it returns false. */
#ifndef VIRT_NETBOOT_OPTION_VALUES_H
#define VIRT_NETBOOT_OPTION_VALUES_H

#include "check_request.h"

#include <stdbool.h>

/* Of --format; @metrics: those of Prometheus can be had, too. */
bool option_format(const char *value, bool metrics, enum look_format *format);

/* The name of a device, of @option: "--bridge". */
bool option_device(const char *option, const char *value);

/* Add a name; each once: of one that is given twice all has been said. */
void option_add_name(struct check_names *names, const char *name);

#endif
