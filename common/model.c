// SPDX-License-Identifier: GPL-2.0-or-later
#include "model.h"

#include <netinet/ether.h>
#include <stdlib.h>
#include <string.h>

bool nic_is_virtio(const struct guest_nic *nic)
{
	/* virtio, virtio-transitional, virtio-non-transitional [libvirt
	 * virDomainNetIsVirtioModel()] */
	return nic->model && strncmp(nic->model, "virtio", strlen("virtio")) == 0;
}

/* The models beside virtio are those that ask for a virtio-net header [qemu hw/net/e1000e.c, igb.c,
 * vmxnet3.c, calls of qemu_set_vnet_hdr_len()]. */
bool nic_takes_partial_checksums(const struct guest_nic *nic)
{
	static const char *const models[] = {"e1000e", "igb", "vmxnet3"};

	if (nic_is_virtio(nic))
		return !nic->guest_csum_off;
	for (size_t i = 0; nic->model && i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(nic->model, models[i]) == 0)
			return true;
	}
	return nic->type == NIC_DIRECT;
}

bool nic_reaches_macvlans(const struct guest_nic *nic)
{
	/* Without a mode it is vepa [libvirt docs/formatdomain.rst] */
	return nic->type == NIC_DIRECT && nic->mode && strcmp(nic->mode, "bridge") == 0;
}

bool guest_netboots(const struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		if (guest->nics[i].boot_order > 0)
			return true;
	}
	return guest->boot_network;
}

bool network_is_managed(const struct network *network)
{
	switch (network->forward) {
	case FORWARD_ISOLATED:
	case FORWARD_NAT:
	case FORWARD_ROUTE:
	case FORWARD_OPEN:
		return true;
	default:
		return false;
	}
}

bool bridge_holds(const struct bridge_state *bridge)
{
	return bridge->kind == BRIDGE_LINUX && bridge->stp == STP_KERNEL &&
	       bridge->forward_delay > FORWARD_DELAY_MIN;
}

bool port_is_held(const struct bridge_port *port)
{
	return port->state == PORT_LISTENING || port->state == PORT_LEARNING;
}

bool tap_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	struct ether_addr address;

	if (!ether_aton_r(text, &address))
		return false;
	memcpy(mac, &address, MAC_SIZE);
	mac[0] = mac[0] == 0xfe ? 0xfa : 0xfe;
	return true;
}

const struct bridge_facts *host_facts_bridge(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; *name && i < facts->bridge_count; i++) {
		if (strcmp(facts->bridges[i].asked, name) == 0)
			return &facts->bridges[i];
	}
	return NULL;
}

const struct port_facts *host_facts_port(const struct host_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->port_count; i++) {
		if (strcmp(facts->ports[i].port.name, name) == 0)
			return &facts->ports[i];
	}
	return NULL;
}

void guest_clear(struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		free(guest->nics[i].network);
		free(guest->nics[i].mode);
		free(guest->nics[i].model);
	}
	free(guest->nics);
	free(guest->name);
	free(guest->uuid);
	*guest = (struct guest){0};
}

void network_clear(struct network *network)
{
	free(network->name);
	free(network->uuid);
	free(network->port.owner_name);
	free(network->port.owner_uuid);
	free(network->port.plug);
	*network = (struct network){0};
}

void host_facts_clear(struct host_facts *facts)
{
	free(facts->bridges);
	free(facts->ports);
	*facts = (struct host_facts){0};
}
