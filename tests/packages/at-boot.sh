#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot enable --at-boot, by the package on a machine of Debian 12 with a real systemd as its first process: when
# virt-netboot-repair.service runs, and when not. libvirtd there is the real one; firewalld.service and docker.service are
# units of ours, which delete the rules of mangle when they start, or are reloaded.
#
# systemd gets a control group of its own, which goes with it.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
# Before the sandbox, which has no network to fetch it by.
need_root
package=$(deb "$VERSION")
root=$("$SRC/tests/packages/root" bookworm)
sandbox "$@"
need nsenter unshare

ROOT=/tmp/machine
CGROUPS=/tmp/cgroups
UNIT=virt-netboot-repair.service
WANTS=/etc/systemd/system

# on COMMAND...: on that machine, while systemd runs; in COMMAND...: on its files.
on() { nsenter --target "$(cat /tmp/init)" --mount --pid --net --uts --ipc --root --wdns=/ env -i PATH="$PATH" LC_ALL=C "$@"; }
in_files() { chroot "$ROOT" env -i PATH="$PATH" LC_ALL=C "$@"; }

lay_machine() {
	mkdir "$ROOT" "$CGROUPS" /tmp/layers
	mount -t tmpfs layers /tmp/layers
	mkdir /tmp/layers/upper /tmp/layers/work
	mount -t overlay -o "lowerdir=$root,upperdir=/tmp/layers/upper,workdir=/tmp/layers/work" root "$ROOT"
	mount -t cgroup2 cgroup2 "$CGROUPS" || skip "needs control groups of version 2"
	GROUP=$CGROUPS/virt-netboot-at-boot-$(cut -d. -f1 </proc/uptime)-$RANDOM
	mkdir "$GROUP" || skip "control groups cannot be made here"
	trap 'machine_off; rm_groups' EXIT
}

# The kernel removes none that has others in it.
rm_groups() { find "$GROUP" -depth -type d -exec rmdir {} \; ; }

# What must not reach for this machine's devices and settings, and what takes time.
quiet_machine() {
	local unit
	for unit in systemd-udevd.service systemd-udev-trigger.service systemd-sysctl.service systemd-modules-load.service \
		systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-networkd.service getty.target \
		systemd-logind.service apt-daily.timer apt-daily-upgrade.timer sys-kernel-debug.mount sys-kernel-tracing.mount \
		dev-hugepages.mount; do
		ln -sf /dev/null "$ROOT$WANTS/$unit"
	done
	# Its journal is gone when it is off.
	rm -rf "$ROOT/var/log/journal"
	: >"$ROOT/etc/fstab"
	rm -f "$ROOT/etc/libvirt/qemu/networks/autostart/default.xml"
}

# What its first process is.
first_process() {
	set -eu
	local node
	mount --make-rprivate /
	mount -t proc proc "$ROOT/proc"
	# Only the settings of its own network are for it to change.
	mount --bind "$ROOT/proc/sys" "$ROOT/proc/sys"
	mount --bind "$ROOT/proc/sys/net" "$ROOT/proc/sys/net"
	mount -o remount,bind,ro "$ROOT/proc/sys"
	mount -t sysfs sysfs "$ROOT/sys"
	mount -t tmpfs run "$ROOT/run"
	mount -t tmpfs -o mode=755 dev "$ROOT/dev"
	mkdir "$ROOT/dev/net" "$ROOT/dev/pts" "$ROOT/dev/shm"
	for node in null zero full random urandom net/tun; do
		: >"$ROOT/dev/$node"
		mount --bind "/dev/$node" "$ROOT/dev/$node"
	done
	ln -s /proc/self/fd "$ROOT/dev/fd"
	echo $$ >"$GROUP/cgroup.procs"
	# shellcheck disable=SC2016 # for that shell
	exec unshare --cgroup bash -c 'mount -t cgroup2 cgroup2 "$0/sys/fs/cgroup"
		exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$0" \
			/lib/systemd/systemd --log-target=journal --show-status=no' "$ROOT"
}

machine_on() {
	export ROOT GROUP
	unshare --mount --pid --net --uts --ipc --fork --kill-child \
		bash -c "$(declare -f first_process); first_process" </dev/null >/tmp/console 2>&1 &
	wait_for 10 first_process_is_there $!
	wait_for 60 on test -S /run/systemd/private
	wait_for 120 is_up
}

# For the cases, each of which has a shell of its own.
first_process_is_there() {
	[ "$(ps -o comm= --ppid "$1")" = systemd ]
	ps -o pid= --ppid "$1" | tr -d ' ' >/tmp/init
}
is_up() { [[ $(on systemctl is-system-running 2>/dev/null) =~ ^(running|degraded)$ ]]; }

