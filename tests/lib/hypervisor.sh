# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A hypervisor inside the sandbox of testlib.sh: libvirtd, the bridges and DHCP servers
# it makes, and guests whose firmware is iPXE.
#
#     . "$(dirname "$0")/../lib/testlib.sh"
#     . "$SRC/tests/lib/hypervisor.sh"
#     sandbox "$@"
#     hypervisor_start
#     hold edge
#     hooks_install
#     network_create slow virbr15 on 15
#     guest_start g1 network=slow
#     guest_boot_result g1
#
# Theory of operation
#
# The sandbox has its own network, /run, /dev and /etc. Here libvirt's folders become
# empty too, so that no guest, network or hook of the machine's own libvirt is seen,
# let alone started.
#
# Guests have no disk, 128 MiB and no KVM: emulation behaves the same on every machine
# and iPXE needs little. What they boot is an iPXE script that prints BOOTED-OK; their
# serial console goes to a file, and there the outcome is read.
#
# Networks have IPv6 too where the kernel has it. iPXE configures both families before
# it boots, and waits 15 s for a router that never answers.
#
# libvirtd remembers from its start which hook scripts exist. hooks_install and
# hooks_remove therefore restart it: SIGHUP would do, but does not say when it is done.

. "$SRC/tests/lib/filters.sh"

GUESTS=/var/lib/libvirt/guests
TFTP_ROOT=/var/lib/libvirt/tftp
LIBVIRTD=/run/hypervisor/libvirtd
LIBVIRTD_LOG=/var/log/libvirt/libvirtd.log
LIBVIRTD_PIDFILE=/run/libvirtd.pid
NETWORKS=/run/networks # a line for each that was created

# hypervisor_start: libvirtd, with nothing defined.
hypervisor_start() {
	local folder
	need libvirtd virsh qemu-system-x86_64 dnsmasq tcpdump
	for folder in /etc/libvirt /var/lib/libvirt /var/log/libvirt /var/cache/libvirt; do
		[ -d "$folder" ] || {
			cover "${folder%/*}"
			mkdir "$folder"
		}
		cover "$folder"
	done
	mkdir -p /etc/libvirt/hooks "$GUESTS" "$TFTP_ROOT" "${LIBVIRTD%/*}"
	printf '#!ipxe\necho BOOTED-OK\n' >"$TFTP_ROOT/boot.ipxe"
	# AppArmor knows libvirtd by its path and would not let it run a hook from
	# the build folder. A copy elsewhere has no profile.
	cp "$(command -v libvirtd)" "$LIBVIRTD"
	libvirt_user
	libvirt_conf /etc/libvirt
	libvirtd_start
}

# Debian's libvirtd wants this user to exist even when qemu.conf names another one, and
# libvirt-daemon without libvirt-daemon-system does not make it.
libvirt_user() {
	grep -q '^libvirt-qemu:' /etc/passwd ||
		echo 'libvirt-qemu:x:64055:64055::/:/bin/false' >>/etc/passwd
	grep -q '^libvirt-qemu:' /etc/group || echo 'libvirt-qemu:x:64055:' >>/etc/group
}

# libvirt_conf DIRECTORY: root, and no namespaces per guest: QEMU shall see the sandbox's /dev.
# stdio_handler=file makes virtlogd unnecessary.
libvirt_conf() {
	cat >"$1/qemu.conf" <<-'EOF'
		user = "root"
		group = "root"
		security_driver = "none"
		namespaces = []
		cgroup_controllers = []
		stdio_handler = "file"
	EOF
	cat >"$1/libvirtd.conf" <<-EOF
		auth_unix_ro = "none"
		auth_unix_rw = "none"
		log_outputs = "3:file:$LIBVIRTD_LOG"
	EOF
	[ -z "${FIREWALL_BACKEND:-}" ] ||
		echo "firewall_backend = \"$FIREWALL_BACKEND\"" >"$1/network.conf"
}

libvirtd_start() {
	"$LIBVIRTD" --daemon --pid-file "$LIBVIRTD_PIDFILE"
	virsh version >/dev/null || fail "libvirtd ended; the end of its log: $(tail "$LIBVIRTD_LOG")"
}

libvirtd_restart() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	libvirtd_start
}

process_gone() { [ ! -e "/proc/$1/stat" ]; }

