#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What virt-netboot-check.service takes from the command: with the capabilities that are left and a read-only file system
# it says what it says without these limits, and it needs no system call and no kind of socket that the service does
# not allow. systemd itself does not run here. And both formats with what libvirt knows.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need setpriv strace jq systemd-analyze findmnt promtool python3
hypervisor_start
hooks_start

PATH=$HOOKS:$PATH
SERVICE=$SRC/packaging/systemd/virt-netboot-check.service
DIRECTORY=/var/lib/prometheus/node-exporter
FILE=$DIRECTORY/virt-netboot.prom

# setting KEY: its value in the service.
setting() { sed -n "s/^$1=//p" "$SERVICE"; }

# capabilities [ALSO-NOT...]: as setpriv wants them: none but those of the service.
capabilities() {
	local name list=-all
	for name in $(setting CapabilityBoundingSet); do
		[[ " $* " == *" $name "* ]] || list+=,+${name#CAP_}
	done
	printf %s "${list,,}"
}

# read_only COMMAND...: all mounts are, but for the kernel's own and $DIRECTORY.
read_only() {
	# shellcheck disable=SC2016 # for that shell
	unshare --mount bash -c '
		mount --make-rprivate /
		mount --bind "$0" "$0"
		findmnt -rno TARGET | while read -r target; do
			case $target in
			"$0" | /dev* | /proc* | /sys*) ;;
			*) mount -o remount,bind,ro "$target" 2>/dev/null || : ;;
			esac
		done
		exec "$@"' "$DIRECTORY" "$@"
}

# findings [COMMAND...]: the document, without what differs from run to run.
findings() {
	{ "$@" virt-netboot check --format json 2>/tmp/stderr || :; } | jq 'del(.time, .duration_seconds)'
}

limited=(setpriv --no-new-privs --bounding-set "$(capabilities)")

same_answer() {
	findings >/tmp/free.json
	[ "$(jq '[.checks[] | select(.level == "network" or .level == "guest")] | length' /tmp/free.json)" -ge 2 ] ||
		fail "nothing of libvirt's is there: $(cat /tmp/free.json /tmp/stderr)"
	findings "${limited[@]}" >/tmp/limited.json
	diff /tmp/free.json /tmp/limited.json || fail "with the service's capabilities: $(cat /tmp/stderr)"
	findings read_only "${limited[@]}" >/tmp/limited.json
	diff /tmp/free.json /tmp/limited.json || fail "with a read-only file system: $(cat /tmp/stderr)"
	# That it is read-only.
	! read_only touch /etc/virt-netboot.conf 2>/dev/null || fail "the file system is not read-only"
}

# Without these something is not seen: they are needed, and this would tell.
needed() {
	findings >/tmp/free.json
	findings setpriv --bounding-set "$(capabilities CAP_SYS_PTRACE CAP_NET_ADMIN CAP_NET_RAW CAP_DAC_OVERRIDE)" >/tmp/limited.json
	! cmp /tmp/free.json /tmp/limited.json || fail "no capability is needed"
}

# The whole command line, as the service runs it.
output() {
	local status=0
	mkdir -p "$DIRECTORY"
	# as on distributions where it is that of node_exporter's user
	chown 65534:65534 "$DIRECTORY"
	read -ra command <<<"$(setting ExecStart | sed "s,/usr/bin/virt-netboot,virt-netboot,; s,\${TEXTFILE_DIRECTORY},$(setting Environment | cut -d= -f2),")"
	for _ in new old; do
		status=0
		read_only "${limited[@]}" "${command[@]}" >/tmp/stdout 2>/tmp/stderr || status=$?
		[[ " 0 $(setting SuccessExitStatus) " == *" $status "* ]] || fail "status $status: $(cat /tmp/stderr)"
		grep -q '^virt_netboot_check_completed_timestamp_seconds ' "$FILE" || fail "$(cat "$FILE")"
		# another's file, the second time
		chown 65534:65534 "$FILE"
		chmod 640 "$FILE"
	done
	is "mode" "$(stat -c '%a %u' "$FILE")" "640 65534"
}

