// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The host's side of a guest's card, for the test programs: a tap or a macvtap, opened and plugged
 * in as libvirt and QEMU do it; and the network namespaces that play guests. Whatever fails ends
 * the program with status 3.
 *
 * A macvtap has a character device of its own, whose number is in sysfs. The tests' sandbox has no
 * node for it, so open_card makes one for as long as it takes to open it.
 */
#ifndef TAP_H
#define TAP_H

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(3);
}

/* From now on what is opened is in that network: what `ip netns add` made. */
static inline void enter_netns(const char *netns)
{
	char path[256];

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET) < 0)
		die(path);
	close(fd);
}

static inline void set_name(struct ifreq *request, const char *name)
{
	if (strlen(name) >= sizeof(request->ifr_name)) {
		errno = ENAMETOOLONG;
		die(name);
	}
	memcpy(request->ifr_name, name, strlen(name) + 1);
}

/* The device number of a macvtap; false when NAME is none. */
static inline bool macvtap_number(const char *name, dev_t *number)
{
	char path[64 + IF_NAMESIZE];
	unsigned major, minor;

	snprintf(path, sizeof(path), "/sys/class/net/%s/tap%u/dev", name, if_nametoindex(name));
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	if (fscanf(file, "%u:%u", &major, &minor) != 2) // NOLINT(cert-err34-c): the kernel's own
		die(path);
	fclose(file);
	*number = makedev(major, minor);
	return true;
}

static inline int open_node(const char *name, dev_t number)
{
	char node[32 + IF_NAMESIZE];

	snprintf(node, sizeof(node), "/dev/%s.%d", name, (int)getpid());
	if (mknod(node, S_IFCHR | 0600, number) < 0)
		die(node);
	const int fd = open(node, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	unlink(node);
	return fd;
}

/*
 * Opens the macvtap NAME, or else the tap, which is made if there is none. A read or write moves
 * one frame, with its struct virtio_net_hdr before it.
 */
static inline int open_card(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header_size = sizeof(struct virtio_net_hdr);
	dev_t number;
	const int fd = macvtap_number(name, &number)
			       ? open_node(name, number)
			       : open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	set_name(&request, name);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0 ||
		ioctl(fd, TUNSETVNETHDRSZ, &header_size) < 0)
		die(name);
	return fd;
}

/* True if the process's descriptor is the tap NAME [linux drivers/net/tun.c,
 * tun_chr_show_fdinfo()]. */
static inline bool is_tap(pid_t pid, int fd, const char *name)
{
	char path[64], line[128], wanted[16 + IF_NAMESIZE];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	snprintf(wanted, sizeof(wanted), "iff:\t%s\n", name);
	FILE *file = fopen(path, "re");

	while (file && !found && fgets(line, sizeof(line), file))
		found = strcmp(line, wanted) == 0;
	if (file)
		fclose(file);
	return found;
}

/* The tap NAME as another process has it open; its header has the size that open_card sets. */
static inline int borrow_tap(pid_t pid, const char *name)
{
	const int process = (int)syscall(SYS_pidfd_open, pid, 0);
	int fd = 0, own;

	while (fd < 4096 && !is_tap(pid, fd, name))
		fd++;
	own = process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	if (own < 0)
		die(name);
	close(process);
	return own;
}

/* What the guest's driver leaves to others: TUN_F_CSUM, ... False when the kernel refuses it. */
static inline bool set_offload(int fd, unsigned offload)
{
	if (ioctl(fd, TUNSETOFFLOAD, offload) == 0)
		return true;
	if (errno != EINVAL)
		die("TUNSETOFFLOAD");
	return false;
}

static inline void set_up(int control, const char *name)
{
	struct ifreq request = {0};

	set_name(&request, name);
	if (ioctl(control, SIOCGIFFLAGS, &request) < 0)
		die(name);
	request.ifr_flags |= IFF_UP;
	if (ioctl(control, SIOCSIFFLAGS, &request) < 0)
		die(name);
}

static inline void enslave(int control, const char *bridge, const char *tap)
{
	struct ifreq request = {.ifr_ifindex = (int)if_nametoindex(tap)};

	set_name(&request, bridge);
	if (ioctl(control, SIOCBRADDIF, &request) < 0)
		die(bridge);
}

static inline int control_socket(void)
{
	const int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (control < 0)
		die("socket");
	return control;
}

/* BRIDGE may be NULL. Enslaved first, then up: the port's hold begins when both are true. */
static inline void plug_in(const char *name, const char *bridge)
{
	const int control = control_socket();

	if (bridge)
		enslave(control, bridge, name);
	set_up(control, name);
	close(control);
}

/* The MAC address that the host gave a macvtap is the guest's; false when NAME is none. */
static inline bool macvtap_address(const char *name, uint8_t mac[6])
{
	struct ifreq request = {0};
	dev_t number;

	if (!macvtap_number(name, &number))
		return false;
	const int control = control_socket();

	set_name(&request, name);
	if (ioctl(control, SIOCGIFHWADDR, &request) < 0)
		die(name);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(control);
	return true;
}

#endif
