// SPDX-License-Identifier: GPL-2.0-or-later
/* Ethernet frames with UDP (tcp.h: TCP) in IPv4 or IPv6, as a guest's card sends and gets them. */
#ifndef VIRT_NETBOOT_FRAME_H
#define VIRT_NETBOOT_FRAME_H

#include "family.h"
#include "mac.h"
#include "packet.h"

/* What is before each frame that a tap or macvtap with IFF_VNET_HDR moves [linux
 * include/uapi/linux/virtio_net.h, struct virtio_net_hdr_mrg_rxbuf]. */
#define FRAME_CARD_HEADER 12

/* Where a datagram comes from and goes to. IPv4 addresses are in the first 4 bytes. */
struct flow {
	enum ip_family family;
	uint8_t from_mac[MAC_SIZE];
	uint8_t to_mac[MAC_SIZE];
	uint8_t from[16];
	uint8_t to[16];
	uint16_t from_port;
	uint16_t to_port;
};

/* A checksum as a driver is handed it; ZERO: not computed, UDP in IPv4 only. */
enum frame_checksum { FRAME_CHECKSUM_ZERO, FRAME_CHECKSUM_OK, FRAME_CHECKSUM_BAD };

/* A datagram that arrived. */
struct datagram {
	struct flow flow;
	const uint8_t *data; /* inside of the bytes that were read */
	size_t length;
	bool tagged;                  /* with a VLAN tag, which firmware does not take */
	unsigned int vlan;            /* of the outermost tag */
	bool partial;                 /* the card's header says: checksum to be completed */
	enum frame_checksum offload;  /* as it is: for a driver that takes partial checksums */
	enum frame_checksum firmware; /* after the kernel has completed it, where it is partial: for
				       * a driver that does not [linux skb_checksum_help()] */
};

/* Who a card is: to answer who asks for its addresses. */
struct frame_identity {
	uint8_t mac[MAC_SIZE];
	bool has4;
	uint8_t address4[4];
	bool has6;
	uint8_t address6[16];
};

/* Make what is written to the card: its header, the frame, a complete checksum. */
void frame_write_udp(struct packet *out, const struct flow *flow, const struct packet *data);

/* Read what a card gave: header and frame. Return: false if it is no whole UDP datagram (fragments
 * are none). VLAN tags are skipped. */
bool frame_read_udp(const uint8_t *bytes, size_t length, struct datagram *datagram);

/* Answer an ARP request or a neighbour solicitation for an address of ours. Return: false if it is
 * none. */
bool frame_answer_neighbour(const uint8_t *bytes, size_t length,
	const struct frame_identity *identity, struct packet *answer);

/* Ask who has @address: ARP or a neighbour solicitation, from an address of @identity. */
void frame_write_neighbour_request(struct packet *out, const struct frame_identity *identity,
	enum ip_family family, const uint8_t *address);

/* The MAC address in an answer to that. Return: false if the frame is none for @address. */
bool frame_read_neighbour(const uint8_t *bytes, size_t length, enum ip_family family,
	const uint8_t *address, uint8_t mac[MAC_SIZE]);

/* fe80::/64 address of a MAC address [RFC 4291, appendix A]. */
void frame_link_local(const uint8_t mac[MAC_SIZE], uint8_t address[16]);

#endif
