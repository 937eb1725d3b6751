#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Runs by case: each is a machine, which waits for its daemons most of its time.
#
# virt-netboot enable --at-boot, by the package on machines of Debian 12 and 13 with a real systemd as their first process:
# when virt-netboot-repair.service runs, and when not. libvirtd, firewalld and dockerd there are the real ones, without
# any network but their own. firewalld deletes all rules when it starts or is reloaded, and then dockerd makes its own
# again; what was repaired on a bridge with a guest is gone with them. iptables are the legacy ones, whose rules of
# others firewalld reaches.
#
# systemd gets a control group of its own, which goes with it.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/packages.sh"
# Before the sandbox, which has no network to fetch them by.
need_root
[ "${TEST_CASE:-}" = '?' ] || for suite in ${TEST_CASE:-bookworm trixie}; do
	"$SRC/tests/packages/root" "$suite" >/dev/null
done
sandbox "$@"
need nsenter unshare

UNIT=virt-netboot-repair.service
WANTS=/etc/systemd/system
CONFIGURATION=$'[firewall]\ndocker-user = yes\n[hook]\nlog-level = info\n'

# on COMMAND...: on that machine, while systemd runs; in COMMAND...: on its files.
on() { nsenter --target "$(cat /tmp/init)" --mount --pid --net --uts --ipc --root --wdns=/ env -i PATH="$PATH" LC_ALL=C "$@"; }
in_files() { chroot "$ROOT" env -i PATH="$PATH" LC_ALL=C "$@"; }

# lay_machine SUITE
lay_machine() {
	local root
	root=$("$SRC/tests/packages/root" "$1")
	ROOT=/tmp/$1/root
	mkdir "/tmp/$1" "$ROOT" "/tmp/$1/layers" "/tmp/$1/groups"
	mount -t tmpfs layers "/tmp/$1/layers"
	mkdir "/tmp/$1/layers/upper" "/tmp/$1/layers/work"
	mount -t overlay -o "lowerdir=$root,upperdir=/tmp/$1/layers/upper,workdir=/tmp/$1/layers/work" root "$ROOT"
	mount -t cgroup2 cgroup2 "/tmp/$1/groups" || skip "needs control groups of version 2"
	GROUP=/tmp/$1/groups/virt-netboot-at-boot-$(cut -d. -f1 </proc/uptime)-$RANDOM
	mkdir "$GROUP" || skip "control groups cannot be made here"
	trap 'case_ended $?' EXIT
}

case_ended() {
	case $1 in
	0 | 77) ;;
	*) show_machine >&2 || : ;;
	esac
	machine_off
	rm_groups
}

# What its processes wait for in the kernel, and what the first of them has said.
show_machine() {
	local pid
	find "$GROUP" -name cgroup.procs -exec cat {} + | while read -r pid; do
		say "$pid $(tr '\0' ' ' <"/proc/$pid/cmdline"): $(sed -n 's/^State:\t//p' "/proc/$pid/status") $(head -n 4 "/proc/$pid/stack" | xargs)"
	done 2>/dev/null
	[ ! -e /tmp/console ] || tail -n 20 /tmp/console
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
	# For units with devices of their own.
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$ROOT/dev/pts"
	ln -s pts/ptmx "$ROOT/dev/ptmx"
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
	wait_for 120 on test -S /run/systemd/private
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
	rm -f /tmp/init /tmp/ran
	wait_for 60 no_process_is_left
}

no_process_is_left() { grep -qx 'populated 0' "$GROUP/cgroup.events"; }

# Its own, which libvirtd finds when it starts.
bridge_at_boot() {
	cat >"$ROOT$WANTS/bridge.service" <<-'END'
		[Unit]
		Before=libvirtd.service
		[Service]
		Type=oneshot
		ExecStart=/sbin/ip link add br0 type bridge
		ExecStart=/sbin/ip address add 192.168.116.1/24 dev br0
		ExecStart=/sbin/ip link set br0 up
	END
	ln -s ../bridge.service "$ROOT$WANTS/multi-user.target.wants"
}

# guest NAME INTERFACE: its XML.
guest() {
	cat <<-END
		<domain type='qemu'><name>$1</name><memory unit='MiB'>64</memory>
		  <uuid>$(cat /proc/sys/kernel/random/uuid)</uuid>
		  <os><type arch='x86_64'>hvm</type><boot dev='network'/></os>
		  <devices><interface type='${2%=*}'>
		    <source ${2%=*}='${2#*=}'/><model type='virtio'/></interface></devices></domain>
	END
}

