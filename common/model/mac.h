// SPDX-License-Identifier: GPL-2.0-or-later
/* MAC addresses, as text in XML and as bytes in the kernel. */
#ifndef VIRT_NETBOOT_MAC_H
#define VIRT_NETBOOT_MAC_H

#include <stdbool.h>

/* "52:54:00:12:34:56" */
#define MAC_TEXT_SIZE 18

#define MAC_SIZE 6

/* The first byte of the address of nearly every tap that libvirt makes: see tap_mac(). */
#define TAP_MAC_FIRST 0xfe

/* Read six bytes of two digits each, with colons between them. Return: false if @text is something
 * else. */
bool mac_read(const char *text, unsigned char mac[MAC_SIZE]);

void mac_write(char text[MAC_TEXT_SIZE], const unsigned char mac[MAC_SIZE]);

/*
 * The MAC address that libvirt gives the tap of an interface whose own is @text: the first byte
 * differs, so that it is greater than any other port's [libvirt src/util/virnetdevtap.c,
 * virNetDevTapCreateInBridgePort()]. Return: false if @text is no MAC address.
 */
bool tap_mac(const char *text, unsigned char mac[MAC_SIZE]);

#endif