machine_off() {
	[ ! -s /tmp/init ] || kill -KILL "$(cat /tmp/init)" 2>/dev/null || :
	rm -f /tmp/init
	wait_for 10 no_process_is_left
}

no_process_is_left() { grep -qx 'populated 0' "$GROUP/cgroup.events"; }

# stand_in NAME SECTION-LINES...: a service that deletes all rules of mangle when it starts, and when it is reloaded. When
# libvirtd answers, its networks have been started.
stand_in() {
	local flush='/bin/sh -c "iptables-nft --wait --table mangle --flush; iptables-legacy --wait --table mangle --flush"' first=/bin/true
	[[ "${*:2}" != *After=libvirtd* ]] || first='/usr/bin/virsh --connect qemu:///system list'
	{
		printf '[Unit]\n'
		printf '%s\n' "${@:2}"
		printf '[Service]\nType=notify\nNotifyAccess=all\nRestart=on-failure\nRestartSec=0\nExecReload=%s\n' "$flush"
		printf 'ExecStartPre=%s\nExecStartPre=%s\n' "$first" "$flush"
		printf 'ExecStart=/bin/sh -c "systemd-notify --ready; exec sleep infinity"\n'
		printf '[Install]\nWantedBy=multi-user.target\n'
	} >"$ROOT$WANTS/$1.service"
	in_files systemctl --quiet enable "$1.service"
}

install_machine() {
	quiet_machine
	cp "$package" "$ROOT/root/package.deb"
	in_files dpkg --install /root/package.deb >/tmp/dpkg 2>&1 || fail "$(cat /tmp/dpkg)"
	printf '[checksum]\nmechanism = iptables\n[hook]\nlog-level = info\n' >"$ROOT/etc/virt-netboot.conf"
	cat >"$ROOT/etc/libvirt/qemu/networks/slow.xml" <<-'END'
		<network><name>slow</name><uuid>5f0d2cc5-6d1c-4a1c-8a38-0f3dd8a84e15</uuid>
		  <bridge name='virbr15' stp='on' delay='0'/>
		  <ip address='192.168.115.1' netmask='255.255.255.0'>
		    <dhcp><range start='192.168.115.10' end='192.168.115.99'/></dhcp>
		  </ip></network>
	END
	ln -s ../slow.xml "$ROOT/etc/libvirt/qemu/networks/autostart/slow.xml"
	# Starts before libvirtd, as the real one, and the other after it.
	stand_in firewalld Before=network-pre.target Wants=network-pre.target
	stand_in docker After=libvirtd.service
}

# runs: how often the unit has run since boot.
runs() {
	on journalctl --sync
	on journalctl --quiet --boot --unit "$UNIT" --output cat | grep -c '^Finished ' || :
}

# filled: whether a rule has checksums completed: libvirt's own, or one of ours in the place of that.
filled() {
	local rules
	rules=$(on iptables-nft --table mangle --list-rules 2>/dev/null && on iptables-legacy --table mangle --list-rules)
	[[ $rules != *'-j CHECKSUM --checksum-fill'* ]] || echo filled
}
is_idle() { [ -z "$(on systemctl list-jobs --no-legend)" ] && ! on systemctl --quiet is-active "$UNIT"; }
links_there() { find "$ROOT$WANTS" -path "*.wants/$UNIT" -printf '%P\n' | sort | xargs; }
state() { "$@" virt-netboot status | sed -n 's/^ *BOOT: Checking for repairs at boot *: //p'; }
OFF='NOTE (off; virt-netboot enable --at-boot)'

# after RUNS FILLED WHAT COMMAND...: what there is when all jobs of the command have ended.
after() {
	on "${@:4}" || fail "$3"
	wait_for 60 is_idle
	is "runs after $3" "$(runs)" "$1"
	is "checksums after $3" "$(filled)" "$2"
	is "result of the unit after $3" "$(on systemctl show --property Result --value "$UNIT")" success
}

off() {
	machine_on
	after 0 '' "boot" true
	on virsh --quiet net-destroy slow
	after 0 filled "a start of the network" virsh --quiet net-start slow
	after 0 '' "a restart of firewalld" systemctl restart firewalld
	is "state" "$(state on)" "$OFF"
}

# A restart during a run, which waits for libvirtd here, starts no other.
during_a_run() {
	on systemctl kill --signal STOP libvirtd
	on systemctl start --no-block "$UNIT"
	wait_for 10 is_running
	on systemctl restart firewalld
	is_running || fail "the run has ended"
	after 6 filled "a restart during a run" systemctl kill --signal CONT libvirtd
}

