// SPDX-License-Identifier: GPL-2.0-or-later
#include "mac.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static int hex_value(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0' : tolower(digit) - 'a' + 10;
}

bool mac_read(const char *text, unsigned char mac[MAC_SIZE])
{
	if (strlen(text) != MAC_TEXT_SIZE - 1)
		return false;
	for (size_t i = 0; i < MAC_SIZE; i++) {
		int high = hex_value(text[3 * i]);
		int low = hex_value(text[3 * i + 1]);
		if (high < 0 || low < 0 || (i + 1 < MAC_SIZE && text[3 * i + 2] != ':'))
			return false;
		mac[i] = (unsigned char)(high * 16 + low);
	}
	return true;
}

void mac_write(char text[MAC_TEXT_SIZE], const unsigned char mac[MAC_SIZE])
{
	snprintf(text, MAC_TEXT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		mac[3], mac[4], mac[5]);
}

bool tap_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	if (!mac_read(text, mac))
		return false;
	mac[0] = mac[0] == TAP_MAC_FIRST ? 0xfa : TAP_MAC_FIRST;
	return true;
}
