// SPDX-License-Identifier: GPL-2.0-or-later
/* TFTP as far as a boot file is read with it [RFC 1350, 2347, 2348, 2349]. */
#ifndef VIRT_NETBOOT_TFTP_H
#define VIRT_NETBOOT_TFTP_H

#include "packet.h"

#define TFTP_BLOCK_SIZE 1432 /* as iPXE and EDK2 ask for; fits into one frame */
#define TFTP_PLAIN_BLOCK_SIZE 512

enum tftp_kind { TFTP_OTHER, TFTP_DATA, TFTP_ERROR, TFTP_OPTIONS };

struct tftp_message {
	enum tftp_kind kind;
	unsigned int block;  /* TFTP_DATA */
	const uint8_t *data; /* TFTP_DATA; not ended */
	size_t length;
	unsigned int code; /* TFTP_ERROR */
	char text[128];    /* TFTP_ERROR: what the server says, untrusted */
	bool has_size;     /* TFTP_OPTIONS: tsize */
	unsigned long long size;
	size_t block_size; /* TFTP_OPTIONS: that the server agreed to, or TFTP_PLAIN_BLOCK_SIZE */
};

/* A read request, octet, with tsize and blksize. Return: false if the name does not fit. */
bool tftp_read_request(struct packet *out, const char *file);
void tftp_ack(struct packet *out, unsigned int block);
/* Says that no more is wanted. */
void tftp_abort(struct packet *out);

/* Return: false if it is none. */
bool tftp_read(const uint8_t *data, size_t length, struct tftp_message *message);

#endif
