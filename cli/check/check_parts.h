// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of `virt-netboot check` have in common; for those only. See check.h. */
#ifndef VIRT_NETBOOT_CHECK_PARTS_H
#define VIRT_NETBOOT_CHECK_PARTS_H

#include "check_list.h"
#include "diagnose.h"
#include "libvirt_read.h"
#include "policy.h"

struct check_firewall;

struct check_run {
	struct policy policy; /* the host's */
	bool is_root;
	bool qemu_hook; /* libvirt runs it: what it would repair is no fault */
	bool network_hook;
	struct check_firewall *firewall;     /* NULL if it was not read */
	const struct libvirt_list *networks; /* all, to find guests' bridges; NULL if not read */
	const struct port_list *ports;       /* all, to look beyond bridges; likewise */
	struct check_list list;
};

/* A question, and the findings of a plan that answer it. A finding answers one of each level. */
struct check_topic {
	struct check_question question;
	const char *const *slugs; /* and NULL; or NULL for none */
};

/* All of a file's, and one without a question. */
extern const struct check_topic check_network_topics[];
extern const struct check_topic check_guest_topics[];

/* check_host.c, check_bridge.c, check_network.c, check_guest.c, check_firewall.c: add the lines
 * about one object. */
void check_host(struct check_run *run);
void check_bridges(struct check_run *run, const char *const *names, size_t count);
void check_network(struct check_run *run, const struct libvirt_object *object);
void check_guest(struct check_run *run, const struct libvirt_object *guest);

/* Find out whether libvirt runs the hooks; and add the lines about that. */
void check_hooks(struct check_run *run, bool tell);

/* Read the firewalls once, for the lines about this host and about each bridge; and forget them. */
void check_firewall_read(struct check_run *run);
void check_firewall_host(struct check_run *run);
void check_firewall_bridge(struct check_run *run, const struct bridge_state *bridge);
void check_firewall_network(struct check_run *run, const char *network, const char *bridge);
void check_firewall_clear(struct check_run *run);

/*
 * check_findings.c: how bad a finding of a plan is for who asks: what a hook that libvirt runs will
 * repair at the guest's start is a NOTE, and what was merely read and may not matter a WARN.
 */
enum check_result check_finding_result(const struct check_run *run, const struct plan *plan,
	const struct finding *finding, bool running);

/* Add a line about what cannot be read, which makes the whole incomplete. */
void check_unknown(
	struct check_run *run, const struct check_question *question, const char *object);

/* True if the slug is in a list that ends with NULL; NULL is an empty one. */
bool check_is_among(const char *slug, const char *const *slugs);

/*
 * check_hold.c: how long a new port is delayed, in 1/100 s.
 */

/* What a bridge makes a new port wait; 0 if nothing, or if STP is not the kernel's. */
unsigned int check_new_port_hold(const struct bridge_state *bridge);

/* "30.0 s" */
char *check_hold_text(unsigned int hold);

/* Which kinds of DHCP clients give up before, in words: "iPXE and udhcpc give up, ..."; NULL if
 * none does. */
char *check_clients_text(unsigned int hold);

/**
 * check_add_hold() - a bridge delays new ports, and the plan has nothing about it
 * @bridge:	for which bridge_holds() is true
 * @diagnosis:	whose policy says what a hook does, or would do if libvirt ran it
 *
 * A plan is made for what a hook does at one event. That a later one makes an edge port is good
 * only if libvirt runs the hooks.
 */
void check_add_hold(struct check_run *run, const struct check_question *question,
	const char *object, const char *interface, const struct bridge_state *bridge,
	const struct diagnosis *diagnosis);

/* What is asked about. */
struct check_subject {
	struct check_run *run;
	const char *object;
	const struct plan *plan;
	const struct guest_nic *nic; /* whose findings; NULL for all of the plan */
};

/**
 * check_findings() - add a line for each finding of a plan that answers a question
 * @slugs:	those that do, and NULL
 *
 * Return: how many there were; the caller adds a line that passes where there was none.
 */
size_t check_findings(const struct check_subject *subject, const struct check_question *question,
	const char *const *slugs);

#endif
