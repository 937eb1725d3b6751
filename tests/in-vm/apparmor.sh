#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# AppArmor. Under packaging/apparmor/virt-netboot-hooks the hooks do what they do unconfined, and nothing is
# denied; without a capability that they need they still let the network start. From libvirtd's own profile a
# link in /etc/libvirt/hooks to a program in /usr/sbin leads out, or into ours; a plain file there does not.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"

# Profiles are the whole kernel's, so not on a machine that somebody uses. And their paths begin where the
# mount namespace does, which under tests/vm/vm is the initramfs: the root is moved there.
[ -n "${ROOT_MOVED:-}" ] || {
	[ -e /proc/1/root/written/upper ] || skip "loads profiles into the kernel; run it under tests/vm/vm"
	# shellcheck disable=SC2016 # for the inner shell
	ROOT_MOVED=1 exec chroot /proc/1/root /bin/unshare -m /bin/sh -c \
		'cd /root && mount --move . / && exec chroot . /bin/bash "$1"' - "$SRC/tests/in-vm/apparmor.sh"
}
sandbox "$@"
need apparmor_parser aa-exec dnsmasq ethtool tc
! sanitized || skip "sanitizers need more than the profile allows"
mount -t securityfs securityfs /sys/kernel/security
[ -e /sys/kernel/security/apparmor/profiles ] || skip "this kernel runs without AppArmor"
PROFILE=$SRC/packaging/apparmor/virt-netboot-hooks
HOOK=/usr/sbin/virt-netboot-qemu-hook
echo 0 >/proc/sys/kernel/printk_ratelimit # each denial is to be seen

load() { apparmor_parser --replace --skip-cache "$@"; }
denied() { dmesg | grep 'apparmor="DENIED"' || :; }
network() { network_xml net virbr1 70 tftp dhcp6 | network_hook net "$1" begin -; }
guest() { domain_xml web "$(target=${2:-} nic br0)" | qemu_hook web "$1" begin -; }
mechanism() { config <<<$'[checksum]\nmechanism = '"$1"; }

# runs_under LABEL PROGRAM COMMAND...: what confines the program that the command, a hook, runs as. It waits
# for its input meanwhile.
runs_under() {
	local hook
	rm -f /tmp/input
	mkfifo /tmp/input
	"${@:3}" web prepare begin - </tmp/input &
	hook=$!
	exec 8>/tmp/input
	wait_for 10 test "/proc/$hook/exe" -ef "$2"
	is "label of ${*:3}" "$(cat "/proc/$hook/attr/current")" "$1"
	domain_xml web >&8
	exec 8>&-
	wait "$hook"
}

hooks_start
use_legacy_tables
: >/dev/vhost-net
add_bridge virbr1 stp_state 1 forward_delay 1500
serve virbr1 70
add_bridge br0 stp_state 1 forward_delay 1500
serve br0 71

load <(sed '/capability net_admin/d' "$PROFILE")
network started
logged '^action=set-forward-delay .*result=failed error="Operation not permitted"'
expect_rules virbr1
denied | grep 'profile="virt-netboot-hooks".* capname="net_admin"' || fail "net_admin was not denied"
dmesg --clear

load "$PROFILE"
runs_under "virt-netboot-hooks (enforce)" "$HOOK" "$HOOK"
network started
is "forward delay" "$(link_get virbr1 forward_delay)" 200
filters_are virbr1 egress:ip:udp egress:ipv6:udp
network stopped
filters_are virbr1

mechanism iptables
guest prepare
expect_rules br0 ip4:68 ip6:546
: >/etc/virt-netboot.conf
ip netns add vnet0
"$TOOLS/guest-cable" vnet0 vnet0 &
wait_for 10 ip -n vnet0 link show vnet0
plug_tap br0 vnet0
ip -n vnet0 link set vnet0 up
guest start vnet0
filters_are vnet0 ingress:ip:udp ingress:ipv6:udp
is "state of vnet0" "$(link_get vnet0 state)" forwarding
key=$(od -An -v -w24 -t u8 -j $((128 * $(</sys/class/net/br0/ifindex))) -N 24 /run/virt-netboot/*.devices)
[[ $key =~ ^(\ +[1-9][0-9]*){3}$ ]] || fail "what tells br0 from a later device: $key"
ip link delete vnet0
guest release
expect_rules br0

# A worker that is late is killed.
mechanism iptables
exec 7>/run/xtables.lock
flock 7
DEADLINE=40 guest prepare 7>&-
exec 7>&-
logged '^error="deadline of 20.0 s passed while waiting for the xtables lock'

# XML that no pipe holds without a capability, by our stylesheet and by the administrator's.
mechanism ethtool
add_card eth8
add_macvlan eth8 host8
serve host8 72
large="<description>$(head -c 1500000 /dev/zero | tr '\0' x)</description>"
domain_xml web "$large$(interface direct "<source dev='eth8' mode='bridge'/>")" >/tmp/guest.xml
for stylesheet in ours theirs; do
	"$HOOK" web restore begin - </tmp/guest.xml | cat >/tmp/answer.xml
	grep -q '<driver name="qemu"' /tmp/answer.xml || fail "nothing was rewritten by $stylesheet"
	mkdir -p /etc/virt-netboot
	cp -r "$SRC/xslt" /etc/virt-netboot
done
network started
is "transmit checksumming" "$(ethtool -k virbr1 | sed -n 's/^tx-checksumming: //p')" off

# Debian's profile where it is installed; else what matters in it
# [libvirt src/security/apparmor/usr.sbin.libvirtd.in].
libvirtd=/etc/apparmor.d/usr.sbin.libvirtd
[ -e "$libvirtd" ] || libvirtd=/tmp/libvirtd
cat >/tmp/libvirtd <<-'EOF'
	profile libvirtd /usr/sbin/libvirtd flags=(attach_disconnected) {
	  capability net_admin,
	  capability net_raw,
	  network inet dgram,
	  network netlink raw,
	  unix,
	  signal,
	  / r,
	  /** rwmkl,
	  /usr/sbin/* PUx,
	  /etc/libvirt/hooks/** rmix,
	}
EOF
load "$libvirtd"
hooks=/etc/libvirt/hooks
mkdir -p "$hooks/qemu.d"
ln -sf "$HOOK" "$hooks/qemu"
cp "$HOOK" "$hooks/qemu.d/plain"
# shellcheck disable=SC2016 # for the inner shell
as_libvirtd=(aa-exec -p libvirtd -- /bin/bash -c 'exec "$@"' -)
runs_under "virt-netboot-hooks (enforce)" "$HOOK" "${as_libvirtd[@]}" "$hooks/qemu"
apparmor_parser --remove "$PROFILE"
runs_under unconfined "$HOOK" "${as_libvirtd[@]}" "$hooks/qemu"
is "what was denied" "$(denied)" ""
mechanism iptables
log_forget
domain_xml web "$(nic br0)" | "${as_libvirtd[@]}" "$hooks/qemu.d/plain" web prepare begin -
logged '^error="the iptables mangle table cannot be read: Permission denied"'
