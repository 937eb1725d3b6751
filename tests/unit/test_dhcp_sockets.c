// SPDX-License-Identifier: GPL-2.0-or-later
/* Which sockets are DHCP servers, as these open them: seen with ISC dhcpd 4.4.3, Kea 2.2.0 and
 * dnsmasq 2.90. */
#include "test.h"

#include "dhcp_sockets.h"

#include <ctype.h>
#include <netinet/in.h>

/*
 * Sockets as words: "u" for UDP, "r" for raw; the device, "*" for any; and "a" for one that is
 * bound to an address.
 */
static void read_sockets(const char *text, struct dhcp_server *list, size_t *count)
{
	for (*count = 0; *text; (*count)++) {
		list[*count] = (struct dhcp_server){
			.raw = text[0] == 'r',
			.device = isdigit((unsigned char)text[1]) ? (unsigned int)text[1] - '0' : 0,
			.unicast = text[2] == 'a',
		};
		text += strcspn(text, " ");
		text += strspn(text, " ");
	}
}

static void check_servers(const char *sockets, const char *wanted)
{
	struct dhcp_server list[8];
	struct dhcp_server expected[8];
	struct dhcp_sockets found = {.list = list};
	size_t count;

	read_sockets(sockets, list, &found.count);
	read_sockets(wanted, expected, &count);
	dhcp_sockets_drop_fallbacks(&found);
	assert_int_equal(found.count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].raw, expected[i].raw);
		assert_int_equal(list[i].device, expected[i].device);
	}
}

static void test_fallbacks(void **state)
{
	(void)state;
	check_servers("", "");
	check_servers("u* u7 u8a", "u* u7 u8a"); /* no raw server */
	check_servers("u* r7", "r7");            /* ISC */
	check_servers("u* r7 r8", "r7 r8");
	check_servers("u7a r7", "r7"); /* Kea */
	check_servers("r7 u7a r8 u8a", "r7 r8");
	check_servers("u* u* r7", "u* r7"); /* and dnsmasq beside it */
	check_servers("u* u7a r7", "u* r7");
	check_servers("u* u7a r7 r8", "r7 r8");
	check_servers("u8 u* r7", "u8 r7");
	check_servers("u7 u* r7", "u7 r7");
	check_servers("u8a u* r7", "u8a r7");
	check_servers("u* r*", "r*");
}

/* Up to the port: an IPv4 packet, with UDP, not fragmented; as ISC has it. */
#define BEFORE_PORT                                                                               \
	BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x800, 0, 8), \
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),                                           \
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),                           \
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14), BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16)
#define PORT_IS(port) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1)
#define VERDICTS BPF_STMT(BPF_RET | BPF_K, ~0U), BPF_STMT(BPF_RET | BPF_K, 0)

#define IS_OF_SERVER(...)                                                   \
	dhcp_filter_is_of_server((const struct sock_filter[]){__VA_ARGS__}, \
		sizeof((const struct sock_filter[]){__VA_ARGS__}) / sizeof(struct sock_filter))

static void test_filters(void **state)
{
	(void)state;
	assert_true(IS_OF_SERVER(BEFORE_PORT, PORT_IS(67), VERDICTS));
	assert_false(IS_OF_SERVER(BEFORE_PORT, PORT_IS(68), VERDICTS));
	assert_false(IS_OF_SERVER(BEFORE_PORT, PORT_IS(67), PORT_IS(68), VERDICTS));
	assert_false(IS_OF_SERVER(BEFORE_PORT, PORT_IS(67 << 16 | 68), VERDICTS)); /* dhcpcd */
	assert_false(IS_OF_SERVER(BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 67), VERDICTS));
	assert_false(IS_OF_SERVER(BPF_STMT(BPF_RET | BPF_K, 67)));
	assert_false(dhcp_filter_is_of_server(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
