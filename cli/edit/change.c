// SPDX-License-Identifier: GPL-2.0-or-later
#include "change.h"

#include "rewrite.h"

/* Apply one stylesheet to @doc, which is replaced. */
static int apply_stylesheet(xmlDoc **doc, const char *stylesheet, const char *parameters[])
{
	xmlDoc *changed;
	int result = rewrite_document(*doc, stylesheet, parameters, &changed);

	if (result != 0)
		return result;
	xmlFreeDoc(*doc);
	*doc = changed;
	return 0;
}

int change_guests(xmlDoc **doc, const struct request *request)
{
	const char *parameters[] = {"interfaces", request->interfaces, NULL};
	int result = 0;

	if (request->driver_qemu)
		result = apply_stylesheet(doc, REWRITE_DRIVER_QEMU, parameters);
	if (result == 0 && request->guest_csum_off)
		result = apply_stylesheet(doc, REWRITE_GUEST_CSUM_OFF, parameters);
	return result;
}

int change_network(xmlDoc **doc, const char *stp, const char *delay)
{
	const char *parameters[] = {"stp", stp ? stp : "", "delay", delay ? delay : "", NULL};

	return apply_stylesheet(doc, REWRITE_BRIDGE_HOLD, parameters);
}
