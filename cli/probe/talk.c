// SPDX-License-Identifier: GPL-2.0-or-later
#include "talk.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t signalled;

static void note_signal(int signal)
{
	signalled = signal;
}

/* One that is ignored stays so: nohup(1). */
static void catch_signal(int signal)
{
	/* Without SA_RESTART: poll(2) is to return. */
	const struct sigaction action = {.sa_handler = note_signal};
	struct sigaction before;

	if (sigaction(signal, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		(void)sigaction(signal, &action, NULL);
}

void talk_catch_signals(void)
{
	catch_signal(SIGINT);
	catch_signal(SIGTERM);
	catch_signal(SIGHUP);
}

bool talk_is_over(const struct talk *talk)
{
	return signalled || talk->error;
}

double talk_seconds(const struct talk *talk)
{
	return (double)(clock_now() - talk->start) / (double)NANOSECONDS;
}

long long talk_moment(double seconds)
{
	return clock_now() + (long long)(seconds * (double)NANOSECONDS);
}

void talk_send(struct talk *talk, const struct packet *packet)
{
	if (talk->finder)
		drop_begin_write(talk->finder);
	/* Lost, as on a wire, when the port is not ready: requests are sent again. */
	if (write(talk->card.fd, packet->bytes, packet->length) < 0 && errno != EAGAIN &&
		errno != EIO && errno != EINTR && errno != ENOBUFS)
		talk->error = -errno;
	if (talk->finder)
		drop_end_write(talk->finder);
}

static int milliseconds_until(long long moment)
{
	long long left = (moment - clock_now()) / NANOSECONDS_PER_MILLISECOND;

	return left < 0 ? 0 : (int)(left > 1000 ? 1000 : left + 1);
}

/* Return: false if there is none at the moment. */
static bool read_frame(struct talk *talk, struct talk_frame *frame)
{
	ssize_t length = read(talk->card.fd, frame->bytes, sizeof(frame->bytes));

	if (length < 0 && errno != EAGAIN && errno != EINTR)
		talk->error = -errno;
	frame->length = length < 0 ? 0 : (size_t)length;
	return length > 0;
}

/* Return: true if somebody asked for an address of ours. */
static bool answer_neighbour(struct talk *talk, const struct talk_frame *frame)
{
	struct packet answer;

	if (!frame_answer_neighbour(frame->bytes, frame->length, &talk->identity, &answer) &&
		!frame_answer_neighbour(frame->bytes, frame->length, &talk->borrowed, &answer))
		return false;
	talk_send(talk, &answer);
	return true;
}

bool talk_next(struct talk *talk, long long until, struct talk_frame *frame)
{
	/* Also where frames never cease. */
	while (!talk_is_over(talk) && clock_now() < until) {
		struct pollfd card = {.fd = talk->card.fd, .events = POLLIN};

		if (!read_frame(talk, frame))
			(void)poll(&card, 1, milliseconds_until(until));
		else if (!answer_neighbour(talk, frame))
			return true;
	}
	return false;
}

static bool progress_shown;

void talk_progress(struct talk *talk, const char *what, double seconds)
{
	/* What is over soon needs no words. */
	if (talk_seconds(talk) < 1 || isatty(STDERR_FILENO) != 1)
		return;
	progress_shown = true;
	fprintf(stderr, "\r\033[Kwaiting for %s: %.0f s, at most %.0f s more", what,
		talk_seconds(talk), seconds);
	fflush(stderr);
}

void talk_progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

void talk_address(char text[PROBE_ADDRESS_SIZE], enum ip_family family, const uint8_t *address)
{
	if (!inet_ntop(family == IPV4 ? AF_INET : AF_INET6, address, text, PROBE_ADDRESS_SIZE))
		*text = '\0';
}
