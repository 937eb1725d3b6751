// SPDX-License-Identifier: GPL-2.0-or-later
/* Linked with every library of the hooks (-Wl,--no-as-needed) and nothing else. */
extern const int floor_library;
const int floor_library = 1;
