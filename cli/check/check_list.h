// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What `virt-netboot check` has found out: a list of lines, each the answer to one question about
 * one object. Every format (text, JSON, Prometheus) is a walk over it.
 */
#ifndef VIRT_NETBOOT_CHECK_LIST_H
#define VIRT_NETBOOT_CHECK_LIST_H

#include "plan.h"

#include <stdbool.h>
#include <stddef.h>

enum check_level { CHECK_HOST, CHECK_BRIDGE, CHECK_NETWORK, CHECK_GUEST, CHECK_LEVELS };

/* More is worse. */
enum check_result { CHECK_PASS, CHECK_NOTE, CHECK_WARN, CHECK_FAIL, CHECK_RESULTS };

/* What is asked. */
struct check_question {
	enum check_level level;
	const char *id;   /* its stable name: "bridge-hold" */
	const char *what; /* the rest of "Checking ...": "time until a new port forwards" */
};

struct check_line {
	const struct check_question *question;
	char *object;    /* the bridge, network or guest; NULL for the host */
	char *interface; /* of a guest: its port, or else its MAC address; or NULL */
	enum check_result result;
	char *value;          /* what was seen, in a word or two: "30.0 s"; or NULL */
	const char *slug;     /* the finding, or NULL; a string that is never freed */
	const char *severity; /* of it, if nothing repairs it; likewise */
	char *evidence;       /* the finding's own, each NULL if it has none */
	char *cure;
	char *advice;
	char *probe; /* a command that knows what this only suspects, or NULL */
};

/* What was measured of a bridge, beside its lines. */
struct check_bridge {
	char name[IFNAME_SIZE];
	double hold; /* seconds until a new port forwards */
	bool is_root;
};

struct check_list {
	struct check_line *lines;
	size_t count;
	struct check_bridge *bridges;
	size_t bridge_count;
	size_t incomplete; /* how many things could not be looked at; each was said on stderr */
	double seconds;    /* how long it took */
};

/**
 * check_add() - add a line
 * @object, @interface:	copied; may be NULL
 * @value:	taken; may be NULL
 *
 * Return: the line, which the next call moves.
 */
struct check_line *check_add(struct check_list *list, const struct check_question *question,
	const char *object, const char *interface, enum check_result result, char *value);

/* The same with a finding: its slug, evidence, cure and advice; those of @plan. */
struct check_line *check_add_finding(struct check_list *list, const struct check_question *question,
	const char *object, const char *interface, enum check_result result,
	const struct plan *plan, const struct finding *finding);

/* How many lines have a result, of all levels. */
size_t check_count(const struct check_list *list, enum check_result result);

/* The result's and the level's names: "PASS", "bridge". */
const char *check_result_name(enum check_result result);
const char *check_level_name(enum check_level level);

void check_list_clear(struct check_list *list);

#endif
