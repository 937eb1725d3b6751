// SPDX-License-Identifier: GPL-2.0-or-later
/* What a probe saw. Plain data; seconds count from the moment its card was plugged in. */
#ifndef VIRT_NETBOOT_PROBE_RESULT_H
#define VIRT_NETBOOT_PROBE_RESULT_H

#include "drop.h"
#include "family.h"
#include "ifname.h"
#include "mac.h"
#include "probe_request.h"

#include <stdbool.h>
#include <stddef.h>

#define PROBE_ADDRESS_SIZE 46 /* INET6_ADDRSTRLEN */

/* For the name of a <filterref>, which may be cut. */
#define PROBE_FILTER_SIZE 72

/* No time: it did not happen. */
#define PROBE_NEVER (-1.0)

/* A UDP checksum as a guest's driver is handed it. */
enum probe_checksum {
	PROBE_CHECKSUM_NONE, /* zero: IPv4's "not computed", which all accept */
	PROBE_CHECKSUM_OK,
	PROBE_CHECKSUM_BAD,
};

/* Where an answer comes from. */
enum probe_origin {
	PROBE_ORIGIN_UNKNOWN,
	PROBE_ORIGIN_HOST,   /* a program of this host */
	PROBE_ORIGIN_GUEST,  /* another port of the bridge: a guest's, or a container's */
	PROBE_ORIGIN_UPLINK, /* beyond the bridge's way out */
};

/* One server of DHCP or DHCPv6 that answered. */
struct probe_server {
	enum ip_family family;
	char address[PROBE_ADDRESS_SIZE];
	char mac[MAC_TEXT_SIZE];
	enum probe_origin origin;
	char port[IFNAME_SIZE]; /* of the bridge, by which it is reached; or empty */
	char *program;          /* "dnsmasq (process 812)", the guest's name, ...; or NULL */
	double first_asked;     /* when the first request went out that it can have got */
	double answered;
	bool proxy;                       /* it gives no address, only boot files */
	bool http;                        /* it calls itself HTTPClient: the file is a URL */
	char offered[PROBE_ADDRESS_SIZE]; /* the address for the guest, or empty */
	char next_server[PROBE_ADDRESS_SIZE];
	char *boot_file;              /* its name, or a URL; NULL if none is named */
	enum probe_checksum offload;  /* as a guest sees it that takes partial checksums */
	enum probe_checksum firmware; /* and one that does not */
};

enum probe_transfer_kind { PROBE_TRANSFER_TFTP, PROBE_TRANSFER_HTTP };

/* The boot file, as far as it was read. */
struct probe_transfer {
	enum probe_transfer_kind kind;
	enum ip_family family;
	char server[PROBE_ADDRESS_SIZE];
	char source[PROBE_ADDRESS_SIZE]; /* the address it was asked from */
	char *file;
	char *skipped; /* why it was not tried, in a sentence; or NULL */
	char *error;   /* what the server said instead, or what did not come; or NULL if well */
	bool answered;
	bool options;             /* TFTP: an OACK came */
	unsigned long long size;  /* of the file, as the server says; 0 if it does not */
	unsigned long long bytes; /* read */
	double seconds;           /* for them */
	unsigned int status;      /* HTTP: 200, ...; or 0 */
	enum probe_checksum offload;
	enum probe_checksum firmware;
};

/* What an IPv6 router says of itself. */
struct probe_router {
	bool answered;
	char address[PROBE_ADDRESS_SIZE];
	bool managed; /* addresses come by DHCPv6 */
	bool other;   /* other configuration does */
};

struct probe_result {
	enum probe_target target;
	const char *name;         /* the request's */
	char device[IFNAME_SIZE]; /* the bridge, or the macvtap's parent device */
	bool direct;              /* a macvtap on it; not a tap of a bridge */
	bool lends_mac; /* the bridge had no other port, and took the probe's MAC address */
	unsigned char mac[MAC_SIZE];    /* the frames' */
	char client[MAC_TEXT_SIZE];     /* who was asked for */
	unsigned int vlan;              /* 0 if none was asked for */
	char filter[PROBE_FILTER_SIZE]; /* of the guest's port, which was not tried; or empty */
	enum probe_arch arch;
	enum probe_view view;

	double hold;      /* how long the bridge delays a new port; 0 if it does not */
	double forwarded; /* when the port forwarded; or PROBE_NEVER */
	double asked;     /* the first request */
	double waited;    /* how long answers were waited for, from forwarded on */

	struct probe_server *servers; /* in the order of their answers */
	size_t server_count;
	size_t answers_left_out; /* of further servers, which are not among them */
	struct probe_transfer *transfers;
	size_t transfer_count;
	struct probe_router router;

	struct drop_report drops; /* of the IPv4 request, if nobody answered it */
	char *host_server;        /* "dnsmasq (process 812)"; or NULL */
	bool host_serves;         /* a program of this host listens for DHCP at this bridge */
	bool host_reads_frames;   /* it takes whole frames, so it needs no UDP port */
	bool ipv6_asked;
	bool wait_ended_early; /* because it is known who drops the requests */
	bool interrupted;      /* by a signal, before it was over */
	bool not_begun;        /* not even plugged in: another probe was waited for */
};

void probe_result_clear(struct probe_result *result);

#endif