# group NAME: the system call, or those of a group of systemd's, and of the groups in it.
group() {
	local word
	[[ $1 == @* ]] || {
		say "$1"
		return
	}
	systemd-analyze syscall-filter "$1" | sed '1d; s/#.*//' | while read -r word; do
		[ -z "$word" ] || group "$word"
	done
}

calls() {
	! sanitized || skip "sanitizers call more"
	ASAN_OPTIONS=detect_leaks=0 strace -f -qq -o /tmp/trace virt-netboot check --all >/tmp/stdout 2>/tmp/stderr || :
	sed -E 's/^[0-9]+ +//' /tmp/trace >/tmp/calls
	grep -q '^openat(.*libvirt' /tmp/calls || fail "no trace"
	is "calls that the service refuses" \
		"$(comm -23 <(sed -nE 's/^([a-z0-9_]+)\(.*/\1/p' /tmp/calls | sort -u) <(for group in $(setting SystemCallFilter); do group "$group"; done | sort -u))" ""
	is "sockets that the service refuses" "$(comm -23 <(grep -oE '^socket\(AF_[A-Z0-9]+' /tmp/calls | cut -d'(' -f2 | sort -u) \
		<(setting RestrictAddressFamilies | tr ' ' '\n' | sort))" ""
	is "namespaces" "$(grep -E '^(unshare|setns)\(|CLONE_NEW' /tmp/calls)" ""
	is "devices that are opened" "$(grep -E '^open(at)?\(.*"/dev/' /tmp/calls | grep -vE '/dev/(null|urandom|random)"|/dev/shm' | grep -v ENOENT)" ""
	# Nothing is written, but to standard output.
	is "files that are opened for writing" \
		"$(grep -E '^open(at)?\(.*O_(WRONLY|RDWR|CREAT)' /tmp/calls | grep -vE ' = -1 |"/dev/null"|"/proc/self/fd')" ""
}

# What it says of networks and guests is in both formats, and no name breaks them.
formats() {
	virt-netboot check --format json >/tmp/check.json 2>/tmp/stderr || :
	"$SRC/tests/lib/check-schema.py" /tmp/check.json || fail "$(cat /tmp/check.json)"
	is "levels" "$(jq -r '.checks[].level' /tmp/check.json | sort -u | xargs)" "bridge guest host network"
	is "networks" "$(jq -r '.checks[] | select(.level == "network") | .object' /tmp/check.json | sort -u | xargs)" "net7 net8"
	is "guests" "$(jq -r '.checks[] | select(.level == "guest") | .object' /tmp/check.json | sort -u)" "$ODD
web"
	virt-netboot check --format prometheus >/tmp/check.prom 2>/tmp/stderr || :
	is "what promtool says" "$(promtool check metrics </tmp/check.prom 2>&1)" ""
	is "series that come twice" "$(sed 's/ [0-9.]*$//' /tmp/check.prom | sort | uniq -d)" ""
	! grep -qx 'virt_netboot_check_results{level="guest",result="pass"} 0' /tmp/check.prom || fail "nothing is counted"
	grep -q "^virt_netboot_finding{.*level=\"bridge\",object=\"virbr7\"" /tmp/check.prom || fail "no finding"
	# and one object alone, of which nothing else is said
	virt-netboot check --network net8 --format json >/tmp/check.json 2>/tmp/stderr || :
	jq -r '.checks[].object' /tmp/check.json >/tmp/objects
	grep -qx net8 /tmp/objects || fail "nothing of net8: $(cat /tmp/check.json)"
	! grep -qx net7 /tmp/objects || fail "net7 was not asked for"
}

ODD='odd "}\ {guest}#'

network_create net7 virbr7 on 15
network_create net8 virbr8 off 0
mkdir -p "$DIRECTORY"
guest_define "$ODD" network=net8
guest_start web network=net8
cases formats same_answer needed output calls
