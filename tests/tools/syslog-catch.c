// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * syslog-catch SOCKET FILE: stands in for the system log in a test's sandbox.
 * Each datagram that arrives at SOCKET is appended to FILE, one line each.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char line[65536];
	ssize_t length;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
		fprintf(stderr, "usage: syslog-catch SOCKET FILE\n");
		return 2;
	}
	memcpy(address.sun_path, argv[1], strlen(argv[1]) + 1);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int out = open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0 || out < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("syslog-catch");
		return 1;
	}
	while ((length = recv(fd, line, sizeof(line) - 1, 0)) >= 0) {
		while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\0'))
			length--;
		line[length++] = '\n';
		if (write(out, line, (size_t)length) != length)
			return 1;
	}
	return 1;
}
