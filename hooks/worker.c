// SPDX-License-Identifier: GPL-2.0-or-later
/* What the two workers share: from the configuration and the XML to the chain. */
#include "worker.h"

#include "chain.h"
#include "cleanup.h"
#include "log.h"
#include "policy_file.h"
#include "progress.h"
#include "read_all.h"
#include "recover.h"

#include <string.h>

static void run_event(struct progress_memory *memory, const struct event *event)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct policy policy;
	size_t length;

	progress_attach(memory);
	log_set_object(chain_object, event->object);
	progress_step("reading the configuration");
	policy_read(POLICY_FILE, &policy);
	log_set_level(policy.log_level);
	progress_set_deadline(policy.deadline);

	progress_step("reading the XML");
	int result = read_all(STDIN_FILENO, &text, &length);
	if (result != 0) {
		log_error("XML not read: %s", strerror(-result));
		return;
	}
	CLEANUP(cleanup_xml_doc) xmlDoc *doc = xml_parse("XML", text, length);
	if (!doc)
		return;
	recover_stp(NULL);
	chain_run(event, xmlDocGetRootElement(doc), &policy);
}

extern const struct worker WORKER;

__attribute__((visibility("default"))) const struct worker WORKER = {
	.version = WORKER_VERSION,
	.run = run_event,
};
