// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_RUN_PROGRAM_H
#define VIRT_NETBOOT_RUN_PROGRAM_H

/**
 * run_program() - run a program and wait for its end
 * @argv:	its name, which is looked for in PATH, its arguments, and NULL
 * @highest:	the highest exit status that is a success
 *
 * For the command; hooks run no programs. Return: 0; -EIO if it did not succeed; or another
 * negative errno if it could not be run.
 */
int run_program(char *const argv[], int highest);

#endif
