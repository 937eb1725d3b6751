// SPDX-License-Identifier: GPL-2.0-or-later
#include "mac.h"

#include <netinet/ether.h>
#include <string.h>

bool tap_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	struct ether_addr address;

	if (!ether_aton_r(text, &address))
		return false;
	memcpy(mac, &address, MAC_SIZE);
	mac[0] = mac[0] == TAP_MAC_FIRST ? 0xfa : TAP_MAC_FIRST;
	return true;
}
