// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * virt-netboot rewrite: XML of a guest or a network -> the same with a cure in it.
 *
 * Nothing is printed or changed before all of it is done. What the cures are is in xslt/.
 */
#include "alloc.h"
#include "change.h"
#include "cleanup.h"
#include "exit_status.h"
#include "in_place.h"
#include "keep_lines.h"
#include "log.h"
#include "network_xml.h"
#include "output.h"
#include "read_all.h"
#include "verbs.h"
#include "xml.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char usage[] =
	"usage: virt-netboot rewrite [OPTION]... [FILE]\n"
	"\n"
	"Changes libvirt XML from FILE, or from standard input, and prints it.\n"
	"\n"
	"  --driver-qemu      <driver name='qemu'/> for virtio interfaces: QEMU instead of "
	"vhost-net\n"
	"  --guest-csum-off   <guest csum='off' .../> for virtio interfaces: full checksums only\n"
	"  --interface MAC|BRIDGE\n"
	"                     only for this interface, or those on this bridge, network or parent\n"
	"                     device; may be given more than once\n"
	"  --stp on|off       whether a network's bridge runs STP\n"
	"  --delay SECONDS    the forward delay of a network's bridge, 0 to 30; 0 is the "
	"minimum\n"
	"  --auto             the changes that this host needs\n"
	"\n"
	"  --diff             print only the change, as diff does\n"
	"  --in-place         change FILE instead of printing\n"
	"\n"
	"    EDITOR='virt-netboot rewrite --driver-qemu --in-place' virsh edit GUEST\n";

static int check_document(const char *what, const xmlNode *root, const struct request *request,
	struct document *document)
{
	if (!document_recognise(root, document)) {
		log_error("%s is a <%s>; <domain>, <network>, <domainsnapshot> and <hookData> are "
			  "accepted",
			what, (const char *)root->name);
		return -EINVAL;
	}
	if (request_is_for_guests(request) && !document->guests[0]) {
		log_error(
			"%s has no guest: --driver-qemu, --guest-csum-off and --interface are for "
			"guests",
			what);
		return -EINVAL;
	}
	if (request_is_for_networks(request) && !document->network) {
		log_error("%s has no network: --stp and --delay are for networks", what);
		return -EINVAL;
	}
	if (request->automatic && geteuid() != 0) {
		log_error("--auto looks at the rules of this host, which takes root");
		return -EPERM;
	}
	return 0;
}

/* A word on an interface that is not there: it may be misspelt. */
static void check_interfaces(const struct document *document, const struct request *request)
{
	CLEANUP(cleanup_free) char *list = alloc_copy(request->interfaces);
	char *rest = NULL;

	for (const char *one = strtok_r(list, " ", &rest); one; one = strtok_r(NULL, " ", &rest)) {
		if (document_has_interface(document, one))
			continue;
		CLEANUP(cleanup_free) char *all = document_interfaces(document);
		log_warning("--interface %s: the guest has none; it has %s", one,
			*all ? all : "no interface at all");
	}
}

static void check_network(const char *what, const struct document *document)
{
	struct network network;

	network_xml_read(document->network, &network);
	if (!network_is_managed(&network))
		log_warning(
			"%s is not changed: libvirt does not make this network's bridge, and its "
			"STP and delay are set where it is made",
			what);
	network_clear(&network);
}

static int change_document(const char *what, xmlDoc **doc, const struct request *request)
{
	struct document document;
	int result = check_document(what, xmlDocGetRootElement(*doc), request, &document);

	if (result != 0)
		return result;
	check_interfaces(&document, request);
	if (request_is_for_networks(request))
		check_network(what, &document);
	if (request->automatic)
		return change_for_host(doc, &document);
	result = change_guests(doc, request);
	if (result == 0 && request_is_for_networks(request))
		result = change_network(doc, request->stp, request->delay);
	return result;
}

static int put_result(const char *what, const struct request *request, const struct in_place *file,
	struct text before, struct text after)
{
	if (request->diff)
		return output_diff(what, before, after);
	if (!request->in_place)
		return output_write(after);
	if (before.length == after.length && memcmp(before.start, after.start, after.length) == 0)
		return 0;
	return in_place_replace(file, before, after);
}

/* What is to be changed in place has been opened. */
static int open_input(const struct request *request, const struct in_place *file)
{
	if (request->in_place)
		return dup(file->file);
	return request->path ? open(request->path, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
}

static int read_input(const char *what, const struct request *request, struct in_place *file,
	char **text, size_t *length)
{
	if (request->in_place && in_place_open(request->path, file) != 0)
		return -EINVAL;
	CLEANUP(cleanup_fd) int fd = open_input(request, file);
	int result = fd < 0 ? -errno : read_all(fd, text, length);

	if (result != 0)
		log_error("%s: %s", what, strerror(-result));
	return result;
}

static int rewrite_file(const struct request *request)
{
	const char *what = request->path ? request->path : "standard input";
	CLEANUP(in_place_clear) struct in_place file = {.folder = -1, .file = -1};
	CLEANUP(cleanup_free) char *text = NULL;
	CLEANUP(cleanup_free) char *new_text = NULL;
	CLEANUP(cleanup_xml_doc) xmlDoc *before = NULL;
	CLEANUP(cleanup_xml_doc) xmlDoc *after = NULL;
	size_t length = 0;
	size_t new_length;

	if (read_input(what, request, &file, &text, &length) != 0 || !text)
		return EXIT_FAILED;
	before = xml_parse(what, text, length);
	after = before ? xmlCopyDoc(before, 1) : NULL;
	if (!after || change_document(what, &after, request) != 0)
		return EXIT_FAILED;
	struct text original = {text, length};
	new_text = keep_lines(what, original, before, after, &new_length);
	if (!new_text || put_result(what, request, &file, original,
				 (struct text){new_text, new_length}) != 0)
		return EXIT_FAILED;
	return EXIT_DONE;
}

int verb_rewrite(int argc, char **argv)
{
	struct request request;
	int status = request_parse(argc, argv, &request);

	if (request.help)
		fputs(usage, stdout);
	else if (status == EXIT_DONE)
		status = rewrite_file(&request);
	free(request.interfaces);
	return status;
}
