// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef VIRT_NETBOOT_NFT_MODULE_H
#define VIRT_NETBOOT_NFT_MODULE_H

#include <stdbool.h>

/* True if the kernel has nf_tables as a module that is not loaded: then there are no rules of it,
 * and merely asking for them would load it [linux net/netfilter/nfnetlink.c, nfnetlink_rcv_msg();
 * net/netlink/af_netlink.c, netlink_create()]. */
bool nft_module_is_unused(void);

#endif
