// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Text is the log's lines, each as soon as it is true. What is in the JSON document says
 * docs/repair.schema.json: the same fields.
 */
#include "repair_parts.h"

#include "alloc.h"
#include "cleanup.h"
#include "exit_status.h"
#include "fields.h"
#include "json_parts.h"
#include "recover.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_VERSION 1

struct repair_output {
	bool json;
	bool dry_run;
	bool undo;
	bool failed; /* something could not be done, or looked at */
	int left;    /* the exit status for what is left */
	size_t changes;
	size_t findings;
	char **told; /* so that each is told once */
	size_t told_count;
	bool whole; /* no memory was missing for the document */
	struct json_object *changes_array;
	struct json_object *left_array;
};

struct repair_output *repair_output_new(const struct repair_request *request)
{
	struct repair_output *output = alloc_array(1, sizeof(*output));

	output->json = request->format == LOOK_JSON;
	output->dry_run = request->dry_run;
	output->undo = request->undo;
	output->left = EXIT_DONE;
	if (output->json) {
		output->changes_array = json_object_new_array();
		output->left_array = json_object_new_array();
	}
	output->whole = !output->json || (output->changes_array && output->left_array);
	return output;
}

/* A JSON object under construction. */
struct object_writing {
	struct json_object *object;
	bool whole;
};

static void put_field(void *to, const char *key, const char *value)
{
	struct object_writing *writing = to;

	writing->whole = writing->whole && json_put_text(writing->object, key, value);
}

/* A change in the document. */
static void add_change(struct repair_output *output, const struct action *action)
{
	struct object_writing writing = {json_object_new_object(), true};

	action_fields(action, put_field, &writing);
	output->whole = output->whole && json_append(output->changes_array,
						 json_whole(writing.object, writing.whole));
}

static void add_left(
	struct repair_output *output, const struct plan *plan, const struct finding *finding)
{
	struct object_writing writing = {json_object_new_object(), true};

	finding_fields(plan, finding, put_field, &writing);
	output->whole = output->whole &&
			json_append(output->left_array, json_whole(writing.object, writing.whole));
}

/* True for the first one who says that. Takes @key. */
static bool is_new(struct repair_output *output, char *key)
{
	for (size_t i = 0; i < output->told_count; i++) {
		if (strcmp(output->told[i], key) == 0) {
			free(key);
			return false;
		}
	}
	output->told = alloc_one_more(output->told, output->told_count, sizeof(*output->told));
	output->told[output->told_count++] = key;
	return true;
}

/* What is only planned for one guest is planned for the next one, too. */
static bool is_new_action(struct repair_output *output, const struct action *action)
{
	return !output->dry_run ||
	       is_new(output, alloc_format("%s/%s/%s/%d/%d", action_name(action), action->bridge,
				      action->port, (int)action->family, (int)action->scope));
}

static void tell_action(struct repair_run *run, const struct action *action)
{
	struct repair_output *output = run->output;
	struct action told = *action;

	told.planned = output->dry_run;
	output->changes++;
	output->failed = output->failed || (told.result != 0 && !plan_is_deferred(&told));
	if (output->json) {
		add_change(output, &told);
		return;
	}
	CLEANUP(cleanup_free) char *line = report_action(&told);
	puts(line);
	fflush(stdout);
}

/* Who is told of STP, by a function that is given nothing else. */
static struct repair_run *recovering;

static void tell_recovery(const struct action *action)
{
	tell_action(recovering, action);
}

void repair_recover_stp(struct repair_run *run)
{
	recovering = run;
	recover_stp(tell_recovery);
}

void repair_tell_actions(struct repair_run *run, const struct plan *plan)
{
	for (size_t i = 0; i < plan->action_count; i++) {
		const struct action *action = &plan->actions[i];
		/* A device that has gone meanwhile, with its guest, is not worth a word. */
		if (action->kind == ACTION_SWEEP || action->result == -ENODEV ||
			!is_new_action(run->output, action))
			continue;
		tell_action(run, action);
		/* What is taken back was logged as it was. */
		if (!run->output->dry_run && !run->output->undo)
			report_done(action);
	}
}

static int status_of(const struct plan *plan, const struct finding *finding)
{
	switch (plan_severity(plan, finding)) {
	case SEVERITY_ERROR:
		return EXIT_FAULTS;
	case SEVERITY_WARNING:
		return EXIT_LEFT;
	default:
		return EXIT_DONE;
	}
}

void repair_tell_left(
	struct repair_run *run, const struct plan *plan, const struct finding *finding)
{
	struct repair_output *output = run->output;
	int status = status_of(plan, finding);

	if (!is_new(output, alloc_format("%s/%s/%s/%s", finding->slug, finding->bridge,
				    finding->port, finding->evidence ? finding->evidence : "")))
		return;
	output->findings++;
	if (status > output->left)
		output->left = status;
	if (output->json) {
		add_left(output, plan, finding);
		return;
	}
	CLEANUP(cleanup_free) char *line = report_finding(plan, finding);
	puts(line);
}

void repair_tell_failure(struct repair_run *run)
{
	run->output->failed = true;
}

static bool fill(struct json_object *document, struct repair_output *output)
{
	bool whole = json_put_count(document, "version", FORMAT_VERSION) &&
		     json_put_text(document, "program", "virt-netboot " VERSION) &&
		     json_put_now(document, "time") &&
		     json_put_bool(document, "dry_run", output->dry_run) &&
		     json_put_bool(document, "undo", output->undo);

	return json_put(document, "changes", json_object_get(output->changes_array)) &&
	       json_put(document, "left", json_object_get(output->left_array)) && whole &&
	       output->whole;
}

/* Return: 0 or a negative errno. */
static int print_rest(struct repair_output *output)
{
	if (output->json) {
		CLEANUP(cleanup_json) struct json_object *document = json_object_new_object();
		return fill(document, output) ? json_write(stdout, document) : -ENOMEM;
	}
	if (output->changes == 0 && output->findings == 0 && !output->failed)
		puts(output->undo ? "nothing to take back" : "nothing to repair");
	return 0;
}

int repair_output_end(struct repair_output *output)
{
	int status = output->left;

	if (output->dry_run && output->changes > 0 && status == EXIT_DONE)
		status = EXIT_LEFT;
	if (print_rest(output) != 0 || output->failed)
		status = EXIT_FAILED;
	repair_output_drop(output);
	return status;
}

void repair_output_drop(struct repair_output *output)
{
	json_object_put(output->changes_array);
	json_object_put(output->left_array);
	for (size_t i = 0; i < output->told_count; i++)
		free(output->told[i]);
	free(output->told);
	free(output);
}
