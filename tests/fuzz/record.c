// SPDX-License-Identifier: GPL-2.0-or-later
/* record-TARGET QUESTION: asks the kernel itself, and writes an input for the target: the question,
 * a number, as a byte, and all that the kernel sent. See record.sh. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Libraries are to find what is here. */
#pragma GCC visibility push(default)

/* The input's answers are not played back. */
void kernel_answers(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
}

/* libnl's calls come here. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t length = syscall(SYS_recvmsg, fd, message, flags);

	if (length > 0 && !(flags & MSG_PEEK))
		fwrite(message->msg_iov->iov_base, 1, (size_t)length, stdout);
	return length;
}

int main(int argc, char **argv)
{
	uint8_t question = argc == 2 ? (uint8_t)strtoul(argv[1], NULL, 10) : 0;

	if (argc != 2) {
		fprintf(stderr, "usage: %s QUESTION\n", argv[0]);
		return 2;
	}
	putchar(question);
	LLVMFuzzerTestOneInput(&question, 1);
	return ferror(stdout) || fflush(stdout) != 0;
}
