// SPDX-License-Identifier: GPL-2.0-or-later
#include "progress.h"

#include "character.h"
#include "clock.h"
#include "progress_memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

long long progress_second = NANOSECONDS;

static struct progress_memory *memory;

/* To be woken when the deadline has moved. */
static pid_t guard;

/* The deadline before a wait, and when the wait began and must end; ns from start. */
static struct {
	long long deadline;
	long long begin;
	long long limit;
} wait_for_others;

void progress_attach(struct progress_memory *shared)
{
	memory = shared;
	guard = getppid();
}

void progress_leave(void)
{
	if (memory)
		setpriority(PRIO_PROCESS, 0, memory->priority);
	memory = NULL;
}

bool progress_is_guarded(void)
{
	return memory != NULL;
}

/* The guard waits for the old deadline. */
static void move_deadline(long long deadline)
{
	memory->deadline = deadline;
	kill(guard, SIGCHLD);
}

void progress_set_deadline(unsigned int seconds)
{
	if (memory)
		move_deadline(seconds * progress_second);
}

static long long smaller(long long one, long long other)
{
	return one < other ? one : other;
}

static long long passed(void)
{
	return clock_now() - memory->start;
}

void progress_wait_begin(unsigned int seconds)
{
	long long limit = seconds * progress_second;

	if (!memory)
		return;
	wait_for_others.deadline = memory->deadline;
	wait_for_others.begin = passed();
	wait_for_others.limit = limit > memory->deadline ? limit : memory->deadline;
	move_deadline(wait_for_others.limit);
}

void progress_wait_end(void)
{
	if (memory)
		move_deadline(smaller(wait_for_others.deadline + passed() - wait_for_others.begin,
			wait_for_others.limit));
}

void progress_step(const char *step)
{
	if (memory)
		text_cut(memory->step, sizeof(memory->step), step);
}

/* What is too much for the list is counted, and so is all after it. */
void progress_done(const char *what)
{
	if (!memory)
		return;
	size_t used = strnlen(memory->done, PROGRESS_DONE_SIZE);
	if (memory->done_more > 0 || used + strlen(what) + sizeof(", ") > PROGRESS_DONE_SIZE)
		memory->done_more++;
	else
		snprintf(memory->done + used, PROGRESS_DONE_SIZE - used, "%s%s",
			used > 0 ? ", " : "", what);
}

void progress_log_for(enum progress_log_case which)
{
	if (memory)
		memory->log_case = which;
}

/* The length last: the guard may look while this is done. */
bool progress_log(int level, const char *line)
{
	size_t length = strlen(line) + 3;
	size_t used;

	if (!memory)
		return false;
	used = memory->log_length;
	if (used + length > PROGRESS_LOG_SIZE) {
		memory->log_lost++;
		return true;
	}
	memory->log[used] = (char)('0' + level);
	memory->log[used + 1] = (char)memory->log_case;
	memcpy(memory->log + used + 2, line, length - 2);
	memory->log_length = (unsigned int)(used + length);
	return true;
}

void progress_refuse(const char *reason)
{
	if (!memory)
		return;
	text_cut(memory->refusal, sizeof(memory->refusal), reason);
	memory->outcome = PROGRESS_REFUSED;
}

int progress_answer(const char *text, size_t length)
{
	if (length > PROGRESS_ANSWER_MAX)
		return -EFBIG;
	if (!memory)
		return 0;
	memcpy(memory->answer, text, length);
	memory->answer_length = length;
	memory->outcome = PROGRESS_ANSWERED;
	return 0;
}
