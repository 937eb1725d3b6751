// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which packets a table of netfilter's is sure to fill the checksums of, by the verdicts of its
 * rules. Knows neither libiptc nor nf_tables: who reads a table says of each rule which packets it
 * is for (udp_match.h) and what it does with them.
 */
#ifndef VIRT_NETBOOT_VERDICTS_H
#define VIRT_NETBOOT_VERDICTS_H

#include "udp_match.h"

#include <stddef.h>

/* What a rule does with the packets that it is for. */
enum verdict {
	VERDICT_CONTINUE, /* nothing that matters here */
	VERDICT_FILL,     /* fills their checksums; they go on to the next rule */
	VERDICT_ZERO,     /* sets them to zero, filled or not; likewise */
	VERDICT_END,      /* takes them out of the table, in whatever way */
	VERDICT_RETURN,
	VERDICT_JUMP,
	VERDICT_GOTO,
};

struct verdict_rule {
	struct udp_match match;
	enum verdict verdict;
	char *chain; /* to jump or to go to */
};

/* The rules of a chain, in their order. All zero is one without rules. */
struct verdict_chain {
	struct verdict_rule *rules;
	size_t count;
};

/* Add a rule; @target, which is copied, is the chain to jump or to go to, or NULL. */
void verdict_chain_add(struct verdict_chain *chain, struct udp_match match, enum verdict verdict,
	const char *target);

/* Take all rules out again. */
void verdict_chain_clear(struct verdict_chain *chain);

/*
 * Reads one chain of a table. @chain is empty before, and has the rules afterwards; none if there
 * is no such chain. Return: 0, or a negative errno.
 */
typedef int verdict_reader(const char *name, struct verdict_chain *chain, void *argument);

/**
 * verdicts_filled() - follow packets through a table
 * @base:	the chain where they enter it
 * @read:	called once for each chain that they may come to
 * @argument:	handed to @read
 * @filled:	gets what is filled for certain, whatever the conditions that are not understood
 *		may come to
 *
 * Return: 0, or the negative errno of @read, with nothing filled.
 */
int verdicts_filled(
	const char *base, verdict_reader *read, void *argument, enum fill_scope *filled);

/**
 * verdicts_zeroed() - ask whether packets to DHCP clients have their checksums set to zero
 * @base, @read, @argument:	as for verdicts_filled()
 * @zeroed:	gets true if they meet such a rule, unless a condition that is not understood keeps
 *		them from it
 *
 * Return: 0, or the negative errno of @read.
 */
int verdicts_zeroed(const char *base, verdict_reader *read, void *argument, bool *zeroed);

#endif
