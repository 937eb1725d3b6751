// SPDX-License-Identifier: GPL-2.0-or-later
/* What the formats for programs (JSON, Prometheus) have in common. */
#ifndef VIRT_NETBOOT_MACHINE_TEXT_H
#define VIRT_NETBOOT_MACHINE_TEXT_H

#include "check_list.h"

/* A copy in which each byte that is no part of well-formed UTF-8 is U+FFFD; NULL stays NULL. The
 * caller frees. Names stay as they are otherwise, so that a program can compare them. */
char *machine_text(const char *text);

/* Seconds, to a thousandth, as a decimal number in every locale: "30", "0.125". What is no number,
 * or is negative, is 0. */
#define MACHINE_SECONDS_SIZE 32
void machine_seconds(char text[MACHINE_SECONDS_SIZE], double seconds);

/* The result's name: "pass". */
const char *machine_result(enum check_result result);

/* The severity of a line's finding, also where that came without one. */
const char *machine_severity(const struct check_line *line);

#endif
