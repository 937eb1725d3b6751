// SPDX-License-Identifier: GPL-2.0-or-later
#define LEGACY_IPV6
/* One source for both families, so that they cannot differ. */
#include "docker_legacy.c" // NOLINT(bugprone-suspicious-include)
