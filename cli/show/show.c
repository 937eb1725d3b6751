// SPDX-License-Identifier: GPL-2.0-or-later
#include "show.h"

#include "alloc.h"
#include "character.h"
#include "cleanup.h"
#include "clock.h"
#include "exit_status.h"
#include "host.h"
#include "log.h"
#include "show_read.h"
#include "show_tree.h"
#include "show_watch.h"
#include "terminal.h"
#include "usage_error.h"

#include <errno.h>
#include <getopt.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>

static const char usage[] =
	"usage: virt-netboot show [OPTION]... [BRIDGE|NETWORK|GUEST]\n"
	"\n"
	"Draws bridges as a tree: their ports and guests, the state of each port, and what "
	"completes\n"
	"checksums. Changes nothing.\n"
	"\n"
	"  --watch            draw again whenever something changes, until Ctrl-C\n"
	"  --connect URI      of libvirt's daemon on this host (default: qemu:///system)\n";

struct show {
	const char *name; /* of what is wanted; NULL for all */
	bool watch;
	bool utf8;
	bool drawn;   /* a picture was drawn before */
	bool refused; /* the URI, after a message */
	char *said;   /* of libvirt, last */
	struct show_reader reader;
};

/* Return: EXIT_DONE to go on; -1 if that was all; or an exit status. */
static int parse_options(int argc, char **argv, struct show *show)
{
	static const struct option known[] = {
		{"watch", no_argument, NULL, 'w'},
		{"connect", required_argument, NULL, 'c'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (option == 'h') {
			fputs(usage, stdout);
			return -1;
		}
		if (option == '?')
			return usage_error("show");
		if (option == 'w')
			show->watch = true;
		else
			show->reader.uri = optarg;
	}
	if (argc - optind > 1) {
		log_error("show takes one name only, not also '%s'", argv[optind + 1]);
		return usage_error("show");
	}
	show->name = argv[optind];
	return EXIT_DONE;
}

/* Said when it becomes so. */
static void say_trouble(struct show *show)
{
	const char *trouble = show->reader.trouble;

	if (trouble && (!show->said || strcmp(show->said, trouble) != 0))
		log_warning("libvirt cannot be reached, so guests and networks have no names: %s",
			trouble);
	free(show->said);
	show->said = alloc_copy(trouble);
}

/* On a screen it is a line of the picture, which has to fit. */
static char *add_trouble(const struct show *show, char *text, unsigned int columns)
{
	CLEANUP(cleanup_free) char *before = text;

	if (!show->reader.trouble)
		return alloc_copy(before);
	return alloc_format("%s\n%.*s\n", before, (int)columns,
		"libvirt cannot be reached, so guests and networks have no names.");
}

/* Nothing to draw is all right if it may come yet. */
static bool check_name(struct show *show, const struct show_rows *rows)
{
	if (!show->name || rows->count > 0 || show->drawn)
		return true;
	if (show_is_known(&show->reader, show->name)) {
		if (show->watch)
			return true;
		log_error(
			"'%s' has no bridge and no port: it is not active", TEXT_NAME(show->name));
		return false;
	}
	if (show->reader.trouble)
		log_error("'%s' is not a bridge, and libvirt cannot be asked for networks and "
			  "guests: %s",
			TEXT_NAME(show->name), show->reader.trouble);
	else
		log_error("'%s' is not a bridge, a network or a guest", TEXT_NAME(show->name));
	return false;
}

/* COLUMNS wins, as it does for other programs. */
static unsigned int wanted_columns(unsigned int columns)
{
	const char *text = getenv("COLUMNS");
	char *end = NULL;
	unsigned long wanted = text ? strtoul(text, &end, 10) : 0;

	return columns > 0 && text && *text && !*end && wanted > 0 && wanted <= 10000
		       ? (unsigned int)wanted
		       : columns;
}

static bool read_facts(struct show *show, struct show_facts *facts)
{
	int result = show_read_host(&show->reader, facts);

	/* Where devices come and go all the time no dump may be whole. */
	if (result != 0 && !(show->drawn && result == -EAGAIN))
		log_error("devices cannot be read: %s", strerror(-result));
	if (result != 0)
		return false;
	/* Of libvirt's troubles it is the only one that leaves nothing to draw. */
	show->refused = show_read_names(&show->reader, facts) != 0;
	return !show->refused;
}

static bool draw(void *argument, unsigned int columns, struct show_picture *picture)
{
	struct show *show = argument;
	CLEANUP(show_facts_clear) struct show_facts facts = {0};
	CLEANUP(show_rows_clear) struct show_rows rows = {0};
	const struct show_style style = {show->utf8, wanted_columns(columns)};

	if (!read_facts(show, &facts))
		return false;
	show_want(&facts, show->name);
	show_tree(&facts, &rows);
	if (!check_name(show, &rows))
		return false;
	show->drawn = true;
	if (rows.count == 0 && !show->watch) {
		say_trouble(show);
		log_warning("this host has no bridge, and no macvtap of a guest's");
		picture->text = alloc_copy("");
		return true;
	}
	picture->text = show_layout(&rows, &style);
	if (show->watch && columns > 0)
		picture->text = add_trouble(show, picture->text, style.columns);
	else
		say_trouble(show);
	picture->again = show_is_waiting(&facts) ? clock_now() + NANOSECONDS : 0;
	if (show->reader.again != 0 && (picture->again == 0 || show->reader.again < picture->again))
		picture->again = show->reader.again;
	return true;
}

static int show_once(struct show *show)
{
	CLEANUP(show_picture_clear) struct show_picture picture = {0};
	unsigned int columns = 0;
	unsigned int lines;

	(void)terminal_size(&columns, &lines);
	if (!draw(show, columns, &picture))
		return EXIT_FAILED;
	fputs(picture.text, stdout);
	return EXIT_DONE;
}

int show_main(int argc, char **argv)
{
	struct show show = {0};
	int status = parse_options(argc, argv, &show);

	if (status != EXIT_DONE)
		return status < 0 ? EXIT_DONE : status;
	host_only_look();
	setlocale(LC_CTYPE, "");
	show.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	status = show.watch ? show_watch(draw, &show) : show_once(&show);
	show_reader_clear(&show.reader);
	free(show.said);
	return show.refused ? EXIT_USAGE : status;
}
