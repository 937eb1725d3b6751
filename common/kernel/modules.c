// SPDX-License-Identifier: GPL-2.0-or-later
#include "host.h"

void host_only_look(void)
{
}
