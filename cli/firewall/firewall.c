// SPDX-License-Identifier: GPL-2.0-or-later
/* Nothing yet. */
typedef int firewall_placeholder;
