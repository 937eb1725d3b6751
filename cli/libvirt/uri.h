// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose daemon a libvirt URI leads to: pure, nothing is connected. */
#ifndef VIRT_NETBOOT_URI_H
#define VIRT_NETBOOT_URI_H

/* What is accepted, for messages. */
#define URI_ACCEPTED "qemu:///system and qemu+unix:///system?socket=PATH"

/**
 * uri_refusal() - why a URI does not name the daemon of this host
 *
 * Return: the reason, in words that go after "is refused: "; or NULL if it does.
 */
const char *uri_refusal(const char *uri);

#endif
