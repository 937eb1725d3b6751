// SPDX-License-Identifier: GPL-2.0-or-later
#include "guest.h"

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
bool nic_leaves_partial_checksums(const struct guest_nic *nic)
{
	static const char *const models[] = {"e1000e", "igb", "vmxnet3"};

	if (nic_is_virtio(nic))
		return true;
	for (size_t i = 0; nic->model && i < sizeof(models) / sizeof(models[0]); i++) {
		if (strcmp(nic->model, models[i]) == 0)
			return true;
	}
	return nic->type == NIC_DIRECT;
}

bool nic_takes_partial_checksums(const struct guest_nic *nic)
{
	return nic_leaves_partial_checksums(nic) && !(nic_is_virtio(nic) && nic->guest_csum_off);
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

void guest_clear(struct guest *guest)
{
	for (size_t i = 0; i < guest->nic_count; i++) {
		free(guest->nics[i].network);
		free(guest->nics[i].portgroup);
		free(guest->nics[i].mode);
		free(guest->nics[i].model);
		free(guest->nics[i].filter);
	}
	free(guest->nics);
	free(guest->name);
	*guest = (struct guest){0};
}
