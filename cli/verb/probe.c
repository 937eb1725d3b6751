// SPDX-License-Identifier: GPL-2.0-or-later
/* virt-netboot probe: ask for an address and a boot file as a guest would. */
#include "probe_request.h"

#include "alloc.h"
#include "character.h"
#include "exit_status.h"
#include "log.h"
#include "look_file.h"
#include "verb_options.h"
#include "verbs.h"
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VLAN_MAX 4094
#define TIMEOUT_MAX 600

static const char usage[] =
	"usage: virt-netboot probe TARGET [OPTION]...\n"
	"\n"
	"Plugs in a network card as a guest's would be, asks for an address and a boot file, and\n"
	"says who answered; or, if nobody did, who dropped the request. Takes no lease and leaves\n"
	"nothing behind. TARGET is one of:\n"
	"\n"
	"  --network NETWORK  the bridge or parent device of this network of libvirt\n"
	"  --bridge BRIDGE    this bridge\n"
	"  --direct DEVICE    a macvtap on this device\n"
	"  --domain GUEST     ask for this guest, whether it runs or not\n"
	"\n"
	"  --interface MAC    of the guest; its first one if not given\n"
	"  --tftp             read the boot file, even where no answer names one\n"
	"  --ipv6             ask by IPv6, too\n"
	"  --vlan NUMBER      put the card's port into this VLAN (1 to 4094)\n"
	"  --mac MAC          send with this MAC address (default: one that belongs to this host)\n"
	"  --arch bios|efi|arm64|http\n"
	"                     what kind of firmware asks (default: bios)\n"
	"  --firmware         only the checksums that firmware sees\n"
	"  --offload          only those that an installed system sees\n"
	"  --edge             let the port forward at once, as the hooks do for guests\n"
	"  --timeout SECONDS  wait for answers for so long (1 to 600)\n"
	"  --format text|json|prometheus\n"
	"                     what to print (default: text)\n"
	"  --output FILE      replace FILE in one step instead of printing; not with text\n"
	"  --connect URI      of libvirt's daemon on this host (default: qemu:///system)\n"
	"\n"
	"Must be run as root. Exit status: 0 if all kinds of clients would boot, 1 if some, 2 if\n"
	"none would, 3 if it could not be tried. `virt-netboot explain NAME` says more about a\n"
	"finding.\n";

enum probe_option {
	OPTION_DIRECT = OPTION_OWN,
	OPTION_INTERFACE,
	OPTION_TFTP,
	OPTION_IPV6,
	OPTION_VLAN,
	OPTION_MAC,
	OPTION_ARCH,
	OPTION_FIRMWARE,
	OPTION_OFFLOAD,
	OPTION_EDGE,
	OPTION_TIMEOUT,
};

static const struct option known[] = {
	{"network", required_argument, NULL, OPTION_NETWORK},
	{"bridge", required_argument, NULL, OPTION_BRIDGE},
	{"direct", required_argument, NULL, OPTION_DIRECT},
	{"domain", required_argument, NULL, OPTION_DOMAIN},
	{"interface", required_argument, NULL, OPTION_INTERFACE},
	{"tftp", no_argument, NULL, OPTION_TFTP},
	{"ipv6", no_argument, NULL, OPTION_IPV6},
	{"vlan", required_argument, NULL, OPTION_VLAN},
	{"mac", required_argument, NULL, OPTION_MAC},
	{"arch", required_argument, NULL, OPTION_ARCH},
	{"firmware", no_argument, NULL, OPTION_FIRMWARE},
	{"offload", no_argument, NULL, OPTION_OFFLOAD},
	{"edge", no_argument, NULL, OPTION_EDGE},
	{"timeout", required_argument, NULL, OPTION_TIMEOUT},
	{"format", required_argument, NULL, OPTION_FORMAT},
	{"output", required_argument, NULL, OPTION_OUTPUT},
	{"connect", required_argument, NULL, OPTION_CONNECT},
	{"help", no_argument, NULL, OPTION_HELP},
	{NULL, 0, NULL, 0},
};

static const char *const target_options[] = {
	[PROBE_NETWORK] = "--network",
	[PROBE_BRIDGE] = "--bridge",
	[PROBE_DIRECT] = "--direct",
	[PROBE_GUEST] = "--domain",
};

static bool take_target(struct probe_request *request, enum probe_target target, const char *name)
{
	const char *option = target_options[target];

	if (request->name) {
		log_error("one target only: %s cannot be used with %s", option,
			target_options[request->target]);
		return false;
	}
	request->target = target;
	request->name = name;
	if (target == PROBE_BRIDGE || target == PROBE_DIRECT)
		return option_device(option, name);
	return option_object(option, target == PROBE_NETWORK ? "network" : "guest", name);
}

/* No address of a group. */
static bool read_mac(const char *text, unsigned char mac[MAC_SIZE])
{
	return mac_read(text, mac) && (mac[0] & 1) == 0 &&
	       memcmp(mac, (unsigned char[MAC_SIZE]){0}, MAC_SIZE) != 0;
}

