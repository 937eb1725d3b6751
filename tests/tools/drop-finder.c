// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drop-finder -b BRIDGE | -m MACVTAP [-w SECONDS] [-c CLIENT-MAC] [-a] [-i] [TAP]: sends a
 * DHCPDISCOVER and says who dropped it, or the answer: the drop finder of `virt-netboot probe`
 * (cli/drop) without the rest. Prints "answered", or a line for each drop and one with the rest.
 * With -a it judges after an answer, too; with -i its port is isolated.
 *
 * Ends with 0 if it has been answered, 1 if not, and 3 if it could not try.
 */
#include "drop.h"

#include "host.h"
#include "tap.h"

#include <poll.h>
#include <time.h>

#define HEADER sizeof(struct virtio_net_hdr) /* before each frame */
#define BOOTP 42                             /* in a frame */

static unsigned char source[6];
static unsigned char client[6];

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void put_word(unsigned char *bytes, unsigned value)
{
	bytes[0] = (unsigned char)(value >> 8);
	bytes[1] = (unsigned char)value;
}

static unsigned ip_sum(const unsigned char *ip)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < 20; i += 2)
		sum += (unsigned)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* A whole frame with the card's header; UDP's checksum is zero: not computed. */
static size_t make_discover(unsigned char *bytes)
{
	static const unsigned char cookie[] = {0x63, 0x82, 0x53, 0x63, 53, 1, 1, 55, 2, 1, 3, 255};
	unsigned char *frame = bytes + HEADER, *ip = frame + 14, *udp = ip + 20, *dhcp = udp + 8;
	const unsigned dhcp_size = 300;

	memset(frame, 0xff, 6);
	memcpy(frame + 6, source, 6);
	put_word(frame + 12, 0x0800);
	ip[0] = 0x45;
	put_word(ip + 2, 28 + dhcp_size);
	ip[8] = 64;
	ip[9] = 17;
	memset(ip + 16, 0xff, 4);
	put_word(ip + 10, ip_sum(ip));
	put_word(udp, 68);
	put_word(udp + 2, 67);
	put_word(udp + 4, 8 + dhcp_size);
	dhcp[0] = 1;
	dhcp[1] = 1;
	dhcp[2] = 6;
	memcpy(dhcp + 4, source + 2, 4);
	put_word(dhcp + 10, 0x8000);
	memcpy(dhcp + 28, client, 6);
	memcpy(dhcp + 236, cookie, sizeof(cookie));
	return HEADER + BOOTP + dhcp_size;
}

static void discover(int fd, struct drop_finder *finder)
{
	unsigned char bytes[512] = {0};
	size_t length = make_discover(bytes);

	drop_begin_write(finder);
	ssize_t written = write(fd, bytes, length);
	drop_end_write(finder);
	if (written != (ssize_t)length)
		die("write");
}

/* True if an answer came before @end. */
static bool wait_for_offer(int fd, struct drop_finder *finder, double end)
{
	unsigned char bytes[65536];

	while (now() < end && !drop_pending(finder) && !drop_wants_legacy(finder)) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		if (poll(&ready, 1, 10) != 1)
			continue;
		ssize_t length = read(fd, bytes, sizeof(bytes));
		const unsigned char *frame = bytes + HEADER;
		if (length > (ssize_t)(HEADER + BOOTP + 34) && frame[23] == 17 && frame[37] == 68 &&
			memcmp(frame + BOOTP + 28, client, 6) == 0)
			return true;
	}
	return false;
}

static const char *shown(const char *text)
{
	return text ? text : "-";
}

