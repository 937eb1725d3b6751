#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair --firewall for networks of a real libvirtd, beside a real firewalld, and where its rules for
# iptables are lost: a reload of the daemon puts back what it can, and what it cannot is told.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/firewalls.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need iptables ip6tables jq firewalld firewall-cmd dbus-daemon systemd-socket-activate

NETBOOT="$HOOKS/virt-netboot"
REPAIRED=/tmp/repaired
RESTART='systemctl try-restart libvirtd.service virtnetworkd.service'

# repair STATUS [OPTION]...: what it prints is in $REPAIRED.
repair() {
	local wanted=$1 status=0
	shift
	"$NETBOOT" repair --format json "$@" >"$REPAIRED" 2>"$REPAIRED.errors" || status=$?
	say "repair $*: $status $(jq -c '[.changes, .left]' "$REPAIRED") $(cat "$REPAIRED.errors")"
	is "exit status" "$status" "$wanted"
}
told() { is "$1" "$(jq -r "$1" "$REPAIRED")" "$2"; }
did() {
	told '[.changes[] | select(.action | test("zone|docker|reload")) | .action + ":" + .result] | join(" ")' "$*"
}

boots() {
	probe --firmware --network fast
	is "exit status" "$probed" 0
}
# blamed OWNER: no client gets an address, because of this one.
blamed() {
	probe --firmware --network fast
	is "exit status" "$probed" 2
	sees '.request.drops[0].owner' "$1"
}

zone_of() { firewall-cmd --get-zone-of-interface=virbr4 2>&1 || :; }
zone_is() { [ "$(zone_of)" = "$1" ]; }

# Somebody has put the bridge into another zone, of which the daemon knows nothing.
zone_changed() {
	is "zone" "$(zone_of)" libvirt
	boots
	firewall-cmd -q --zone=public --change-interface=virbr4
	blamed "firewalld (zone public)"
	repair 1 --firewall --network fast --dry-run
	did reload-libvirt:planned
	is "zone" "$(zone_of)" public
	repair 0 --firewall --network fast
	did reload-libvirt:done
	is "zone" "$(zone_of)" libvirt
	boots
	repair 0 --firewall --network fast
	did
	say "by the name of the bridge"
	firewall-cmd -q --zone=public --change-interface=virbr4
	repair 0 --firewall --bridge virbr4
	did reload-libvirt:done
	say "all of them"
	firewall-cmd -q --zone=public --change-interface=virbr4
	repair 0 --firewall
	did reload-libvirt:done
	is "zone" "$(zone_of)" libvirt
}

# A reload that takes longer than anybody waits for, here because of a hook of its own, is not said to be done, nor
# that it did not help.
reload_goes_on() {
	firewall-cmd -q --zone=public --change-interface=virbr4
	# shellcheck disable=SC2016 # for that hook
	printf '%s\n' '#!/bin/sh' '[ "$2" != reload ] || sleep 20' >/etc/libvirt/hooks/daemon
	chmod +x /etc/libvirt/hooks/daemon
	repair 3 --firewall --network fast
	grep -q 'goes on reloading' "$REPAIRED.errors" || fail "nothing is said"
	did reload-libvirt:later set-firewalld-zone:done
	is "zone" "$(zone_of)" libvirt
	told '[.left[].advice // "" | select(contains("did not help"))] | length' 0
	# It is where libvirt puts it, and guests need it there.
	"$HOOKS/virt-netboot" repair --undo
	is "zone after --undo" "$(zone_of)" libvirt
	boots
	rm /etc/libvirt/hooks/daemon
	libvirtd_restart
}

# The daemon that its socket starts does it before it is asked for.
socket_activated() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	rm -f "$LIBVIRTD_PIDFILE" /run/libvirt/libvirt-sock*
	firewall-cmd -q --reload
	is "zone" "$(zone_of)" "no zone"
	probe --firmware --bridge virbr4
	is "exit status" "$probed" 2
	say "without a daemon"
	repair 2 --firewall --bridge virbr4
	did
	told '.left[] | select(.finding == "firewalld-zone") | .advice | contains("start its daemon")' true
	systemd-socket-activate --fdname=libvirtd.socket:libvirtd-ro.socket -l /run/libvirt/libvirt-sock \
		-l /run/libvirt/libvirt-sock-ro "$LIBVIRTD" >/run/activated.log 2>&1 &
	echo $! >"$LIBVIRTD_PIDFILE"
	wait_for 10 test -S /run/libvirt/libvirt-sock-ro
	is "zone" "$(zone_of)" "no zone"
	repair 0 --firewall --bridge virbr4
	did
	is "zone" "$(zone_of)" libvirt
	boots
}

# A boot file comes from a port of its own.
let_answers_in() { iptables -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; }

# What libvirt puts into its chain is lost, and then what leads there: after `iptables -F` a reload is not enough.
rules_lost() {
	local pid
	read -r pid </run/firewalld-pid
	kill "$pid" # the bus stays: without it libvirtd would end
	wait_for 20 process_is_gone "$pid"
	libvirtd_restart
	iptables -P INPUT DROP
	let_answers_in
	boots
	iptables -S LIBVIRT_INP | sed -n 's/^-A/-D/p' >/tmp/rules
	while read -r -a rule; do iptables "${rule[@]}"; done </tmp/rules
	blamed null
	repair 0 --firewall --network fast
	did reload-libvirt:done
	boots
	iptables -F
	let_answers_in
	blamed null
	repair 2 --firewall --network fast
	did
	told '.left[] | select(.finding == "firewall-drop") | .cure' "$RESTART"
	blamed null
	libvirtd_restart
	boots
	repair 0 --firewall --network fast
	did
	iptables -P INPUT ACCEPT
}

firewalld_start
hypervisor_start
network_create fast virbr4 off 0
printf '[checksum]\nmechanism = iptables\n' >/etc/virt-netboot.conf

cases zone_changed reload_goes_on socket_activated rules_lost
