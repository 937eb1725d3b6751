// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include "alloc.h"
#include "cleanup.h"
#include "domain_xml.h"
#include "guard.h"
#include "rewrite.h"
#include "xml.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

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

static bool is_changed(const struct guest *guest, const char *mac)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (strcmp(guest->nics[i].mac, mac) == 0 && guest->nics[i].backend != BACKEND_QEMU)
			return false;
	}
	return true;
}

/* Return: 0 if @doc has what the plan wanted, or a negative errno. */
static int read_back(const struct plan *plan, xmlDoc *doc)
{
	struct guest guest;
	int result = domain_xml_read(xmlDocGetRootElement(doc), &guest);

	for (size_t i = 0; result == 0 && i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		if (action->kind == ACTION_REWRITE && !is_changed(&guest, action->nic->mac))
			result = -EPROTO;
	}
	guest_clear(&guest);
	return result;
}

/* Nothing leaves the hook but what can be read again and says what it should. */
static int hand_over(const struct plan *plan, xmlDoc *doc)
{
	size_t length;
	char *text = rewrite_text(doc, &length);

	if (!text)
		return -ENOMEM;
	CLEANUP(cleanup_xml_doc) xmlDoc *again = xml_parse("the new XML", text, length);
	int result = again ? read_back(plan, again) : -EINVAL;
	if (result == 0)
		result = guard_answer(text, length);
	xmlFree(text);
	return result;
}

void answer_plan(struct plan *plan, xmlDoc *doc)
{
	CLEANUP(cleanup_free) char *interfaces = answer_interfaces(plan);
	CLEANUP(cleanup_xml_doc) xmlDoc *changed = NULL;
	const char *parameters[] = {"running", "yes", "interfaces", interfaces, NULL};

	if (!*interfaces)
		return;
	guard_step("rewriting the XML");
	int result = rewrite_document(doc, REWRITE_DRIVER_QEMU, parameters, &changed);
	if (result == 0)
		result = hand_over(plan, changed);
	for (size_t i = 0; i < plan->action_count; i++) {
		if (plan->actions[i].kind == ACTION_REWRITE)
			plan->actions[i].result = result;
	}
}
