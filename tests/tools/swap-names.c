// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * swap-names ONE OTHER: exchange what two names stand for, again and again, until killed. Prints a
 * line when it begins. A name that is missing for a moment does not end it.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (argc != 3)
		errx(2, "usage: swap-names ONE OTHER");
	puts("begins");
	fflush(stdout);
	for (;;)
		(void)renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE);
}
