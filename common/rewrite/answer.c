// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include "alloc.h"
#include "cleanup.h"
#include "domain_xml.h"
#include "progress.h"
#include "rewrite.h"
#include "xml.h"

#include <errno.h>

char *answer_interfaces(const struct plan *plan)
{
	char *list = alloc_copy("");

	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind != ACTION_REWRITE)
			continue;
		char *longer = alloc_format("%s %s", list, plan->actions[i].nic->mac);
		free(list);
		list = longer;
	}
	return list;
}

/* Return: 0 if @doc has what the plan wanted, or a negative errno. Interfaces are told apart by
 * their place: a pair for failover has one MAC address. */
static int read_back(const struct plan *plan, const struct guest *guest, xmlDoc *doc)
{
	struct guest changed;
	int result = domain_xml_read(xmlDocGetRootElement(doc), &changed);

	for (size_t i = 0; result == 0 && i < plan->action_count; i++) {
		if (plan->actions[i].kind != ACTION_REWRITE)
			continue;
		size_t place = (size_t)(plan->actions[i].nic - guest->nics);
		if (place >= changed.nic_count || changed.nics[place].backend != BACKEND_QEMU)
			result = -EPROTO;
	}
	guest_clear(&changed);
	return result;
}

/* Nothing leaves the hook but what can be read again and says what it should. */
static int hand_over(const struct plan *plan, const struct guest *guest, xmlDoc *doc)
{
	size_t length;
	char *text = rewrite_text(doc, &length);

	if (!text)
		return -ENOMEM;
	CLEANUP(cleanup_xml_doc) xmlDoc *again = xml_parse("the new XML", text, length);
	int result = again ? read_back(plan, guest, again) : -EINVAL;
	if (result == 0)
		result = progress_answer(text, length);
	xmlFree(text);
	return result;
}

void answer_set_result(struct plan *plan, int result)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_REWRITE)
			plan->actions[i].result = result;
	}
}

bool answer_plan(struct plan *plan, const struct guest *guest, xmlDoc *doc)
{
	CLEANUP(cleanup_free) char *interfaces = answer_interfaces(plan);
	CLEANUP(cleanup_xml_doc) xmlDoc *changed = NULL;
	const char *parameters[] = {"running", "yes", "interfaces", interfaces, NULL};

	if (!*interfaces)
		return false;
	progress_step("rewriting the XML");
	int result = rewrite_document(doc, REWRITE_DRIVER_QEMU, parameters, &changed);
	if (result == 0)
		result = hand_over(plan, guest, changed);
	answer_set_result(plan, result);
	return result == 0;
}
