#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A folder that includes what its layer may not use does not compile, or, where the compiler cannot tell, is
# refused by scripts/check-includes.

. "$(dirname "$0")/../lib/testlib.sh"
need make

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$SRC"/{Makefile,VERSION,NEWS.md,common,cli,hooks,scripts,packaging} "$scratch"
mkdir -p "$scratch/tests"
cd "$scratch"
make() { command make --silent BUILD=build-layers "$@"; }
object() { printf 'build-layers/%s.o' "${1%.c}"; }

# refuses FILE HEADER: with that header included, the file cannot be compiled.
refuses() {
	local said
	make "$(object "$1")" || fail "$1 cannot be compiled as it is"
	cp "$1" "$1.before"
	printf '#include "%s"\n' "$2" >>"$1"
	said=$(make "$(object "$1")" 2>&1) && fail "$1 may include $2"
	[[ $said == *"$2: No such file or directory"* ]] || fail "$1 with $2: $said"
	mv "$1.before" "$1"
}

# One header of each layer that the folder may not use.
compiler() {
	refuses common/base/log.c event.h
	refuses common/model/guest.c xml.h
	refuses common/model/guest.c plan.h
	refuses common/input/xml.c plan.h
	refuses common/input/xml.c host.h
	refuses common/plan/hold.c host.h
	refuses common/plan/hold.c xml.h
	refuses common/plan/hold.c apply.h
	refuses common/kernel/bridge.c plan.h
	refuses common/kernel/bridge.c xml.h
	refuses common/rewrite/answer.c host.h
	refuses common/rewrite/answer.c diagnose.h
	refuses common/run/gather_guest.c xml.h
	refuses common/run/gather_guest.c netlink.h
	refuses common/diagnose/diagnose.c rewrite.h
	refuses common/diagnose/diagnose.c netlink.h
	refuses hooks/guard.c netlink.h
	refuses hooks/network.c host.h
	refuses cli/report/findings.c daemons.h
	refuses cli/switch/daemons.c xml.h
	refuses cli/switch/daemons.c plan.h
	refuses cli/edit/change.c daemons.h
	refuses cli/file/output_file.c event.h
	refuses cli/file/output_file.c in_place.h
	refuses cli/check/write_json.c netlink.h
	refuses cli/explain/explain.c plan.h
	refuses cli/explain/explain.c findings.h
	refuses cli/verb/status.c netlink.h
	refuses cli/virt-netboot.c plan.h
}

# complains WANTED FILE LINE: scripts/check-includes about a file with that line.
complains() {
	cp "$2" "$2.before"
	printf '%s\n' "$3" >>"$2"
	refused "$1" scripts/check-includes
	mv "$2.before" "$2"
}

check_includes() {
	scripts/check-includes
	complains "a header is named without its folder" common/plan/hold.c '#include "../kernel/netlink.h"'
	complains "a header is named without its folder" common/plan/hold.c '# include "kernel/netlink.h"'
	complains "libxml2 is for" common/plan/hold.c '#include <libxml/tree.h>'
	complains "libxml2 is for" cli/switch/root.c '#include <libxml/tree.h>'
	complains "libxslt is for" common/input/xml.c '#include <libxslt/transform.h>'
	complains "libinih is for" common/run/watch.c '#include <ini.h>'
	complains "json-c is for" cli/verb/check.c '#include <json-c/json.h>'
	complains "netlink and libiptc are for" common/run/watch.c '#include <netlink/netlink.h>'
	complains "netlink and libiptc are for" hooks/qemu.c '#include <libiptc/libiptc.h>'
	complains "ioctl is for" common/input/xml.c '#include <sys/ioctl.h>'
	complains "model and plan do no input" common/plan/hold.c '#include <unistd.h>'
	complains "a list of devices is for" common/run/gather_ours.c '#include <net/if.h>'
}

# What decides is linked without what reaches the system: the linker would miss it.
linker() {
	[ -x "$TOOLS/test_plan" ] || skip "needs the unit tests (make test-programs)"
	! nm "$TOOLS/test_plan" | grep -E ' T (host_bridge_get|netlink_call|xml_parse|apply_actions)$' || fail "test_plan is linked with more than the plan"
}

cases compiler check_includes linker
