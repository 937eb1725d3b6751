// SPDX-License-Identifier: GPL-2.0-or-later
/* What the files of `virt-netboot repair` have in common; for those only. See repair.h. */
#ifndef VIRT_NETBOOT_REPAIR_PARTS_H
#define VIRT_NETBOOT_REPAIR_PARTS_H

#include "diagnose.h"
#include "libvirt_read.h"
#include "plan.h"
#include "policy.h"
#include "probe_request.h"
#include "quiet.h"
#include "repair_request.h"

struct repair_output;
struct repair_hold;

/* What is done in one go through everything that was asked for. */
enum repair_pass {
	REPAIR_APPLY, /* carry out, and tell what was done */
	REPAIR_PLAN,  /* --dry-run: tell what would be done, and what would be left */
	REPAIR_LOOK,  /* afterwards: tell what is left */
};

struct repair_run {
	const struct repair_request *request;
	struct target_names bridges; /* those of the named ones that exist */
	struct policy policy;        /* the host's */
	bool qemu_hook;              /* libvirt runs it */
	enum repair_pass pass;
	struct quiet quiet; /* of the devices that filters are put at */
	bool is_watching;
	struct action *sweeps; /* of bridges, to be carried out at the end of the pass */
	size_t sweep_count;
	struct repair_hold *holds; /* of bridges, to be told then */
	size_t hold_count;
	size_t harmless; /* messages that tell of nothing that failed */
	struct repair_output *output;
};

/* What libvirt knows. Each is read again when it has its turn. */
struct repair_objects {
	struct libvirt *libvirt;
	struct libvirt_list networks;
	struct libvirt_list guests;
};

/*
 * repair_output.c: what was done, and what was left alone and why. Text is printed at once, JSON at
 * the end. An action that failed, and a finding that is left, have their part in the exit status.
 */
struct repair_output *repair_output_new(const struct repair_request *request);

/* Print what is still to be printed. Frees it. Return: the exit status. */
int repair_output_end(struct repair_output *output);

/* Frees it. */
void repair_output_drop(struct repair_output *output);

/* Each action of a plan that was carried out; or would be, if only that is asked for. Those that
 * were carried out are in the log, too. */
void repair_tell_actions(struct repair_run *run, const struct plan *plan);

/* From now on, STP that was left off is switched on where it is met, and told. */
void repair_recover_stp(struct repair_run *run);

/* A finding of a plan that nothing was done about, or nothing that helped. One that several guests
 * have of the same bridge is told once. */
void repair_tell_left(
	struct repair_run *run, const struct plan *plan, const struct finding *finding);

/* Not everything could be looked at, or done; after a message. */
void repair_tell_failure(struct repair_run *run);

/* repair_wait.c: wait until firewalld and Docker, where they are starting, have made their rules.
 */
void repair_wait(const struct repair_run *run);

/* repair_diagnosis.c: do what one diagnosis asks for, in the way of the pass. */
void repair_diagnosis(struct repair_run *run, struct diagnosis *diagnosis);

/* And what such diagnoses have left for the end of the pass. */
void repair_sweep(struct repair_run *run);

/* repair_hold.c: note which bridges delay new ports, and tell of those that nothing was planned
 * against. */
void repair_note_holds(struct repair_run *run, const struct diagnosis *diagnosis);
void repair_tell_holds(struct repair_run *run);

/* repair_objects.c: read what libvirt knows of what was asked for. Return: 0; -EINVAL if its URI is
 * refused; or another negative errno, after a message. */
int repair_objects_read(struct repair_run *run, struct repair_objects *objects);
void repair_objects_clear(struct repair_objects *objects);

/* One pass through the bridges, networks and guests that were asked for. What is not understood is
 * left out of the next. */
void repair_objects(struct repair_run *run, struct repair_objects *objects);

/**
 * repair_firewall() - let pass what a probe shows that a firewall drops
 * @target, @name:	PROBE_BRIDGE, PROBE_NETWORK or PROBE_GUEST: where a guest is, or would be
 *
 * What firewalls offer for it, and is taken back as it was, is done, and another probe made; all
 * else is told, with its cure. repair_firewall.c.
 */
void repair_firewall(struct repair_run *run, enum probe_target target, const char *name);

#endif
