// SPDX-License-Identifier: GPL-2.0-or-later
#include "libvirt.h"

#include <libvirt/libvirt.h>

void libvirt_list_clear(struct libvirt_list *list)
{
	(void)list;
}
