// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot-qemu-hook: libvirtd runs it as /etc/libvirt/hooks/qemu.
 *
 * The contract [libvirt docs/hooks.rst, src/util/virhook.c, src/qemu/qemu_process.c]
 *
 * Arguments: GUEST OPERATION SUBOPERATION EXTRA. Standard input: the guest's XML. libvirtd holds
 * the guest's lock and waits without a limit. A status other than 0 refuses "prepare" and
 * "start", with our stderr as the reason, and kills the running guest at "started" and "reconnect".
 * What is written to stdout at "migrate" and "restore" replaces the XML.
 *
 *   prepare    before any device is made: check the host's own bridges; repair there what cannot be
 *              repaired at the guest's ports
 *
 *   start      the ports exist, and the XML names the bridges of networks too: repair at the ports
 *
 *   reconnect  libvirtd was started anew under a running guest: as at start, never refused
 *
 *   migrate, restore    the guest comes to this host: if nothing here can fill checksums for an
 *              interface, give it <driver name='qemu'/>, else write nothing
 *
 *   release    the guest has gone: take away what was done to the host for its sake
 */
#include "answer.h"
#include "apply.h"
#include "domain_xml.h"
#include "gather.h"
#include "hook.h"
#include "log.h"
#include "watch.h"

static const struct operation operations[] = {
	{"prepare", EVENT_GUEST_PREPARE},
	{"start", EVENT_GUEST_START},
	{"reconnect", EVENT_GUEST_RECONNECT},
	{"started", EVENT_IGNORED},
	{"stopped", EVENT_IGNORED},
	{"release", EVENT_GUEST_RELEASE},
	{"attach", EVENT_IGNORED},
	{"migrate", EVENT_GUEST_ARRIVE},
	{"restore", EVENT_GUEST_ARRIVE},
	{NULL, EVENT_UNKNOWN},
};

static void work(const struct event *event, const xmlNode *root, const struct policy *policy)
{
	struct guest guest;
	struct host_facts facts;
	struct plan plan;

	if (domain_xml_read(root, &guest) != 0) {
		log_error("the XML of %s is not a <domain>", event->operation);
		return;
	}
	gather_guest(event->kind, &guest, policy, &facts);
	plan_guest(&plan, event->kind, &guest, &facts, policy);
	apply_actions(&plan);
	answer_plan(&plan, &guest, root->doc);
	watch_ports(&plan, policy);
	apply_log(&plan);
	apply_put_back(&plan, &facts);
	if (policy->refuse &&
		(event->kind == EVENT_GUEST_PREPARE || event->kind == EVENT_GUEST_START))
		apply_refusal(&plan);

	plan_clear(&plan);
	host_facts_clear(&facts);
	guest_clear(&guest);
}

int main(int argc, char **argv)
{
	const struct hook hook = {
		.program = "virt-netboot-qemu-hook",
		.object = "guest",
		.operations = operations,
		.work = work,
	};

	return hook_main(argc, argv, &hook);
}
