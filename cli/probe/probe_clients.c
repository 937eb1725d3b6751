// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The times are in seconds after the client starts. With QEMU, SeaBIOS and iPXE the first request
 * is on the wire 2.6 s after the port was plugged in (README.md); how much later a guest starts
 * depends on the host, so less is counted on.
 *
 * iPXE asks after 1, 2 and 4 s more, and after another 8 s it gives up [ipxe src/config/dhcp.h,
 * DHCP_DISC_START_TIMEOUT_SEC 1, DHCP_DISC_END_TIMEOUT_SEC 10; src/net/retry.c, timer_expired()].
 *
 * PXE firmware and EDK2 wait 4, 8, 16 and 32 s [ipxe src/config/dhcp.h of the PXE specification;
 * edk2 NetworkPkg/UefiPxeBcDxe/PxeBcDhcp4.c, mPxeDhcpTimeout]. EDK2 looks at the OFFERs that have
 * come only when such a time ends [PxeBcDhcp4CallBack(), Dhcp4RcvdOffer gives EFI_NOT_READY;
 * NetworkPkg/Dhcp4Dxe/Dhcp4Io.c, DhcpOnTimerTick()].
 *
 * udhcpc asks three times, 3 s apart, and with -n it gives up 3 s later [busybox
 * networking/udhcp/dhcpc.c, INIT_SELECTING and OPT_n]; without, it begins again after 20 s.
 *
 * dhclient waits 3 s at first, then adds up to twice as much each time, at random; what gets longer
 * than 15 s becomes 7 to 21 s; it gives up after 60 s [ISC DHCP client/dhclient.c, send_discover();
 * client/clparse.c, initial_interval 3, backoff_cutoff 15, timeout 60]. Its times here are those of
 * the average.
 *
 * systemd-networkd waits 4, 8, 16, 32, 64, 64, ... s, each a second more or less, for ever [systemd
 * src/libsystemd-network/sd-dhcp-client.c, client_compute_request_timeout()].
 *
 * All three look at whole frames, and know from the kernel that a checksum is left to the network
 * card (TP_STATUS_CSUMNOTREADY) [busybox dhcpc.c, udhcp_recv_raw_packet(); systemd
 * sd-dhcp-client.c, client_receive_message_raw(); ISC DHCP common/lpf.c, receive_packet()].
 * Older releases of dhclient do not, and which one a guest has nobody knows here: it is taken to
 * drop them.
 */
#include "probe_clients.h"

#define FOREVER 64.0 /* seconds between the requests of who asks for ever */

#define START_TIME 1.5 /* after the port was plugged in */

#define ASKS_MAX 6

static const struct timetable {
	const char *name;
	double patience; /* PROBE_NEVER: it has no end */
	double asks[ASKS_MAX];
	unsigned int count;
	bool netboots;
	bool takes_partial;
	bool takes_late; /* looks at OFFERs only when it would ask again */
} clients[CLIENTS] = {
	[CLIENT_IPXE] = {"iPXE", 15, {0, 1, 3, 7}, 4, .netboots = true},
	[CLIENT_PXE] = {"PXE firmware", 60, {0, 4, 12, 28}, 4, .netboots = true},
	[CLIENT_EDK2] = {"UEFI (EDK2)", 60, {0, 4, 12, 28}, 4, .netboots = true,
		.takes_late = true},
	[CLIENT_UDHCPC] = {"udhcpc", 9, {0, 3, 6}, 3, .takes_partial = true},
	[CLIENT_DHCLIENT] = {"dhclient", 61, {0, 3, 9, 18, 32, 46}, 6, .takes_partial = false},
	[CLIENT_NETWORKD] = {"systemd-networkd", PROBE_NEVER, {0, 4, 12, 28, 60}, 5,
		.takes_partial = true},
};

const char *probe_client_name(enum probe_client client)
{
	return clients[client].name;
}

bool probe_client_netboots(enum probe_client client)
{
	return clients[client].netboots;
}

bool probe_client_takes_partial(enum probe_client client)
{
	return clients[client].takes_partial;
}

double probe_client_patience(enum probe_client client)
{
	return clients[client].patience;
}

double probe_client_asks_last(enum probe_client client)
{
	const struct timetable *table = &clients[client];

	return table->patience < 0 ? PROBE_NEVER : table->asks[table->count - 1];
}

double probe_client_time(double time)
{
	return time > START_TIME ? time - START_TIME : 0;
}

double probe_client_asks(enum probe_client client, double ready)
{
	const struct timetable *table = &clients[client];
	double last = table->asks[table->count - 1];

	for (unsigned int i = 0; i < table->count; i++) {
		if (table->asks[i] >= ready)
			return table->asks[i];
	}
	if (table->patience >= 0)
		return PROBE_NEVER;
	while (last < ready)
		last += FOREVER;
	return last;
}

double probe_client_takes(enum probe_client client, double offered)
{
	const struct timetable *table = &clients[client];

	if (!table->takes_late)
		return offered;
	for (unsigned int i = 1; i < table->count; i++) {
		if (table->asks[i] >= offered)
			return table->asks[i];
	}
	return table->patience;
}
