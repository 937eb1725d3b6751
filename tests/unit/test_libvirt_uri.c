// SPDX-License-Identifier: GPL-2.0-or-later
/* Which URIs name the daemon of this host, and what is said of the others. */
#include "test.h"

#include "uri.h"

static void assert_refused(const char *uri, const char *reason)
{
	const char *refusal = uri_refusal(uri);

	if (!refusal || !strstr(refusal, reason))
		fail_msg("%s: %s", uri, refusal ? refusal : "accepted");
}

static void test_accepted(void **state)
{
	static const char *const uris[] = {
		"qemu:///system",
		"qemu+unix:///system",
		"qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro",
		"qemu:///system?mode=direct",
		"qemu+unix:///system?mode=legacy&socket=/x%26y",
		"qemu:///system?",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		if (uri_refusal(uris[i]))
			fail_msg("%s: %s", uris[i], uri_refusal(uris[i]));
	}
}

static void test_elsewhere(void **state)
{
	static const char *const uris[] = {
		"qemu://other/system",
		"qemu://other:16514/system",
		"qemu://root@/system",
		"qemu+ssh:///system",
		"qemu+ssh://root@other/system",
		"qemu+tls:///system",
		"qemu+tcp://127.0.0.1/system",
		"qemu+libssh2://other/system",
		"qemu+ext:///system?command=/bin/x",
		"qemu+unix://other/system",
		"qemu+UNIX+ssh:///system",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_refused(uris[i], "another machine");
}

static void test_others(void **state)
{
	(void)state;
	assert_refused("qemu:///session", "user's own");
	assert_refused("qemu+unix:///session?socket=/x", "user's own");
	assert_refused("test:///default", "made up");
	assert_refused("xen:///system", "only guests of QEMU");
	assert_refused("lxc:///system", "only guests of QEMU");
	assert_refused("test+unix:///default", "only guests of QEMU");
	assert_refused("QEMU:///system", "only guests of QEMU");
	assert_refused("qemu:///embed?root=/x", "does not name");
	assert_refused("qemu:///", "does not name");
	assert_refused("qemu:///system/", "does not name");
	assert_refused("qemu:///systems", "does not name");
	assert_refused("qemu://", "does not name");
	assert_refused("qemu+:///system", "only guests of QEMU");
}

/* The daemon would open that one. */
static void test_parameters(void **state)
{
	(void)state;
	assert_refused("qemu:///system?name=test:///default", "parameters");
	assert_refused("qemu:///system?socket=/x&name=qemu:///session", "parameters");
	assert_refused("qemu:///system?socket=/x;name=qemu:///session", "parameters");
	assert_refused("qemu:///system?NAME=qemu:///session", "parameters");
	assert_refused("qemu:///system?socke=/x", "parameters");
}

static void test_no_uri(void **state)
{
	static const char *const uris[] = {
		"", "hv", "qemu", "qemu:", "qemu:/system", ":", "qemu:/", "/x", "qemu:x"};

	(void)state;
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_refused(uris[i], "not a URI");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_elsewhere),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_no_uri),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