# virsh: the sandbox's libvirtd, whatever the environment says.
virsh() { command virsh --quiet --connect qemu:///system "$@"; }

# hooks_install: symbolic links, as `make install` makes them.
hooks_install() {
	local hook
	for hook in network qemu; do
		ln -sf "/usr/sbin/virt-netboot-$hook-hook" "/etc/libvirt/hooks/$hook"
	done
	libvirtd_restart
}

hooks_remove() {
	rm -f /etc/libvirt/hooks/*
	libvirtd_restart
}

# hold VALUE: the configuration, with [bridge] hold = VALUE.
hold() { printf '[bridge]\nhold = %s\n' "$1" >/etc/virt-netboot.conf; }

# hook_complaints: what libvirtd itself logged about hooks, except the note
# ("tainted: hook-script") that it makes for every network with a hook.
hook_complaints() { grep -i hook "$LIBVIRTD_LOG" | grep -v tainted || :; }

# hook_errors: what a hook logged as an error (or worse) of its own; needs syslog_start.
hook_errors() { grep '^<2[4-7]>.*virt-netboot' "$SYSLOG" || :; }

# network_create NAME BRIDGE STP DELAY: an isolated network with DHCP and TFTP.
network_create() {
	local number
	echo "$1" >>"$NETWORKS"
	number=$((100 + $(wc -l <"$NETWORKS")))
	cat >"/tmp/network-$1.xml" <<-EOF
		<network>
		  <name>$1</name>
		  <bridge name='$2' stp='$3' delay='$4'/>
		  <ip address='192.168.$number.1' netmask='255.255.255.0'>
		    <tftp root='$TFTP_ROOT'/>
		    <dhcp>
		      <range start='192.168.$number.10' end='192.168.$number.99'/>
		      <bootp file='boot.ipxe'/>
		    </dhcp>
		  </ip>
		  $(network_ipv6 "fd00:$number")
		</network>
	EOF
	virsh net-create "/tmp/network-$1.xml"
}

network_ipv6() {
	ipv6_here || return 0
	cat <<-EOF
		<ip family='ipv6' address='$1::1' prefix='64'>
		  <dhcp><range start='$1::10' end='$1::99'/></dhcp>
		</ip>
	EOF
}

ipv6_here() { [ -e /proc/net/if_inet6 ]; }

# hooks_are_run yes|no: whether a network that starts is repaired.
hooks_are_run() {
	local delay=1500
	[ "$1" = no ] || delay=200
	network_create probe virbr99 on 15
	is "forward delay, hooks are run: $1" "$(link_get virbr99 forward_delay)" "$delay"
	virsh net-destroy probe
}

# interface_xml TYPE=SOURCE [ELEMENTS], for example network=slow, bridge=br0 or direct=eth1
interface_xml() {
	local type=${1%%=*} source
	source="$type='${1#*=}'"
	[ "$type" != direct ] || source="dev='${1#*=}' mode='bridge'"
	printf "<interface type='%s'><source %s/><model type='virtio'/>%s</interface>\n" \
		"$type" "$source" "${2:-}"
}

# tap_nodes: from now on each macvtap gets its /dev/tapN, as udev makes it on a host; libvirt waits for
# it for 0.2 s.
tap_nodes() {
	python3 -c '
import glob, os, socket, stat
os.nice(-20) # libvirt does not wait long
links = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
links.setsockopt(socket.SOL_SOCKET, 33, 1 << 24) # SO_RCVBUFFORCE: many devices may come at once
links.bind((0, 1)) # RTMGRP_LINK
open("/run/tap-nodes", "w").close()
while links.recv(65536):
    try: # one look for all that has come
        while links.recv(65536, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        pass
    for taps in glob.glob("/sys/class/net/*/tap*/dev"):
        try:
            with open(taps) as file:
                device = os.makedev(*map(int, file.read().split(":")))
        except OSError:
            continue # has gone meanwhile
        node = "/dev/" + taps.split("/")[-2]
        if os.path.exists(node) and os.stat(node).st_rdev != device:
            os.unlink(node)
        if not os.path.exists(node):
            os.mknod(node, stat.S_IFCHR | 0o600, device)' &
	wait_for 60 test -e /run/tap-nodes
}

# guest_define NAME TYPE=SOURCE [ELEMENTS]: with ELEMENTS in its <interface>; a domain of type $GUEST_TYPE,
# by default qemu.
guest_define() {
	cat >"$GUESTS/$1.xml" <<-EOF
		<domain type='${GUEST_TYPE:-qemu}'>
		  <name>$1</name>
		  <memory unit='MiB'>128</memory>
		  <os>
		    <type arch='x86_64'>hvm</type>
		    <boot dev='network'/>
		    <bios useserial='yes'/>
		  </os>
		  <features><acpi/></features>
		  <devices>
		    <serial type='file'><source path='$GUESTS/$1.log'/></serial>
		    <video><model type='none'/></video>
		    <memballoon model='none'/>
		    <controller type='usb' model='none'/>
		    $(interface_xml "${@:2}")
		  </devices>
		</domain>
	EOF
	virsh define "$GUESTS/$1.xml"
	rm -f "$GUESTS/$1.log"
}

# guest_start NAME TYPE=SOURCE [ELEMENTS]: returns when libvirt says it runs; the moment
# before it was asked is in $GUEST_STARTED.
guest_start() {
	guest_define "$@"
	# shellcheck disable=SC2034 # for the caller
	GUEST_STARTED=$EPOCHREALTIME
	virsh start "$1"
}

# guest_run NAME: starts it, if need be twice: libvirt waits for a macvtap's node for a moment only, and who makes it may
# get no processor in that time.
guest_run() { virsh start "$1" || virsh start "$1"; }

guest_stop() { virsh destroy "$1"; }

# guest_ports NAME: the devices on this host of a guest that runs, in the order they were plugged in.
guest_ports() { virsh domiflist "$1" | awk 'NF { print $1 }'; }

# port_states NAME: what STP lets these devices do, each state once.
port_states() {
	local port
	for port in $(guest_ports "$1"); do link_get "$port" state; done | sort -u | xargs
}

all_forward() { [ "$(port_states "$1")" = forwarding ]; }

# edge_ports NAME: how many ports of the guest were made edge ports since syslog_start.
edge_ports() { grep -c "action=edge-port guest=$1 .*result=done" "$SYSLOG" || :; }
edge_ports_are() { [ "$(edge_ports "$1")" = "$2" ]; }

# guest_has_ended NAME: iPXE has booted or given up.
guest_has_ended() { grep -qE 'BOOTED-OK|No more network devices' "$GUESTS/$1.log"; }

# guest_boot_result NAME: waits until it has, and prints which: "booted" or "failed".
guest_boot_result() {
	wait_for 90 guest_has_ended "$1"
	if grep -q BOOTED-OK "$GUESTS/$1.log"; then
		echo booted
	else
		echo failed
	fi
}

# guest_last_words NAME: what iPXE printed from the start of its DHCP to the outcome.
guest_last_words() {
	sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e 's/\r//g' "$GUESTS/$1.log" |
		sed -n -e '/^Configuring/,/^BOOTED-OK\|^No more network devices/p'
}

# wire_watch DEVICE: note the DHCP packets on DEVICE from now on, for wire_first.
wire_watch() {
	: >"/tmp/wire-$1.err"
	tcpdump --immediate-mode -l -n -tt -i "$1" udp port 67 or udp port 68 \
		>"/tmp/wire-$1" 2>"/tmp/wire-$1.err" &
	wait_for 10 grep -q 'listening on' "/tmp/wire-$1.err"
}

# wire_first DEVICE Request|Reply SINCE: seconds from SINCE to the first DHCP request
# or reply, or "never".
wire_first() {
	awk -v what="BOOTP/DHCP, $2" -v since="$3" '
		index($0, what) && $1 >= since { printf "%.3f\n", $1 - since; found = 1; exit }
		END { if (!found) print "never" }' "/tmp/wire-$1"
}

# wire_has: whether there was one; for wait_for.
wire_has() { [ "$(wire_first "$@")" != never ]; }

# median NUMBER...
median() {
	printf '%s\n' "$@" | sort -n | awk '
		{ value[NR] = $1 }
		END { print (value[int((NR + 1) / 2)] + value[int((NR + 2) / 2)]) / 2 }'
}

# rules_of_ours DEVICE: the rules with our comment for that device, both families.
rules_of_ours() {
	{ iptables-legacy -w -t mangle -S && ip6tables-legacy -w -t mangle -S; } |
		grep -e "-o $1 .*--comment virt-netboot" || :
}

# filters_of_ours PORT: those at a guest's port, as PROTOCOL:SCOPE, in one line.
filters_of_ours() { filters "$1" | sed 's/^[a-z]*://' | sort | xargs; }

# legacy_tables_here: newer kernels may be built without them.
legacy_tables_here() {
	iptables-legacy -w -t mangle -S && ip6tables-legacy -w -t mangle -S
} >/dev/null 2>&1

# need_tables: skips without the legacy tables, or without IPv6, where half of a test would be left
# out. Looked at elsewhere: looking brings the tables into use, and the hooks shall find them as a new
# host has them.
need_tables() {
	need iptables-legacy ip6tables-legacy
	unshare --net bash -c "$(declare -f legacy_tables_here); legacy_tables_here" ||
		skip "this kernel has no legacy mangle tables for IPv4 and IPv6"
	ipv6_here || skip "this kernel has no IPv6"
}
