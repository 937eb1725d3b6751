// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does nothing. It is linked with every library the hooks use
 * (-Wl,--no-as-needed, or the linker would leave them out again), so its time is
 * what the kernel and the dynamic linker take before a hook's first line runs:
 * the floor no hook with these libraries can go below.
 */
int main(void)
{
	return 0;
}
