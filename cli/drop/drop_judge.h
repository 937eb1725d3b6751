// SPDX-License-Identifier: GPL-2.0-or-later
/* From what was seen to who dropped the packet: pure. What is not certain is not said. */
#ifndef VIRT_NETBOOT_DROP_JUDGE_H
#define VIRT_NETBOOT_DROP_JUDGE_H

#include "drop.h"
#include "drop_seen.h"

/* @report: filled in, but for whose the rules are, their texts, and what is in the way of looking.
 */
void drop_decide(const struct drop_seen *seen, struct drop_report *report);

/* True for a packet that ended in a hook of the IP layer, and nftables did not do it. */
bool drop_vanished(const struct drop_trip *trip);

/* True if it is known that no answer will come: drop.h. */
bool drop_is_hopeless(const struct drop_seen *seen);

/* True if a packet ended in a hook of the IP layer where it matters, and nftables did not do it. */
bool drop_is_unexplained(const struct drop_seen *seen);

/* The hook in which a packet ended where that matters, and nobody said that it dropped it: in a
 * sentence, which the caller frees; or NULL. */
char *drop_describe_end(const struct drop_seen *seen);

#endif
