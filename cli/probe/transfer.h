// SPDX-License-Identifier: GPL-2.0-or-later
/* How a boot file is read, for who does it by one protocol or the other. */
#ifndef VIRT_NETBOOT_TRANSFER_H
#define VIRT_NETBOOT_TRANSFER_H

#include "talk.h"
#include "url.h"

/* Seconds between two tries, and how many of them. */
#define TRANSFER_RETRY 1.0
#define TRANSFER_TRIES 4

/* Who is slow is not waited for beyond this, in seconds. */
#define TRANSFER_ENOUGH 10.0

/* One file, and the way to it: the address that was borrowed, the server's, and its MAC address or
 * a router's. */
struct reading {
	struct probe_transfer *transfer;
	struct flow flow;
	struct url url;   /* HTTP; its texts are transfer->file's */
	const char *name; /* TFTP: of the file, on the server */
	bool invented;    /* TFTP: nobody has named a file, and there is none of this name */
};

/* The first block to the last, or as much as is enough; tftp.c. */
void transfer_by_tftp(struct talk *talk, struct reading *reading);

/* Whether it is there, and how large it is; http.c. */
void transfer_by_http(struct talk *talk, struct reading *reading);

/* True if it is from this server to this card. */
bool transfer_is_from(const struct datagram *datagram, const struct flow *flow);

/* Return: what somebody on the way says of the request, if the frame is about that: why it did not
 * get to the server; or NULL. */
const char *transfer_refusal(
	const struct talk_frame *frame, const struct flow *flow, enum probe_transfer_kind kind);

/* Note how a part of it has arrived. */
void transfer_note_checksums(struct probe_transfer *transfer, const struct datagram *datagram);

#endif
