#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Output that does not arrive - no space, a closed descriptor, a reader who has gone - is said on stderr and ends
# with 1, whatever was to be printed; and the work is done all the same.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy python3
hooks_start

PATH=$HOOKS:$PATH
GUEST=/tmp/guest.xml
domain_xml web "$(nic br0)" >"$GUEST"

# into no-space|closed|no-reader COMMAND...: with its stdout that way.
into() {
	local way=$1
	shift
	case $way in
	no-space) "$@" >/dev/full ;;
	closed) "$@" >&- ;;
	no-reader) python3 -c '
import os, signal, sys
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$@" ;;
	esac
}

declare -A reasons=([no-space]="No space left on device" [closed]="Bad file descriptor" [no-reader]="Broken pipe")

# loses STATUS COMMAND...: whatever becomes of its output, that is said.
loses() {
	local wanted=$1 way status
	shift
	for way in "${!reasons[@]}"; do
		status=0
		into "$way" "$@" 2>/tmp/stderr </dev/null || status=$?
		is "status of $* with $way" "$status" "$wanted"
		grep -qF "standard output: ${reasons[$way]}" /tmp/stderr || fail "$* with $way said: $(cat /tmp/stderr)"
	done
}

verbs() {
	local verb
	loses 1 virt-netboot --help
	loses 1 virt-netboot --version
	for verb in enable disable status check show explain rewrite repair; do loses 1 virt-netboot "$verb" --help; done
	loses 1 virt-netboot explain
	loses 1 virt-netboot explain bridge-hold
	loses 64 virt-netboot explain bridge-hold unknown
	loses 3 virt-netboot rewrite --driver-qemu "$GUEST"
	loses 3 virt-netboot rewrite --driver-qemu --diff "$GUEST"
	virt-netboot enable
	virt-netboot status >/dev/null || fail "the hooks are not enabled"
	loses 1 virt-netboot status
	virt-netboot disable
}

# Nothing was to be printed, so nothing was lost.
silence() {
	local way verb status
	for way in "${!reasons[@]}"; do
		for verb in enable disable; do
			into "$way" virt-netboot "$verb" 2>/tmp/stderr || fail "$verb with $way: $(cat /tmp/stderr)"
			[ ! -s /tmp/stderr ] || fail "$verb with $way said $(cat /tmp/stderr)"
		done
		status=0
		into "$way" virt-netboot 2>/tmp/stderr || status=$?
		is "status without arguments with $way" "$status" 64
		grep -q '^usage:' /tmp/stderr || fail "no usage"
		! grep 'standard output' /tmp/stderr || fail "nothing was lost"
	done
}

hooks() {
	local hook
	for hook in network qemu; do
		loses 1 "virt-netboot-$hook-hook" --help
		loses 1 "virt-netboot-$hook-hook" --version
		# libvirt's runs: never a status because of that
		into no-reader "virt-netboot-$hook-hook" web started begin - </dev/null || fail "libvirt's run of $hook failed"
	done
}

# Neither of its outputs has a reader, and all is taken away and undone.
disable_is_whole() {
	local way status count
	for way in "${!reasons[@]}"; do
		virt-netboot enable
		for count in 1 2 3; do
			iptables-legacy -t mangle -A POSTROUTING -o "br$count" -p udp -m comment --comment virt-netboot \
				-j CHECKSUM --checksum-fill
		done
		status=0
		# shellcheck disable=SC2016 # for that shell
		into "$way" bash -c 'if [ -e /proc/self/fd/1 ]; then exec "$@" 2>&1; else exec "$@" 2>&-; fi' - \
			virt-netboot disable || status=$?
		is "status of disable with $way" "$status" 1
		is "rules with $way" "$(iptables-legacy -t mangle -S | grep -c virt-netboot || :)" 0
		is "links with $way" "$(find /etc/libvirt/hooks -type l)" ""
	done
}

# A message does not go into a file that was opened in the place of a closed descriptor.
closed_descriptors() {
	local closed
	cp "$GUEST" /tmp/wanted
	sed -i "s/name='vhost'/name='qemu'/" /tmp/wanted
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		cp "$GUEST" /tmp/in-place.xml
		bash -c "virt-netboot rewrite --driver-qemu --interface br0 --interface br9 --in-place /tmp/in-place.xml $closed" ||
			fail "in place with $closed"
		cmp /tmp/in-place.xml /tmp/wanted || fail "with $closed"
	done
	for closed in '2>&-' '<&- >&- 2>&-'; do
		echo '<pool/>' >/tmp/in-place.xml
		! bash -c "virt-netboot rewrite --driver-qemu --in-place /tmp/in-place.xml $closed" || fail "a pool was accepted"
		is "file with $closed" "$(cat /tmp/in-place.xml)" '<pool/>'
	done
	# where there is not even /dev/null
	mount -t tmpfs nothing /dev
	cp "$GUEST" /tmp/in-place.xml
	bash -c "virt-netboot rewrite --driver-qemu --interface br0 --interface br9 --in-place /tmp/in-place.xml <&- >&- 2>&-" ||
		fail "in place without /dev"
	umount /dev
	cmp /tmp/in-place.xml /tmp/wanted
}

cases verbs silence hooks disable_is_whole closed_descriptors