libvirts_files() {
	cat >"$ROOT/etc/libvirt/qemu/networks/slow.xml" <<-'END'
		<network><name>slow</name><uuid>5f0d2cc5-6d1c-4a1c-8a38-0f3dd8a84e15</uuid>
		  <bridge name='virbr15' stp='on' delay='0'/>
		  <ip address='192.168.115.1' netmask='255.255.255.0'>
		    <dhcp><range start='192.168.115.10' end='192.168.115.99'/></dhcp>
		  </ip></network>
	END
	guest web bridge=br0 >"$ROOT/etc/libvirt/qemu/web.xml"
	mkdir -p "$ROOT/etc/libvirt/qemu/autostart"
	ln -s ../web.xml "$ROOT/etc/libvirt/qemu/autostart/web.xml"
}

# Without a rule of this kind a newer firewalld leaves others' rules as they are.
direct_rule() {
	echo '<direct><rule ipv="ipv4" table="filter" chain="INPUT" priority="0">-j RETURN</rule></direct>' \
		>"$ROOT/etc/firewalld/direct.xml"
}

# Docker starts when the guest runs: that is the order in which the hooks cannot help.
docker_is_late() {
	mkdir -p "$ROOT$WANTS/docker.service.d" "$ROOT/etc/docker"
	cat >"$ROOT$WANTS/docker.service.d/late.conf" <<-'END'
		[Unit]
		After=libvirtd.service
		[Service]
		ExecStartPre=/bin/sh -c "until virsh --connect qemu:///system domstate web | grep running; do sleep 0.1; done"
	END
	# What it would choose does not work in layers like ours.
	echo '{"storage-driver": "vfs"}' >"$ROOT/etc/docker/daemon.json"
}

install_machine() {
	local iptables
	quiet_machine
	for iptables in iptables ip6tables; do
		in_files update-alternatives --quiet --set "$iptables" "/usr/sbin/$iptables-legacy"
	done
	cp "$(deb "$VERSION")" "$ROOT/root/package.deb"
	in_files dpkg --install /root/package.deb >/tmp/dpkg 2>&1 || fail "$(cat /tmp/dpkg)"
	printf '[checksum]\nmechanism = iptables\n%s' "$CONFIGURATION" >"$ROOT/etc/virt-netboot.conf"
	bridge_at_boot
	libvirts_files
	direct_rule
	docker_is_late
}

# runs: how often the unit has run since boot.
runs() {
	on journalctl --sync
	on journalctl --quiet --boot --unit "$UNIT" --output cat | grep -c '^Finished ' || :
}

# rules: those of ours that keep the guest from its fault: "filled" completes checksums, "accepted" comes before Docker.
rules() {
	local all words=()
	all=$(on iptables --table mangle --list-rules && on iptables --list-rules)
	[[ $all != *'-o br0 '*'--comment virt-netboot-guest -j CHECKSUM'* ]] || words+=(filled)
	[[ $all != *'-A DOCKER-USER -i br0 -o br0 -m comment --comment virt-netboot-guest -j ACCEPT'* ]] || words+=(accepted)
	printf '%s' "${words[*]}"
}
BOTH='filled accepted'

# Somebody has deleted them.
lose() {
	on iptables --table mangle --flush
	on iptables --flush DOCKER-USER
}

docker_is_back() { [[ $(on iptables --list-rules FORWARD) == *'-j DOCKER-USER'* ]]; }

is_idle() { [ -z "$(on systemctl list-jobs --no-legend)" ] && ! on systemctl --quiet is-active "$UNIT"; }
links_there() { find "$ROOT$WANTS" -path "*.wants/$UNIT" -printf '%P\n' | sort | xargs; }
state() { "$@" virt-netboot status | sed -n 's/^ *BOOT: Checking for repairs at boot *: //p'; }
OFF='NOTE (off; virt-netboot enable --at-boot)'

# ran NUMBER WHAT: so often the unit has run since that was asked last, or since boot; a pattern.
ran() {
	local now before
	now=$(runs)
	before=$(cat /tmp/ran 2>/dev/null || echo 0)
	echo "$now" >/tmp/ran
	# shellcheck disable=SC2053 # it is one
	[[ $((now - before)) == $1 ]] || fail "runs after $2: $((now - before)), wanted $1"
}

# after RUNS RULES WHAT COMMAND...: what there is when all jobs of the command have ended.
after() {
	# Nobody restarts them as often as we do.
	on systemctl reset-failed
	on "${@:4}" || fail "$3"
	wait_for 60 is_idle
	# Nor does anybody else do anything more.
	on firewall-cmd --quiet --state
	wait_for 30 docker_is_back
	ran "$1" "$3"
	is "rules after $3" "$(rules)" "$2"
	is "result of the unit after $3" "$(on systemctl show --property Result --value "$UNIT")" success
}

