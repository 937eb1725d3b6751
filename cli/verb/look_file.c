// SPDX-License-Identifier: GPL-2.0-or-later
#include "look_file.h"

#include "log.h"

#include <dlfcn.h>
#include <string.h>

#define LOOK_FILE LIBEXECDIR "/look.so"

const struct look *look_load(void)
{
	void *object = dlopen(LOOK_FILE, RTLD_NOW | RTLD_LOCAL);
	const struct look *look = object ? dlsym(object, LOOK_SYMBOL) : NULL;

	if (!look)
		log_error("check, probe, repair and show cannot be loaded: %s", dlerror());
	else if (strcmp(look->version, LOOK_VERSION) != 0)
		log_error(LOOK_FILE " is of version %s, and this is %s: install virt-netboot again",
			look->version, LOOK_VERSION);
	else
		return look;
	return NULL;
}
