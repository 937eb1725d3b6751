// SPDX-License-Identifier: GPL-2.0-or-later
/* The same for ip6_tables. */
#define LEGACY_IPV6
#include "legacy_blob.c" // NOLINT(bugprone-suspicious-include)
