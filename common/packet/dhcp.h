// SPDX-License-Identifier: GPL-2.0-or-later
/* DHCP as boot firmware speaks it [RFC 2131, 2132, 4578; PXE 2.1], and DHCPv6 [RFC 8415, 5970]. */
#ifndef VIRT_NETBOOT_DHCP_H
#define VIRT_NETBOOT_DHCP_H

#include "mac.h"
#include "packet.h"

#define DHCP_FILE_SIZE 1024

/* Option 93 [IANA "Processor Architecture Types"]. */
enum dhcp_arch { DHCP_ARCH_BIOS = 0, DHCP_ARCH_EFI = 7, DHCP_ARCH_ARM64 = 11, DHCP_ARCH_HTTP = 16 };

struct dhcp_question {
	uint8_t client[MAC_SIZE]; /* chaddr, or in the DUID */
	uint32_t transaction;
	unsigned int seconds; /* since the first one */
	enum dhcp_arch arch;
	unsigned int boot_item; /* of a proxyDHCP server's menu; 0: of none */
};

/* What firmware of this kind calls itself: option 60, and in option 16 of DHCPv6. Return: the
 * text's length. */
#define DHCP_CLASS_SIZE 40
size_t dhcp_class(enum dhcp_arch arch, char text[DHCP_CLASS_SIZE]);

/* The datagrams. DISCOVER asks for answers by broadcast; no server of addresses gets a REQUEST. */
void dhcp_discover(struct packet *out, const struct dhcp_question *question);
void dhcp6_solicit(struct packet *out, const struct dhcp_question *question);

/* To a proxyDHCP server's port 4011 [PXE 2.1, 2.4.5]: the same question, as a REQUEST from an
 * address, to which the answer goes; nothing is leased by it. */
void dhcp_boot_request(
	struct packet *out, const struct dhcp_question *question, const uint8_t address[4]);

/* An answer. Texts end with a NUL; what was in them is untrusted. */
struct dhcp_offer {
	bool proxy;          /* no address, class PXEClient or HTTPClient */
	bool http;           /* class HTTPClient: the file is a URL */
	uint8_t address[16]; /* for the client; zero if none */
	bool has_address;
	uint8_t server[16]; /* option 54; zero if it is not there, and of IPv6: the source is it */
	uint8_t next_server[4];         /* siaddr; option 66 if that is an address */
	char next_name[DHCP_FILE_SIZE]; /* option 66 or sname, where it is a name */
	char file[DHCP_FILE_SIZE];      /* option 67 or file; DHCPv6: the URL of option 59 */
	unsigned int boot_item;         /* the first of its menu that is not the disk; 0 if none */
	uint8_t router[4];
	uint8_t netmask[4];
	uint32_t lease; /* seconds, or 0 */
};

/* Return: false if it is no OFFER (ADVERTISE; ACK of a port 4011) for this question's client and
 * transaction. A NAK or "no addresses available" of DHCPv6 is an answer without an address. */
bool dhcp_read_offer(const uint8_t *data, size_t length, const struct dhcp_question *question,
	struct dhcp_offer *offer);
bool dhcp6_read_advertise(const uint8_t *data, size_t length, const struct dhcp_question *question,
	struct dhcp_offer *offer);

/* A router solicitation, as a whole frame; and what a router says [RFC 4861]. */
struct router_advert {
	uint8_t address[16];
	bool managed;
	bool other;
};

void router_solicit(struct packet *out, const uint8_t mac[MAC_SIZE]);
bool router_read(const uint8_t *bytes, size_t length, struct router_advert *advert);

#endif