is_running() { [ "$(on systemctl is-active "$UNIT")" = activating ]; }

switched_on() {
	on virt-netboot enable
	is "links of enable without the option" "$(links_there)" ""
	on virt-netboot enable --at-boot
	on virt-netboot enable --at-boot
	is "state" "$(state on)" PASS
	after 0 '' "enable --at-boot" true
	after 1 filled "a restart of firewalld" systemctl restart firewalld
	after 2 filled "a restart of docker" systemctl restart docker
	after 3 filled "a restart of docker, if it runs" systemctl try-restart docker
	after 4 filled "a restart of libvirtd" systemctl restart libvirtd
	after 5 filled "the end of firewalld by a signal" systemctl kill --signal KILL firewalld
	# What systemd does not tell us.
	during_a_run
	after 6 '' "a reload of firewalld" systemctl reload firewalld
	after 7 filled "a start of the unit, within the time of systemd's limit" systemctl start "$UNIT"
	after 7 '' "a reload of docker" systemctl reload docker
	after 7 '' "a plain enable" virt-netboot enable
	is "state" "$(state on)" PASS
}

booted() {
	machine_off
	machine_on
	after 1 filled "boot" true
}

# planned ACTION: by the command without the unit's restrictions.
planned() {
	on virt-netboot repair --all --dry-run >/tmp/planned || :
	grep -q "$1.* result=planned" /tmp/planned
}

# What the unit's restrictions leave: with a guest for which no hook was run, the plan has something of each kind, and
# nothing afterwards.
restricted() {
	local action
	on virt-netboot disable >/tmp/disabled
	printf '[hook]\nlog-level = info\n' >"$ROOT/etc/virt-netboot.conf"
	on iptables-nft --table mangle --flush 2>/dev/null
	on iptables-legacy --table mangle --flush
	on ip link set virbr15 type bridge stp_state 1 forward_delay 1500
	cat >"$ROOT/root/web.xml" <<-'END'
		<domain type='qemu'><name>web</name><memory unit='MiB'>64</memory>
		  <os><type arch='x86_64'>hvm</type><boot dev='network'/></os>
		  <devices><interface type='network'><mac address='52:54:00:00:00:01'/>
		    <source network='slow'/><model type='virtio'/></interface></devices></domain>
	END
	on virsh --quiet create /root/web.xml
	for action in edge-port add-checksum-rule set-forward-delay; do
		planned "$action" || fail "without hooks: no $action in: $(cat /tmp/planned)"
	done
	after 2 filled "a start of the unit" systemctl start "$UNIT"
	! planned action || fail "the unit has left: $(cat /tmp/planned)"
	on virsh --quiet destroy web
}

switched_off() {
	on virt-netboot disable >/tmp/disabled
	is "links" "$(links_there)" ""
	on virt-netboot enable
	is "state" "$(state on)" "$OFF"
	after 2 '' "a restart of firewalld, when it is off" systemctl restart firewalld
	on systemctl --quiet mask "$UNIT"
	refused "systemctl could not enable $UNIT" on virt-netboot enable --at-boot
	is "state" "$(state on)" "NOTE (off; $UNIT is masked)"
	on systemctl --quiet unmask "$UNIT"
	machine_off
	machine_on
	after 0 '' "boot, when it is off" true
	machine_off
}

# Of files alone, by the command of this machine.
by_root() {
	local command=$HOOKS/virt-netboot status=0 all
	"$command" enable --at-boot --root "$ROOT"
	all=$(links_there)
	is "number of links" "$(wc -w <<<"$all")" 6
	"$command" enable --at-boot --root "$ROOT"
	is "links" "$(links_there)" "$all"
	# An upgrade changes nothing.
	in_files dpkg --install /root/package.deb >/tmp/dpkg 2>&1 || fail "$(cat /tmp/dpkg)"
	is "links after an upgrade" "$(links_there)" "$all"
	"$command" disable --root "$ROOT"
	is "links" "$(links_there)" ""
	PATH=/nowhere "$command" enable --at-boot --root "$ROOT" 2>/tmp/said || status=$?
	is "exit status without systemctl" "$status" 3
	grep -q "cannot enable $UNIT: there is no systemctl" /tmp/said || fail "$(cat /tmp/said)"
	PATH=/nowhere "$command" disable --root "$ROOT"
	"$command" enable --at-boot --root "$ROOT"
	in_files dpkg --remove virt-netboot >/tmp/dpkg 2>&1 || fail "$(cat /tmp/dpkg)"
	is "links after a removal" "$(links_there)" ""
}

lay_machine
install_machine
# Each goes on where the one before has ended.
for step in off switched_on booted restricted switched_off by_root; do
	say "== $step"
	"$step"
done
