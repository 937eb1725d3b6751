// SPDX-License-Identifier: GPL-2.0-or-later
#include "domain_xml.h"

#include "alloc.h"
#include "words.h"
#include "xml.h"

#include <errno.h>
#include <string.h>

/* [libvirt src/conf/schemas/domaincommon.rng, "interface"] */
static const struct word nic_types[] = {
	{"bridge", NIC_BRIDGE},
	{"client", NIC_CLIENT},
	{"direct", NIC_DIRECT},
	{"ethernet", NIC_ETHERNET},
	{"hostdev", NIC_HOSTDEV},
	{"internal", NIC_INTERNAL},
	{"mcast", NIC_MCAST},
	{"network", NIC_NETWORK},
	{"null", NIC_NULL},
	{"server", NIC_SERVER},
	{"udp", NIC_UDP},
	{"user", NIC_USER},
	{"vdpa", NIC_VDPA},
	{"vds", NIC_VDS},
	{"vhostuser", NIC_VHOSTUSER},
	{NULL, 0},
};

static const struct word backends[] = {
	{"qemu", BACKEND_QEMU},
	{"vhost", BACKEND_VHOST},
	{NULL, 0},
};

/* With a vhost-net that cannot be opened libvirt does without; xslt/driver-qemu.xsl uses that. */
static enum nic_backend read_backend(const xmlNode *driver, const xmlNode *backend)
{
	const char *vhost = xml_attribute(backend, "vhost");
	enum nic_backend named = (enum nic_backend)word_value(
		backends, xml_attribute(driver, "name"), BACKEND_DEFAULT);

	if (named == BACKEND_DEFAULT && vhost && strncmp(vhost, "/dev/null/", 10) == 0)
		return BACKEND_QEMU;
	return named;
}

/* What limits whom the interface reaches: nothing that is repaired here, but good to know. */
static void read_limits(const xmlNode *interface, struct guest_nic *nic)
{
	const struct vlan_tags vlan = xml_vlan(interface);

	nic->trusts_rx_filters = xml_attribute_is(interface, "trustGuestRxFilters", "yes");
	nic->isolation_known = xml_attribute(xml_child(interface, "port"), "isolated") != NULL;
	nic->isolated = xml_attribute_is(xml_child(interface, "port"), "isolated", "yes");
	nic->filter = alloc_copy(xml_attribute(xml_child(interface, "filterref"), "filter"));
	nic->vlan = vlan.first;
	nic->vlan_trunk = vlan.trunk;
	nic->vlan_native = vlan.native;
}

static void read_nic(const xmlNode *interface, struct guest_nic *nic)
{
	const xmlNode *source = xml_child(interface, "source");
	const xmlNode *driver = xml_child(interface, "driver");

	nic->type =
		(enum nic_type)word_value(nic_types, xml_attribute(interface, "type"), NIC_OTHER);
	xml_mac(interface, nic->mac);
	nic->network = alloc_copy(xml_attribute(source, "network"));
	nic->portgroup = alloc_copy(xml_attribute(source, "portgroup"));
	xml_ifname(source, "bridge", nic->bridge);
	nic->manages_fdb = xml_attribute_is(source, "macTableManager", "libvirt");
	/* <source dev=> is a path for vdpa and vhostuser: only a macvtap has a lower device. */
	if (nic->type == NIC_DIRECT)
		xml_ifname(source, "dev", nic->lower);
	nic->mode = alloc_copy(xml_attribute(source, "mode"));
	xml_ifname(xml_child(interface, "target"), "dev", nic->target);
	nic->model = alloc_copy(xml_attribute(xml_child(interface, "model"), "type"));
	nic->backend = read_backend(driver, xml_child(interface, "backend"));
	nic->openvswitch = xml_is_openvswitch(interface);
	nic->guest_csum_off = xml_attribute_is(xml_child(driver, "guest"), "csum", "off");
	nic->boot_order = xml_number(xml_child(interface, "boot"), "order", 0);
	read_limits(interface, nic);
}

static bool boots_from_network(const xmlNode *os)
{
	for (const xmlNode *boot = xml_child(os, "boot"); boot; boot = xml_next(boot)) {
		if (xml_attribute_is(boot, "dev", "network"))
			return true;
	}
	return false;
}

int domain_xml_read(const xmlNode *domain, struct guest *guest)
{
	*guest = (struct guest){0};
	if (!domain || (!xml_is(domain, "domain") && !xml_is(domain, "inactiveDomain")))
		return -EINVAL;
	guest->name = xml_text(xml_child(domain, "name"));
	guest->kvm = xml_attribute_is(domain, "type", "kvm");
	guest->boot_network = boots_from_network(xml_child(domain, "os"));

	const xmlNode *nic = xml_child(xml_child(domain, "devices"), "interface");
	for (; nic; nic = xml_next(nic)) {
		guest->nics = alloc_one_more(guest->nics, guest->nic_count, sizeof(*guest->nics));
		read_nic(nic, &guest->nics[guest->nic_count++]);
	}
	xml_ifnames_end();
	return 0;
}
