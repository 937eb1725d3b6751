// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The story in the order in which things happened, then what is wrong, then what it means for each
 * kind of client. Lines end before column 80, but for commands, which have to be pasted.
 */
#include "probe_writers.h"

#include "alloc.h"
#include "cleanup.h"
#include "fields.h"
#include "probe_clients.h"
#include "probe_lines.h"
#include "probe_story.h"
#include "probe_words.h"
#include "shown.h"

#include <stdlib.h>
#include <string.h>

#define NAME_WIDTH 17 /* of a client */

struct report {
	FILE *file;
	const struct probe_result *result;
	const struct probe_judgement *judgement;
	bool colour;
};

static const char *style(const struct report *report, const char *code)
{
	return report->colour ? code : "";
}

#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define PLAIN "\033[0m"

/*
 * What is wrong.
 */

/* One command a line, as it is to be pasted. */
static void put_cure(FILE *file, const char *cure)
{
	while (*cure) {
		size_t length = strcspn(cure, "\n");
		CLEANUP(cleanup_free) char *line = alloc_format("%.*s", (int)length, cure);
		CLEANUP(cleanup_free) char *shown = shown_text(line);
		fprintf(file, "    %s\n", shown);
		cure += length + (cure[length] == '\n');
	}
}

/* What a finding advises, unless the one before it did so, too. */
static const char *new_advice(const struct plan *plan, size_t index)
{
	const char *advice = plan_advice(plan, &plan->findings[index]);
	const char *before = index > 0 ? plan_advice(plan, &plan->findings[index - 1]) : NULL;

	return advice && before && strcmp(advice, before) == 0 ? NULL : advice;
}

static void put_finding(const struct report *report, size_t index)
{
	const struct finding *finding = &report->judgement->plan.findings[index];
	const char *advice = new_advice(&report->judgement->plan, index);
	const char *code = finding->severity == SEVERITY_ERROR     ? RED
			   : finding->severity == SEVERITY_WARNING ? YELLOW
								   : "";

	fprintf(report->file, "\n%s%s%s: ", style(report, code), finding->slug,
		style(report, *code ? PLAIN : ""));
	probe_put_lines(report->file, strlen(finding->slug) + 2, 2, finding->evidence);
	if (finding->cure)
		put_cure(report->file, finding->cure);
	if (advice) {
		fputs("  ", report->file);
		probe_put_lines(report->file, 2, 2, advice);
	}
}

static void put_trouble(const struct report *report)
{
	const struct drop_report *drops = &report->result->drops;

	if (!drops->trouble)
		return;
	fputs("\nNot every way of the packet could be followed: ", report->file);
	probe_put_lines(report->file, 47, 2, drops->trouble);
}

/*
 * The verdicts.
 */

static bool names_boot_file(const struct probe_result *result)
{
	for (size_t i = 0; i < result->server_count; i++) {
		if (result->servers[i].boot_file)
			return true;
	}
	return false;
}

static char *give_up_text(const struct probe_verdict *verdict)
{
	return verdict->gives_up < 0 ? alloc_copy("asks for ever")
				     : alloc_format("gives up at %.0f s", verdict->gives_up);
}

/* If it was not, nobody knows whether anybody boots. */
static bool was_file_read(const struct probe_result *result)
{
	for (size_t i = 0; i < result->transfer_count; i++) {
		const struct probe_transfer *transfer = &result->transfers[i];
		if (transfer->family == IPV4 && !transfer->skipped &&
			!probe_transfer_failed(transfer))
			return true;
	}
	return false;
}

static char *verdict_text(const struct report *report, enum probe_client client)
{
	const struct probe_result *result = report->result;
	const struct probe_verdict *verdict = &report->judgement->clients[client];
	bool named = probe_client_netboots(client) && names_boot_file(result);
	bool read = named && was_file_read(result);
	CLEANUP(cleanup_free) char *end = give_up_text(verdict);

	if (verdict->boots)
		return alloc_format("would %s, at %.1f s%s", read ? "boot" : "get its address",
			verdict->needed, named && !read ? "; the boot file was not read" : "");
	if (result->interrupted && probe_count_addresses(result) == 0)
		return alloc_copy("not known");
	return alloc_format("would not: %s; %s", verdict->why, end);
}

static void put_verdict(const struct report *report, enum probe_client client)
{
	bool boots = report->judgement->clients[client].boots;
	CLEANUP(cleanup_free) char *text = verdict_text(report, client);

	fprintf(report->file, "  %s%-*s%s", style(report, boots ? GREEN : RED), NAME_WIDTH,
		probe_client_name(client), style(report, PLAIN));
	probe_put_lines(report->file, NAME_WIDTH + 2, NAME_WIDTH + 2, text);
}

/* The finding that says more, or NULL. */
static const char *worst_slug(const struct plan *plan)
{
	const struct finding *worst = NULL;

	for (size_t i = 0; i < plan->finding_count; i++) {
		const struct finding *finding = &plan->findings[i];
		if (!worst || finding->severity < worst->severity)
			worst = finding;
	}
	return worst ? worst->slug : NULL;
}

static char *sum_text(const struct report *report)
{
	unsigned int boots = 0;

	for (enum probe_client client = 0; client < CLIENTS; client++)
		boots += report->judgement->clients[client].boots;
	if (report->result->interrupted)
		return alloc_copy("The probe was interrupted: this is what was seen until then.");
	if (boots == CLIENTS)
		return alloc_format("All clients would %s%s.",
			was_file_read(report->result) ? "boot" : "get their address",
			*report->result->filter
				? ", unless the guest's network filter drops their packets"
				: "");
	if (boots == 0)
		return alloc_copy("No client would boot.");
	return alloc_format("%u of %u clients would not boot.", CLIENTS - boots, CLIENTS);
}

static void put_sum(const struct report *report)
{
	CLEANUP(cleanup_free) char *sum = sum_text(report);
	const char *slug = worst_slug(&report->judgement->plan);

	probe_put_sentence(report->file,
		slug ? alloc_format("%s `virt-netboot explain %s` says more.", sum, slug)
		     : alloc_copy(sum));
}

void probe_write_text(FILE *file, const struct probe_result *result,
	const struct probe_judgement *judgement, bool colour)
{
	const struct report report = {file, result, judgement, colour};

	probe_write_story(file, result);
	for (size_t i = 0; i < judgement->plan.finding_count; i++)
		put_finding(&report, i);
	put_trouble(&report);
	fputs("\nClients, in seconds after their start:\n", file);
	for (enum probe_client client = 0; client < CLIENTS; client++)
		put_verdict(&report, client);
	fputc('\n', file);
	put_sum(&report);
}
