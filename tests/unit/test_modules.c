// SPDX-License-Identifier: GPL-2.0-or-later
/* modules.c on hosts of files, and proc_sockets.c on lines of /proc/net. */
#include "test.h"

#include "modules.h"
#include "proc_sockets.h"

#include <ftw.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RELEASE "6.12.9-test"
#define MODULES "/lib/modules/" RELEASE

static char root[] = "/tmp/test_modules.XXXXXX";

/* A file of the host, with its directories; without a text none, and it goes. */
static void put(const char *path, const char *text)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	if (!text) {
		unlink(whole);
		return;
	}
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash;
		slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(whole, 0700);
		*slash = '/';
	}
	FILE *file = fopen(whole, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_root(void **state)
{
	(void)state;
	return mkdtemp(root) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* A distribution's kernel, with some modules. */
static int make_host(void **state)
{
	(void)state;
	put("/proc/modules", "nf_tables 372736 0 - Live 0x0000000000000000\n"
			     "act_csum_not 16384 0 - Live 0x0000000000000000\n"
			     "xt_CHECKSUM 16384 1 - Live 0x0000000000000000\n");
	put("/proc/sys/kernel/modules_disabled", "0\n");
	put(MODULES "/modules.builtin", "kernel/net/unix/unix.ko\n"
					"kernel/net/ipv4/netfilter/iptable-mangle.ko\n");
	put(MODULES "/modules.dep",
		"kernel/net/sched/act_csum.ko: kernel/net/sched/more.ko\n"
		"kernel/net/ipv4/inet_diag.ko.xz:\n"
		"kernel/net/ipv4/udp-diag.ko.zst: kernel/net/ipv4/inet_diag.ko\n"
		"kernel/net/sched/gone.ko:\n"
		"extra/zipped.ko.gz:\n");
	put(MODULES "/kernel/net/sched/act_csum.ko", "");
	put(MODULES "/kernel/net/ipv4/inet_diag.ko.xz", "");
	put(MODULES "/kernel/net/ipv4/udp-diag.ko.zst", "");
	put(MODULES "/extra/zipped.ko.gz", "");
	return 0;
}

static void assert_state(const char *name, enum module_state state)
{
	assert_int_equal(module_state(root, RELEASE, name), state);
}

static void test_loaded(void **state)
{
	(void)state;
	assert_state("nf_tables", MODULE_PRESENT);
	assert_state("xt_CHECKSUM", MODULE_PRESENT);
	assert_state("nf_table", MODULE_ABSENT);
	assert_state("xt_checksum", MODULE_ABSENT);
}

static void test_built_in(void **state)
{
	(void)state;
	assert_state("unix", MODULE_PRESENT);
	assert_state("iptable_mangle", MODULE_PRESENT);
	assert_state("net", MODULE_ABSENT);
}

static void test_files(void **state)
{
	(void)state;
	assert_state("act_csum", MODULE_LOADABLE);
	assert_state("inet_diag", MODULE_LOADABLE);
	assert_state("udp_diag", MODULE_LOADABLE);
	assert_state("zipped", MODULE_LOADABLE);
	/* Another module needs it, but it is not there itself. */
	assert_state("more", MODULE_ABSENT);
	assert_state("gone", MODULE_ABSENT);
	assert_state("", MODULE_ABSENT);
}

static void test_file_elsewhere(void **state)
{
	(void)state;
	put(MODULES "/modules.dep", "/opt/modules/act_csum.ko:\n");
	assert_state("act_csum", MODULE_ABSENT);
	put("/opt/modules/act_csum.ko", "");
	assert_state("act_csum", MODULE_LOADABLE);
}

static void test_of_another_kernel(void **state)
{
	(void)state;
	assert_int_equal(module_state(root, "6.12.10-test", "nf_tables"), MODULE_PRESENT);
	/* Something was loaded from somewhere. */
	assert_int_equal(module_state(root, "6.12.10-test", "act_csum"), MODULE_LOADABLE);
	put("/proc/modules", "");
	assert_int_equal(module_state(root, "6.12.10-test", "act_csum"), MODULE_UNKNOWN);
}

static void test_loading_is_forbidden(void **state)
{
	(void)state;
	put("/proc/sys/kernel/modules_disabled", "1\n");
	assert_state("act_csum", MODULE_ABSENT);
	assert_state("nf_tables", MODULE_PRESENT);
	assert_state("unix", MODULE_PRESENT);
}

static void test_without_modules(void **state)
{
	(void)state;
	put("/proc/modules", NULL);
	put("/proc/sys/kernel/modules_disabled", NULL);
	assert_int_equal(module_state(root, "6.12.10-test", "act_csum"), MODULE_UNKNOWN);
	assert_state("act_csum", MODULE_ABSENT);
	put(MODULES "/modules.builtin", NULL);
	assert_state("more", MODULE_UNKNOWN);
}

/* A line as the kernel writes it; the sums are of this machine's byte order. */
static bool parse(const char *local, const char *peer_and_state, unsigned char family,
	struct proc_socket *socket)
{
	char line[256];

	snprintf(line, sizeof(line),
		"  101: %s %s 00000000:00000000 00:00000000 00000000     0        0 41217 2 "
		"0000000000000000 0\n",
		local, peer_and_state);
	return proc_sockets_parse(line, family, 67, socket);
}

static void test_sockets_of_ipv4(void **state)
{
	struct proc_socket socket;
	char local[32];

	(void)state;
	assert_true(parse("00000000:0043", "00000000:0000 07", AF_INET, &socket));
	assert_int_equal(socket.inode, 41217);
	assert_false(socket.known);
	snprintf(local, sizeof(local), "%08X:0043", htonl(0xc0a80a01));
	assert_true(parse(local, "00000000:0000 07", AF_INET, &socket));
	assert_memory_equal(socket.address, "\xc0\xa8\x0a\x01", 4);
	/* Another port; a socket with a peer; IPv6. */
	assert_false(parse("00000000:0044", "00000000:0000 07", AF_INET, &socket));
	assert_false(parse("00000000:0043", "0100007F:0044 01", AF_INET, &socket));
	assert_false(parse("00000000:0043", "00000000:0000 07", AF_INET6, &socket));
}

static void test_sockets_of_ipv6(void **state)
{
	struct in6_addr address = {.s6_addr = {0xfd, 0, 0, 0x20, [15] = 1}};
	struct proc_socket socket;
	uint32_t words[4];
	char local[64];

	(void)state;
	memcpy(words, &address, sizeof(words));
	snprintf(local, sizeof(local), "%08X%08X%08X%08X:0043", words[0], words[1], words[2],
		words[3]);
	assert_true(parse(local, "00000000000000000000000000000000:0000 07", AF_INET6, &socket));
	assert_memory_equal(socket.address, &address, sizeof(address));
	assert_false(parse(local, "00000000000000000000000000000000:0000 07", AF_INET, &socket));
}

static void test_lines_that_are_none(void **state)
{
	static const char heading[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		"uid  timeout inode ref pointer drops\n";
	static const char half[] = "  1: 00000000:0043 00000000:0000 07 00000000:00000000\n";
	static const char *const texts[] = {"", "\n", "   \n", heading, half};
	struct proc_socket socket;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		char line[256];
		snprintf(line, sizeof(line), "%s", texts[i]);
		assert_false(proc_sockets_parse(line, AF_INET, 67, &socket));
	}
}

/* A socket of our own, which is found like any other's. */
static void test_own_socket(void **state)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	struct proc_socket *sockets;
	size_t count;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	for (int attempt = 0; attempt < 2; attempt++) {
		assert_int_equal(
			proc_sockets_read(AF_INET, ntohs(address.sin_port), &sockets, &count), 0);
		assert_int_equal(count, 1);
		assert_memory_equal(sockets[0].address, &address.sin_addr, 4);
		assert_int_equal(sockets[0].device, 0);
		free(sockets);
	}
	close(fd);
}

#define HOST_TEST(name) cmocka_unit_test_setup(name, make_host)

int main(void)
{
	const struct CMUnitTest tests[] = {
		HOST_TEST(test_loaded),
		HOST_TEST(test_built_in),
		HOST_TEST(test_files),
		HOST_TEST(test_file_elsewhere),
		HOST_TEST(test_of_another_kernel),
		HOST_TEST(test_loading_is_forbidden),
		HOST_TEST(test_without_modules),
		cmocka_unit_test(test_sockets_of_ipv4),
		cmocka_unit_test(test_sockets_of_ipv6),
		cmocka_unit_test(test_lines_that_are_none),
		cmocka_unit_test(test_own_socket),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
