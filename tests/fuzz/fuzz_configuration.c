// SPDX-License-Identifier: GPL-2.0-or-later
/* Any bytes as /etc/virt-netboot.conf, by way of libinih. */
#include "fake_file.h"
#include "fuzz.h"

#include "policy_file.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy;

	file_holds("configuration", data, size);
	policy_read("configuration", &policy);
	/* The hook's guard relies on it, whatever is in the file. */
	if (policy.deadline < 1 || policy.deadline > 60)
		abort();
	return 0;
}