static void print_report(const struct drop_report *report)
{
	static const char *const ways[] = {"to-host", "through", "answer"};
	static const char *const kinds[] = {"rule", "policy", "legacy", "kernel"};

	for (size_t i = 0; i < report->count; i++) {
		const struct drop *drop = &report->drops[i];
		printf("drop %s %s %s %s %s %llu out=%s owner=%s text=%s cure=%s\n",
			ways[drop->way], kinds[drop->kind], shown(drop->family), shown(drop->table),
			shown(drop->chain), drop->handle + drop->number, drop->out,
			shown(drop->owner), shown(drop->text), shown(drop->cure));
	}
	printf("rest looked=%d reached=%d no_listener=%d left=%d through=%s answer=%d trouble=%s\n",
		report->looked, report->reached_host, report->no_listener, report->left,
		shown(report->left_through), report->answer_seen, shown(report->trouble));
}

static void make_address(const char *text)
{
	const unsigned pid = (unsigned)getpid();

	memcpy(source, (unsigned char[]){0x52, 0x54, 0, 0, 0, 0}, 6);
	source[3] = (unsigned char)(pid >> 16);
	put_word(source + 4, pid);
	memcpy(client, source, 6);
	// NOLINTNEXTLINE(cert-err34-c): a test's own
	if (text && sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", client, client + 1, client + 2,
			    client + 3, client + 4, client + 5) != 6)
		die(text);
}

static void set_address(const char *name)
{
	struct ifreq request = {.ifr_hwaddr = {.sa_family = 1}};
	const int control = control_socket();

	set_name(&request, name);
	memcpy(request.ifr_hwaddr.sa_data, source, 6);
	request.ifr_hwaddr.sa_data[0] = (char)0xfe;
	if (ioctl(control, SIOCSIFHWADDR, &request) < 0)
		die(name);
	close(control);
}

static void set_isolated(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/net/%s/brport/isolated", name);
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "1", 1) != 1)
		die(path);
	close(fd);
}

/* Asks, and once more where legacy tables are to tell who dropped it. */
static bool ask(int fd, struct drop_finder *finder, double wait)
{
	discover(fd, finder);
	bool answered = wait_for_offer(fd, finder, now() + wait);
	if (answered || !drop_wants_legacy(finder) || drop_trace_legacy(finder) != 0)
		return answered;
	discover(fd, finder);
	return wait_for_offer(fd, finder, now() + wait);
}

int main(int argc, char **argv)
{
	struct drop_wish wish = {0};
	struct drop_finder *finder;
	struct drop_report report;
	const char *bridge = NULL, *macvtap = NULL, *mac = NULL;
	double wait = 1;
	bool always = false, isolate = false;

	for (int option; (option = getopt(argc, argv, "b:m:w:c:ai")) != -1;) {
		if (option == 'b')
			bridge = optarg;
		else if (option == 'm')
			macvtap = optarg;
		else if (option == 'c')
			mac = optarg;
		else if (option == 'w')
			wait = strtod(optarg, NULL);
		else if (option == 'i')
			isolate = true;
		else
			always = true;
	}
	const char *name = macvtap ? macvtap : optind < argc ? argv[optind] : "probe0";
	const int fd = open_card(name);
	make_address(mac);
	if (macvtap)
		macvtap_address(name, source);
	else
		set_address(name);
	if (macvtap && !mac)
		memcpy(client, source, 6);
	plug_in(name, bridge);
	if (isolate)
		set_isolated(name);
	snprintf(wish.port, sizeof(wish.port), "%s", name);
	snprintf(wish.bridge, sizeof(wish.bridge), "%s", bridge ? bridge : "");
	memcpy(wish.source, source, 6);
	memcpy(wish.client, client, 6);
	errno = -drop_open(&wish, &finder);
	if (errno != 0)
		die("drop_open");
	const double start = now();
	const bool answered = ask(fd, finder, wait);
	if (answered)
		printf("answered\n");
	if (!answered || always) {
		drop_judge(finder, &report);
		print_report(&report);
		drop_report_clear(&report);
		fprintf(stderr, "took %.3f s\n", now() - start);
	}
	drop_close(&finder);
	return answered ? 0 : 1;
}
