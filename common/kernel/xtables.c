// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A target ends the table for a packet unless it answers XT_CONTINUE. Those of the kernel that do
 * so are listed; of any other, NFQUEUE or one that is not the kernel's, the opposite is assumed,
 * whose price is the lesser (verdicts.c).
 */
#include "xtables.h"

#include <linux/netfilter/xt_CHECKSUM.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <string.h>

/*
 * [linux net/netfilter/xt_NAME.c; net/ipv4/netfilter/ipt_ECN.c; ULOG: before 3.17]. Some of them
 * drop a packet that they cannot change: without memory, or because it is damaged.
 */
static const char *const targets_that_continue[] = {
	"AUDIT",
	"CHECKSUM",
	"CLASSIFY",
	"CONNMARK",
	"CONNSECMARK",
	"DSCP",
	"ECN",
	"HL",
	"HMARK",
	"IDLETIMER",
	"LED",
	"LOG",
	"MARK",
	"NFLOG",
	"RATEEST",
	"SECMARK",
	"SET",
	"TCPMSS",
	"TCPOPTSTRIP",
	"TEE",
	"TOS",
	"TRACE",
	"TTL",
	"ULOG",
};

enum rule_owner xt_owner(const struct xt_part *match)
{
	const struct xt_comment_info *info = match->data;

	if (strcmp(match->name, "comment") != 0 || match->size < sizeof(*info))
		return OWNER_OTHER;
	for (enum rule_owner owner = OWNER_NETWORK; owner <= OWNER_GUEST; owner++) {
		/* With its NUL, so that it ends within the struct. */
		if (memcmp(info->comment, xt_comment(owner), strlen(xt_comment(owner)) + 1) == 0)
			return owner;
	}
	return OWNER_OTHER;
}

const char *xt_comment(enum rule_owner owner)
{
	return owner == OWNER_GUEST ? "virt-netboot-guest" : "virt-netboot";
}

static struct udp_match match_source(const struct xt_udp *udp)
{
	bool any = udp->spts[0] == 0 && udp->spts[1] == UINT16_MAX;

	return any ? udp_match_all : udp_match_unknown;
}

/* [linux net/netfilter/xt_tcpudp.c, udp_mt()] */
static struct udp_match match_udp(enum ip_family family, const struct xt_udp *udp)
{
	struct udp_match source = match_source(udp);
	struct udp_match destination = udp_match_ports(family, udp->dpts[0], udp->dpts[1]);

	if (udp->invflags & XT_UDP_INV_SRCPT)
		source = udp_match_not(source);
	if (udp->invflags & XT_UDP_INV_DSTPT)
		destination = udp_match_not(destination);
	return udp_match_and(source, destination);
}

struct udp_match xt_match(enum ip_family family, const struct xt_part *match)
{
	struct xt_udp udp;

	if (match->revision != 0)
		return udp_match_unknown;
	if (strcmp(match->name, "comment") == 0)
		return udp_match_all;
	if (strcmp(match->name, "udp") != 0 || match->size < sizeof(udp))
		return udp_match_unknown;
	memcpy(&udp, match->data, sizeof(udp));
	return match_udp(family, &udp);
}

static bool fills(const struct xt_part *target)
{
	struct xt_CHECKSUM_info info;

	if (strcmp(target->name, "CHECKSUM") != 0 || target->revision != 0 ||
		target->size < sizeof(info))
		return false;
	memcpy(&info, target->data, sizeof(info));
	return info.operation & XT_CHECKSUM_OP_FILL;
}

enum verdict xt_verdict(const struct xt_part *target)
{
	size_t count = sizeof(targets_that_continue) / sizeof(*targets_that_continue);

	if (fills(target))
		return VERDICT_FILL;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(target->name, targets_that_continue[i]) == 0)
			return VERDICT_CONTINUE;
	}
	return VERDICT_END;
}
