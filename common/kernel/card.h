// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of cards have in common; for those only. See host.h, host_card_open(). */
#ifndef VIRT_NETBOOT_CARD_H
#define VIRT_NETBOOT_CARD_H

#include "host.h"
#include "link.h"

/*
 * What each card's name begins with. The rest is a number: never "vnet", which is libvirt's for its
 * guests [libvirt VIR_NET_GENERATED_VNET_PREFIX].
 */
#define CARD_NAME "vnbprobe"

/* Find out the index of the card that has this name. */
int card_find(struct card *card);

/* Set an attribute IFLA_... of a link, which is a number. */
int card_set_number(unsigned int ifindex, int attribute, uint32_t value);

/* Set its MAC address. */
int card_set_mac(unsigned int ifindex, const unsigned char mac[MAC_SIZE]);

/* Keep the kernel from giving it an IPv6 address of its own when it is up. */
int card_set_no_address(unsigned int ifindex);

int card_set_up(unsigned int ifindex);

/* Have the open device @fd move frames behind a virtio-net header of 12 bytes, and hand over
 * partial checksums if its driver takes them. */
int card_set_header(int fd, bool partial);

/* card_tap.c, card_macvtap.c: @card is as host_card_open() has it, filled in as far as it got. */
int card_tap_open(const struct card_wish *wish, struct card *card);
int card_macvtap_open(const struct card_wish *wish, struct card *card);

/* Delete the macvtap and end its guardian. */
void card_macvtap_close(const struct card *card);

/* A macvtap of ours. */
struct card_macvtap {
	char name[IFNAME_SIZE];
	unsigned char mac[MAC_SIZE];
	unsigned int ifindex; /* or 0: it is to be found by its name */
};

/* card_guardian.c: delete the macvtap if it is there, and is still the one. */
int card_macvtap_delete(const struct card_macvtap *macvtap);

/*
 * Start a process that deletes a macvtap when this one has ended, in whatever way. Return: a
 * socket, for the others; or a negative errno.
 */
int card_guardian_start(void);

/* Tell it which one. What it was told before it forgets. */
int card_guardian_tell(int guardian, const struct card_macvtap *macvtap);

/* Have it delete the macvtap now, and end. Return: 0 when that is done; or a negative errno. */
int card_guardian_end(int guardian);

/*
 * card_node.c: open a macvtap's character device. Return: a descriptor that does not block, or a
 * negative errno.
 */
int card_node_open(const char *name, unsigned int ifindex);

#endif
