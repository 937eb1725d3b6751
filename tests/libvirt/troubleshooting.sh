#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot-troubleshooting(7): each situation is made here, the page's commands are run in their order, and what they
# print is what stands there. WRITE=1 in the environment writes it into the page instead:
#
#     WRITE=1 MUST_WORK=1 tests/run -j1 tests/libvirt/troubleshooting.sh

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"
need_tables
need nft iptables ip6tables iptables-nft firewalld firewall-cmd dbus-daemon ethtool fold systemd-socket-activate

PAGE=$SRC/docs/man/virt-netboot-troubleshooting.7
CONSOLE=/tmp/console

# follow SECTION: what is on the console now is what it shows.
follow() {
	[ -e "$CONSOLE" ] || : >"$CONSOLE"
	"$SRC/tests/lib/transcript.py" ${WRITE:+--write} "$PAGE" "$1" "$CONSOLE" || fail "$PAGE: $1"
}

# a_lan BRIDGE N [BRIDGE-OPTION VALUE]...: a bridge whose server is in another machine, beyond eno1.
a_lan() {
	add_bridge "$1" "${@:3}"
	ip netns add lan
	ip link add eno1 type veth peer name far netns lan
	ip link set eno1 master "$1" up
	ip -n lan link set lo up
	ip -n lan link set far up
	ip -n lan address add "192.168.$2.1/24" dev far
	# What a network card of its own would have done.
	ip netns exec lan ethtool -K far tx off >/dev/null
	ip netns exec lan dnsmasq --conf-file=/dev/null --port=0 --user=root --pid-file=/run/dnsmasq-lan.pid --no-ping \
		--leasefile-ro --interface=far --bind-dynamic --dhcp-range="192.168.$2.10,192.168.$2.99" \
		--dhcp-boot=boot.ipxe --enable-tftp --tftp-root="$TFTP_ROOT"
	wait_for 60 port_is eno1 forwarding
}

a_lan_ends() {
	kill "$(cat /run/dnsmasq-lan.pid)"
	ip netns delete lan
	ip link delete "$1"
}

# One server of this host, on a bridge of its own.
a_server() {
	add_bridge "$1"
	serve "$1" "$2" ip4
}

has_booted() { [ "$(grep -c BOOTED-OK "$GUESTS/$1.log")" -ge 1 ]; }

no_address() {
	a_lan br0 7 stp_state 1 forward_delay 1500
	guest_start web bridge=br0
	is "the guest" "$(guest_boot_result web)" failed
	guest_last_words web | head -n 4 >"$CONSOLE"
	: >"$GUESTS/web.log"
	follow "Guests get no address, or PXE gives up"
	wait_for 90 has_booted web
	delay_is br0 1500 || fail "--undo has not set the delay back"
	guest_stop web
	"$HOOKS/virt-netboot" disable
	a_lan_ends br0
}

checksums() {
	a_server br0 7
	open_taps vnet7
	plug_tap br0 vnet7
	follow "DHCP works in firmware, but the installed system gets no answer"
	kill "$taps_pid"
	read -r pid _ <"$SERVERS/br0"
	kill "$pid"
	ip link delete br0
}

docker() {
	use_iptables nft
	[ -e "$NF_CALL" ] || skip "no br_netfilter"
	echo 1 >"$NF_CALL"
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	a_lan br0 7
	follow "After Docker was installed, guests on a bridge have no network"
	a_lan_ends br0
	echo 0 >"$NF_CALL"
	nft flush ruleset
}

# systemd's part: the daemon is restarted as systemctl would do it.
systemctl_restarts() {
	mkdir /run/as-systemd
	PATH=/run/as-systemd:$PATH
	cat >/run/as-systemd/systemctl <<-END
		#!/bin/bash
		kill "\$(cat $LIBVIRTD_PIDFILE)"
		while pidof "$LIBVIRTD" >/dev/null; do sleep 0.05; done
		"$LIBVIRTD" --daemon --pid-file "$LIBVIRTD_PIDFILE"
		virsh version >/dev/null
	END
	chmod 755 /run/as-systemd/systemctl
}

rules_lost() {
	systemctl_restarts
	hooks_install
	network_create default virbr0 off 0
	iptables -P INPUT DROP
	iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	follow "Somebody ran iptables -F"
	virsh net-destroy default
	iptables -P INPUT ACCEPT
	hooks_remove
}

# Its socket starts the daemon, which has ended. The hooks are on, and the zone is all that is wrong.
firewalld() {
	local pid
	firewalld_start
	hooks_install
	network_create default virbr0 off 0
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	rm -f "$LIBVIRTD_PIDFILE" /run/libvirt/libvirt-sock*
	systemd-socket-activate --fdname=libvirtd.socket:libvirtd-ro.socket -l /run/libvirt/libvirt-sock \
		-l /run/libvirt/libvirt-sock-ro "$LIBVIRTD" >/run/activated.log 2>&1 &
	wait_for 10 test -S /run/libvirt/libvirt-sock-ro
	follow "After firewall-cmd --reload guests get no address"
}

# No situation of the page is left out.
every_situation() {
	local title
	sed -n 's/^\.Ss //p' "$PAGE" >/tmp/situations
	[ -s /tmp/situations ] || fail "no situation"
	while read -r title; do
		grep -qxF "	follow \"$title\"" "$0" || fail "nothing here does '$title'"
	done </tmp/situations
}

NF_CALL=/proc/sys/net/bridge/bridge-nf-call-iptables
export PATH=$HOOKS:$PATH LIBVIRT_DEFAULT_URI=qemu:///system
hypervisor_start

cases every_situation no_address checksums docker rules_lost firewalld
