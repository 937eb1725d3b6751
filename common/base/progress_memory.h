// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The memory that the guard and its work share. Only the guard (hooks/) looks into it, and believes
 * nothing of what it finds there before it has checked it: the work may have gone mad.
 */
#ifndef VIRT_NETBOOT_PROGRESS_MEMORY_H
#define VIRT_NETBOOT_PROGRESS_MEMORY_H

#include "progress.h"

#include <stdatomic.h>

#define PROGRESS_STEP_SIZE 96
#define PROGRESS_DONE_SIZE 640 /* with all else that the guard has to say, one value of the log */
#define PROGRESS_REFUSAL_SIZE 1024
#define PROGRESS_LOG_SIZE (4U << 20) /* findings of 3000 interfaces of a guest with a long name */

/* What the work wants of the hook when it has ended well. Not numbers that garbage is likely to be.
 */
#define PROGRESS_DONE 0U
#define PROGRESS_REFUSED 0x6e620001U
#define PROGRESS_ANSWERED 0x6e620002U

/* The work has ended well, if not yet its process. */
#define PROGRESS_ENDED 0x6e620003U

struct progress_memory {
	long long start;       /* CLOCK_MONOTONIC, ns */
	int priority;          /* nice value, for what nobody waits for */
	atomic_llong deadline; /* ns from start */
	char step[PROGRESS_STEP_SIZE];
	char done[PROGRESS_DONE_SIZE]; /* a list, as far as there is room for it */
	unsigned int done_more;        /* how many more there are */
	unsigned int outcome;          /* one of those above, or something is wrong */
	atomic_uint ended;             /* PROGRESS_ENDED, after all else was written */
	char refusal[PROGRESS_REFUSAL_SIZE];
	enum progress_log_case log_case; /* of the next line */
	unsigned int log_length;     /* of what is in log: lines, each a digit (its level), a letter
				      * (its case), text, NUL */
	unsigned int log_lost;       /* how many lines had no room there */
	char log[PROGRESS_LOG_SIZE]; /* pages that are not written to cost nothing */
	size_t answer_length;
	char answer[PROGRESS_ANSWER_MAX];
};

/* From now on this process, a child of the guard, tells its progress there. */
void progress_attach(struct progress_memory *shared);

/* A second, in ns, where deadlines are counted; tests shorten it. */
extern long long progress_second;

#endif
