// SPDX-License-Identifier: GPL-2.0-or-later
/* Does nothing and needs libc only: the floor that no program can go below. */
int main(void)
{
	return 0;
}