off() {
	machine_on
	wait_for 60 is_idle
	[[ $(rules) != *accepted* ]] || fail "Docker was not late"
	after 0 "$BOTH" "repair by hand" virt-netboot repair
	after 0 "$BOTH" "a restart of docker" systemctl restart docker
	after 0 '' "a restart of firewalld" systemctl restart firewalld
	planned add-checksum-rule && planned add-docker-user-rule || fail "$(cat /tmp/planned)"
	is "state" "$(state on)" "$OFF"
}

# A restart during a run, which waits for libvirtd here, starts no other.
during_a_run() {
	on systemctl kill --signal STOP libvirtd
	on systemctl start --no-block "$UNIT"
	wait_for 10 is_running
	on systemctl restart firewalld
	is_running || fail "the run has ended"
	on systemctl kill --signal CONT libvirtd
	wait_for 60 is_idle
	ran 1 "a restart during a run"
}

is_running() { [ "$(on systemctl is-active "$UNIT")" = activating ]; }
docker_was_restarted() { [ "$(on systemctl show --property NRestarts --value docker)" != 0 ]; }

starts_and_restarts() {
	after 1 "$BOTH" "a restart of firewalld" systemctl restart firewalld
	lose
	after 1 "$BOTH" "a restart of docker" systemctl restart docker
	lose
	after 1 "$BOTH" "a restart of docker, if it runs" systemctl try-restart docker
	lose
	after 1 "$BOTH" "a restart of libvirtd" systemctl restart libvirtd
	lose
	on systemctl reset-failed
	on systemctl kill --signal KILL docker
	wait_for 10 docker_was_restarted
	# systemd 257 starts what docker wants when that waits for its restart, and when it has started.
	after '[12]' "$BOTH" "the end of docker by a signal" true
	during_a_run
}

# What systemd does not tell us.
reloads() {
	after 1 "$BOTH" "a start of the unit, within the time of systemd's limit" systemctl start "$UNIT"
	after 0 '' "a reload of firewalld by D-Bus" firewall-cmd --quiet --reload
	after 0 "$BOTH" "repair by hand" virt-netboot repair
	after 0 '' "a reload of firewalld" systemctl reload firewalld
	after 0 '' "a reload of docker" systemctl reload docker
	after 0 '' "a plain enable" virt-netboot enable
}

switched_on() {
	on virt-netboot enable
	is "links of enable without the option" "$(links_there)" ""
	on virt-netboot enable --at-boot
	on virt-netboot enable --at-boot
	is "state" "$(state on)" PASS
	after 0 '' "enable --at-boot" true
	starts_and_restarts
	reloads
	is "state" "$(state on)" PASS
}

booted() {
	machine_off
	machine_on
	after 1 "$BOTH" "boot" true
}

# planned ACTION: by the command without the unit's restrictions.
planned() {
	on virt-netboot repair --all --dry-run >/tmp/planned || :
	grep -q "$1.* result=planned" /tmp/planned
}

# What the unit's restrictions leave: with guests for which no hook was run, the plan has something of each kind, and
# nothing afterwards.
restricted() {
	local action
	on virt-netboot disable >/tmp/disabled
	printf '%s' "$CONFIGURATION" >"$ROOT/etc/virt-netboot.conf"
	on virsh --quiet net-start slow
	on iptables --table mangle --flush
	on ip link set virbr15 type bridge stp_state 1 forward_delay 1500
	guest client network=slow >"$ROOT/root/client.xml"
	on virsh --quiet create /root/client.xml
	for action in edge-port add-checksum-rule set-forward-delay add-docker-user-rule; do
		planned "$action" || fail "without hooks: no $action in: $(cat /tmp/planned)"
	done
	on systemctl start "$UNIT"
	ran 1 "a start of the unit"
	is "result of the unit" "$(on systemctl show --property Result --value "$UNIT")" success
	! planned action || fail "the unit has left: $(cat /tmp/planned)"
	on virsh --quiet destroy client
	on virsh --quiet net-destroy slow
}

switched_off() {
	on virt-netboot disable >/tmp/disabled
	is "links" "$(links_there)" ""
	on virt-netboot enable
	is "state" "$(state on)" "$OFF"
	after 0 '' "a restart of firewalld, when it is off" systemctl restart firewalld
	on systemctl --quiet mask "$UNIT"
	refused "systemctl could not enable $UNIT" on virt-netboot enable --at-boot
	is "state" "$(state on)" "NOTE (off; $UNIT is masked)"
	on systemctl --quiet unmask "$UNIT"
	machine_off
	machine_on
	wait_for 60 is_idle
	ran 0 "boot, when it is off"
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

# on_suite SUITE: each step goes on where the one before has ended.
on_suite() {
	local step
	lay_machine "$1"
	install_machine
	for step in off switched_on booted restricted switched_off by_root; do
		say "== $step"
		"$step"
	done
}

bookworm() { on_suite bookworm; }
trixie() { on_suite trixie; }

cases bookworm trixie
