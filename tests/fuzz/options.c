// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the sanitizers do in `make fuzz` unless ASAN_OPTIONS or UBSAN_OPTIONS say otherwise: memory
 * that was freed is kept from use for a shorter time, and less is noted about who allocated it,
 * both of which make executions faster; and what is undefined ends the program.
 */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void)
{
	return "quarantine_size_mb=4:malloc_context_size=3:max_malloc_fill_size=0";
}

const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:print_stacktrace=1";
}
