// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include "cleanup.h"
#include "ifname.h"

#include <errno.h>
#include <sys/socket.h>

static struct nla_policy link_policy[IFLA_MAX + 1] = {
	[IFLA_IFNAME] = {.type = NLA_STRING, .maxlen = IFNAME_SIZE},
	[IFLA_LINK] = {.type = NLA_U32},
	[IFLA_MTU] = {.type = NLA_U32},
	[IFLA_MASTER] = {.type = NLA_U32},
	[IFLA_LINKINFO] = {.type = NLA_NESTED},
};

static struct nla_policy info_policy[IFLA_INFO_MAX + 1] = {
	[IFLA_INFO_KIND] = {.type = NLA_STRING},
	[IFLA_INFO_DATA] = {.type = NLA_NESTED},
	[IFLA_INFO_SLAVE_KIND] = {.type = NLA_STRING},
	[IFLA_INFO_SLAVE_DATA] = {.type = NLA_NESTED},
};

int link_parse(struct nlmsghdr *header, struct nlattr **attributes)
{
	if (nlmsg_parse(header, sizeof(struct ifinfomsg), attributes, IFLA_MAX, link_policy) < 0 ||
		!attributes[IFLA_IFNAME])
		return -EPROTO;
	return 0;
}

static const char *info_kind(
	struct nlattr *link_info, int kind, int kind_data, struct nlattr **data)
{
	struct nlattr *attributes[IFLA_INFO_MAX + 1];

	*data = NULL;
	if (!link_info || nla_parse_nested(attributes, IFLA_INFO_MAX, link_info, info_policy) < 0 ||
		!attributes[kind])
		return "";
	*data = attributes[kind_data];
	return nla_get_string(attributes[kind]);
}

const char *link_kind(struct nlattr *link_info, struct nlattr **data)
{
	return info_kind(link_info, IFLA_INFO_KIND, IFLA_INFO_DATA, data);
}

const char *link_slave_kind(struct nlattr *link_info, struct nlattr **data)
{
	return info_kind(link_info, IFLA_INFO_SLAVE_KIND, IFLA_INFO_SLAVE_DATA, data);
}

int link_get(unsigned int ifindex, const char *name, netlink_parser *parse, void *argument)
{
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	CLEANUP(cleanup_nl_msg)
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	if (!request || nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0 ||
		(name && nla_put_string(request, IFLA_IFNAME, name) < 0))
		return -ENOMEM;
	return netlink_call(NETLINK_ROUTE, request, parse, argument);
}

static struct nl_msg *dump_request(const void *argument)
{
	struct ifinfomsg link = {0};
	struct nl_msg *request =
		netlink_request(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, &link, sizeof(link));

	(void)argument;
	if (request && nla_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

int link_dump(netlink_reset *reset, netlink_parser *parse, void *argument)
{
	return netlink_dump(NETLINK_ROUTE, dump_request, reset, parse, argument);
}

static int put_bridge_data(struct nl_msg *request, int attribute, uint32_t value)
{
	struct nlattr *info = nla_nest_start(request, IFLA_LINKINFO);
	if (!info || nla_put_string(request, IFLA_INFO_KIND, "bridge") < 0)
		return -ENOMEM;
	struct nlattr *data = nla_nest_start(request, IFLA_INFO_DATA);
	if (!data || nla_put_u32(request, attribute, value) < 0)
		return -ENOMEM;
	nla_nest_end(request, data);
	nla_nest_end(request, info);
	return 0;
}

struct nl_msg *link_bridge_request(unsigned int ifindex, int attribute, uint32_t value)
{
	struct ifinfomsg link = {.ifi_index = (int)ifindex};
	struct nl_msg *request =
		netlink_request(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	if (request && put_bridge_data(request, attribute, value) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}

static int put_port_data(struct nl_msg *request, int attribute, uint8_t value)
{
	/* Without the flag the attribute is taken for the state alone, as it was before 3.8. */
	struct nlattr *data = nla_nest_start(request, IFLA_PROTINFO | NLA_F_NESTED);

	if (!data || nla_put_u8(request, attribute, value) < 0)
		return -ENOMEM;
	nla_nest_end(request, data);
	return 0;
}

struct nl_msg *link_port_request(unsigned int ifindex, int attribute, uint8_t value)
{
	struct ifinfomsg link = {.ifi_family = AF_BRIDGE, .ifi_index = (int)ifindex};
	struct nl_msg *request =
		netlink_request(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, &link, sizeof(link));

	if (request && put_port_data(request, attribute, value) < 0) {
		nlmsg_free(request);
		return NULL;
	}
	return request;
}
