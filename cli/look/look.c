// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

#include "check.h"
#include "probe.h"
#include "repair.h"
#include "show.h"

extern const struct look LOOK;

__attribute__((visibility("default"))) const struct look LOOK = {
	.version = LOOK_VERSION,
	.check = check_main,
	.probe = probe_main,
	.repair = repair_main,
	.show = show_main,
};
