// SPDX-License-Identifier: GPL-2.0-or-later
/* What `virt-netboot probe` is asked for. Plain data: arguments of the program. */
#ifndef VIRT_NETBOOT_PROBE_REQUEST_H
#define VIRT_NETBOOT_PROBE_REQUEST_H

#include "look_format.h"
#include "mac.h"

#include <stdbool.h>

enum probe_target { PROBE_NETWORK, PROBE_BRIDGE, PROBE_DIRECT, PROBE_GUEST };

/* Whose requests it sends [IANA "Processor Architecture Types", DHCP option 93]. */
enum probe_arch { PROBE_BIOS, PROBE_EFI, PROBE_ARM64, PROBE_HTTP };

/* Whose checksums it reports. */
enum probe_view { PROBE_BOTH, PROBE_FIRMWARE, PROBE_OFFLOAD };

struct probe_request {
	enum probe_target target;
	const char *name;      /* of the network, bridge, parent device or guest */
	const char *interface; /* of the guest: its MAC address; or NULL for the first */
	bool tftp;             /* also where no boot file is named */
	bool ipv6;
	bool edge;         /* the port may become an edge port */
	unsigned int vlan; /* 1 to 4094; or 0 for what a guest would get */
	bool has_mac;
	unsigned char mac[MAC_SIZE];
	enum probe_arch arch;
	enum probe_view view;
	unsigned int timeout; /* seconds from the moment the port forwards; 0 for the default */
	enum look_format format;
	const char *output; /* a file, or NULL */
	const char *uri;    /* of libvirt, or NULL */
};

#endif