static bool take_mac(const char *option, const char *value, unsigned char mac[MAC_SIZE])
{
	if (read_mac(value, mac))
		return true;
	log_error("%s must be the MAC address of one card, such as 52:54:00:12:34:56, not '%s'",
		option, TEXT_NAME(value));
	return false;
}

/* A whole number of @min to @max. */
static bool take_number(
	const char *option, const char *value, unsigned int max, unsigned int *number)
{
	char *end;

	errno = 0;
	unsigned long read = strtoul(value, &end, 10);
	if (errno == 0 && isdigit((unsigned char)*value) && *end == '\0' && read >= 1 &&
		read <= max) {
		*number = (unsigned int)read;
		return true;
	}
	log_error("%s must be a number from 1 to %u, not '%s'", option, max, TEXT_NAME(value));
	return false;
}

static bool take_arch(struct probe_request *request, const char *value)
{
	static const struct word words[] = {{"bios", PROBE_BIOS}, {"efi", PROBE_EFI},
		{"arm64", PROBE_ARM64}, {"http", PROBE_HTTP}, {NULL, 0}};
	int arch;

	if (word_find(words, value, &arch)) {
		request->arch = (enum probe_arch)arch;
		return true;
	}
	log_error("--arch must be 'bios', 'efi', 'arm64' or 'http', not '%s'", TEXT_NAME(value));
	return false;
}

static bool take_view(struct probe_request *request, enum probe_view view)
{
	if (request->view != PROBE_BOTH && request->view != view) {
		log_error("--firmware cannot be used with --offload; without either both are seen");
		return false;
	}
	request->view = view;
	return true;
}

/* Those that take no value. */
static bool take_switch(struct probe_request *request, int key)
{
	switch (key) {
	case OPTION_TFTP:
		request->tftp = true;
		return true;
	case OPTION_IPV6:
		request->ipv6 = true;
		return true;
	case OPTION_EDGE:
		request->edge = true;
		return true;
	case OPTION_FIRMWARE:
		return take_view(request, PROBE_FIRMWARE);
	case OPTION_OFFLOAD:
		return take_view(request, PROBE_OFFLOAD);
	default: /* getopt_long() has said what is wrong */
		return false;
	}
}

static bool take_interface(struct probe_request *request, const char *value)
{
	unsigned char mac[MAC_SIZE];

	request->interface = value;
	return take_mac("--interface", value, mac);
}

static bool take(void *argument, int key, const char *value)
{
	struct probe_request *request = argument;

	switch (key) {
	case OPTION_NETWORK:
		return take_target(request, PROBE_NETWORK, value);
	case OPTION_BRIDGE:
		return take_target(request, PROBE_BRIDGE, value);
	case OPTION_DIRECT:
		return take_target(request, PROBE_DIRECT, value);
	case OPTION_DOMAIN:
		return take_target(request, PROBE_GUEST, value);
	case OPTION_INTERFACE:
		return take_interface(request, value);
	case OPTION_VLAN:
		return take_number("--vlan", value, VLAN_MAX, &request->vlan);
	case OPTION_MAC:
		request->has_mac = true;
		return take_mac("--mac", value, request->mac);
	case OPTION_ARCH:
		return take_arch(request, value);
	case OPTION_TIMEOUT:
		return take_number("--timeout", value, TIMEOUT_MAX, &request->timeout);
	case OPTION_FORMAT:
		return option_format(value, true, &request->format);
	case OPTION_OUTPUT:
		request->output = value;
		return true;
	case OPTION_CONNECT:
		request->uri = value;
		return true;
	default:
		return take_switch(request, key);
	}
}

/* Why the request cannot be as it is, or NULL. */
static const char *contradiction(const struct probe_request *request)
{
	if (!request->name)
		return "a target is missing: give --network, --bridge, --direct or --domain";
	if (request->interface && request->target != PROBE_GUEST)
		return "--interface needs --domain";
	if (request->target == PROBE_DIRECT && (request->vlan != 0 || request->edge))
		return "--vlan and --edge are for ports of bridges: they cannot be used with "
		       "--direct";
	return NULL;
}

static bool validate(void *argument)
{
	const struct probe_request *request = argument;
	const char *why = contradiction(request);

	if (why)
		log_error("%s", why);
	return !why && option_output_fits(request->output, request->format);
}

static const struct verb_options options = {
	.verb = "probe",
	.usage = usage,
	.known = known,
	.instead = "name the target with --network, --bridge, --direct or --domain",
	.take = take,
	.validate = validate,
};

int verb_probe(int argc, char **argv)
{
	struct probe_request request = {0};
	int status;

	if (!verb_options_read(&options, argc, argv, &request, &status))
		return status;
	const struct look *look = look_load();
	return look ? look->probe(&request) : EXIT_FAILED;
}
