// SPDX-License-Identifier: GPL-2.0-or-later
#include "wants_drop_ins.h"

#include "alloc.h"
#include "cleanup.h"
#include "policy_file.h"

bool wants_drop_ins(const char *root)
{
	CLEANUP(cleanup_free) char *path = alloc_format("%s" SYSCONFDIR "/virt-netboot.conf", root);
	struct policy policy = policy_defaults();

	policy_read(path, &policy);
	return policy.drop_in;
}
