// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * UDP sockets without sock_diag(7), for a process that must not make the kernel load a module.
 *
 * Theory of operation
 *
 * /proc/net/udp has their addresses, but not to which device one is bound. The socket itself tells
 * that, through a copy of its owner's descriptor: pidfd_getfd(2), since Linux 5.6. Root may have
 * one of every process in its PID namespace.
 *
 * To find the owners, the descriptors of all processes are looked through: 50 ms on a host with
 * 1000 processes. So what a socket has told is kept for the next question.
 */
#ifndef VIRT_NETBOOT_PROC_SOCKETS_H
#define VIRT_NETBOOT_PROC_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

struct proc_socket {
	unsigned long inode;
	unsigned char address[16]; /* of IPv4 the first four */
	bool known;                /* the rest is; it is not if the owner cannot be asked */
	unsigned int device;       /* or 0 */
	bool v6only;
};

/**
 * proc_sockets_read() - list UDP sockets of this network namespace without a peer
 * @family:	AF_INET or AF_INET6
 * @port:	their own
 * @sockets:	gets an array the caller frees
 * @count:	gets its length
 *
 * Return: 0, also without IPv6; or a negative errno.
 */
int proc_sockets_read(
	unsigned char family, unsigned int port, struct proc_socket **sockets, size_t *count);

/**
 * proc_sockets_parse() - read one line of /proc/net/udp or udp6
 * @line:	is changed
 * @port:	wanted
 * @socket:	gets inode and address
 *
 * Return: false if it is none of those wanted [linux net/ipv4/udp.c, udp4_format_sock()].
 */
bool proc_sockets_parse(
	char *line, unsigned char family, unsigned int port, struct proc_socket *socket);

/* The inode of the socket that a process has as a descriptor, by the name of that in /proc/PID/fd;
 * 0 if it is none. */
unsigned long proc_socket_at(int directory, const char *name);

#endif
