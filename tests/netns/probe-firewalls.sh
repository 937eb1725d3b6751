#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe, where real firewalls drop a guest's request: firewalld by its zones, ufw, and the rules that dockerd
# makes. Whose rule it is is named, with the cure in that firewall's own words; this is pasted, and then the same probe
# says that all clients boot. Where they let requests pass, nobody is named. With FIREWALLS_ROOT=DIRECTORY in the
# environment firewalld and ufw are those of another Debian, which is there.
#
# Runs by case: each waits for servers and firewalls most of its time.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/drops.sh"
. "$SRC/tests/lib/firewalls.sh"
. "$SRC/tests/lib/roots.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need dnsmasq jq nft iptables-legacy iptables-nft ufw firewalld firewall-cmd dbus-daemon

# What the kernel does to checksums is no business of a firewall: firmware sees them complete.
ask() { probe --firmware "$@"; }

# boots BRIDGE: all clients do, and nobody is named.
boots() {
	ask --bridge "$1"
	sees '[.findings[].slug] | join(" ")' ''
	sees '.request.drops | length' 0
	is "exit status" "$probed" 0
}

# blamed BRIDGE SLUG OWNER WAY CHAIN CURE: no client boots, and this is the one who is named. CHAIN is a pattern.
blamed() {
	ask --bridge "$1"
	is "exit status" "$probed" 2
	sees '[.findings[].slug] | join(" ")' "$2"
	sees '.request.drops | length' 1
	sees '.request.drops[0].owner' "$3"
	sees '.request.drops[0].way' "$4"
	sees ".request.drops[0].chain | test(\"^($5)\$\")" true
	sees '.findings[0].cure' "$6"
}

# paste: the cure, as it is.
paste() { there bash -ec "$(seen '.findings[0].cure')"; }

# ---- firewalld ------------------------------------------------------------------------------------------------------

zone() { there firewall-cmd -q --zone="$1" --change-interface=br0; }
TO_LIBVIRT="firewall-cmd --zone=libvirt --change-interface=br0"
zone_blamed() { blamed br0 firewalld-zone "firewalld (zone $1)" to-host "filter_IN(PUT)?(_.*)?" "$TO_LIBVIRT"; }
there_is_zone() { [[ " $(there firewall-cmd --get-zones) " == *" $1 "* ]]; }

no_zone_of_libvirts() {
	rm "${FIREWALLS_ROOT:-}/etc/firewalld/zones/libvirt.xml"
	there firewall-cmd -q --reload
	zone home
	blamed br0 firewalld-zone "firewalld (zone home)" to-host "filter_IN(PUT)?(_.*)?" \
		"firewall-cmd --zone=home --add-service=dhcp --add-service=tftp"
	paste
	boots br0
}

firewalld() {
	local name
	firewalld_start
	say "firewalld $(there firewall-cmd --version)"
	say "no zone: the default one"
	zone_blamed public
	for name in drop block public; do
		zone "$name"
		zone_blamed "$name"
	done
	paste
	boots br0
	for name in libvirt-routed trusted; do
		there_is_zone "$name" || { say "there is no zone $name"; continue; }
		zone "$name"
		boots br0
	done
	say "a service of a zone, until a reload forgets it"
	zone work
	there firewall-cmd -q --zone=work --add-service=dhcp --add-service=tftp
	boots br0
	there firewall-cmd -q --reload
	zone work
	zone_blamed work
	# A zone's rules are for the host itself; what a bridge forwards passes.
	boots lan
	[ -e "${FIREWALLS_ROOT:-}/usr/lib/firewalld/zones/libvirt.xml" ] || no_zone_of_libvirts
	firewalld_stop
}
# What a bridge forwards meets a zone's rules with br_netfilter.
firewalld_forwarded() {
	local zone
	[ -e "$NF_CALL" ] || return 0
	firewalld_start
	nf_call 1
	for zone in public drop; do
		# It forwards, unless that is switched off.
		[ "$zone" = public ] || {
			there firewall-cmd -q --zone="$zone" --change-interface=lan
			there firewall-cmd -q --zone="$zone" --remove-forward
		}
		blamed lan firewalld-zone "firewalld (zone $zone)" through "filter_(FWD|FORWARD)_.*" \
			"$(printf 'firewall-cmd --zone=%s %s\n' "$zone" --add-forward "$zone" --change-interface=lan)"
		paste
		boots lan
	done
	firewalld_stop
}

# Its older backend shares iptables' tables with others.
firewalld_iptables() {
	sed -i 's/^FirewallBackend=.*/FirewallBackend=iptables/' "${FIREWALLS_ROOT:-}/etc/firewalld/firewalld.conf"
	firewalld_start
	blamed br0 firewalld-zone "firewalld (zone public)" to-host 'IN_public(_.*)?|INPUT.*' "$TO_LIBVIRT"
	paste
	boots br0
	firewalld_stop
}

# ---- ufw ------------------------------------------------------------------------------------------------------------

# ufw_pasted FORM: ufw is blamed until its own command is carried out; then the boot file is missing.
ufw_pasted() {
	ufw_start "$1"
	blamed br0 firewall-drop ufw to-host 'ufw-.*|INPUT' 'ufw allow in on br0 to any port 67 proto udp'
	sees '.findings[0].advice | contains("port 69")' true
	paste
	there ufw allow in on br0 to any port 69 proto udp
	boots br0
}
ufw_nft() {
	ufw_pasted nft
	there ufw delete allow in on br0 to any port 69 proto udp
	ask --bridge br0
	sees '.request.drops | length' 0
	sees '[.findings[].slug] | join(" ")' tftp-failed
	there ufw default allow incoming
	boots br0
}
# Its policy for what is routed meets what a bridge forwards with br_netfilter.
ufw_forwarded() {
	[ -e "$NF_CALL" ] || return 0
	ufw_start nft
	nf_call 1
	blamed lan firewall-drop ufw through 'ufw-.*|FORWARD' 'ufw route allow in on lan out on lan'
	paste
	boots lan
	there ufw --force disable
}
ufw_legacy() { ufw_pasted legacy; }

# ---- Docker ---------------------------------------------------------------------------------------------------------

# docker_pasted VERSION nft|legacy: Docker is blamed until its own command is carried out.
docker_pasted() {
	local iptables=iptables-legacy
	[ "$2" = legacy ] || iptables=iptables
	say "Docker $1, $2"
	fresh
	docker_rules "$SRC/tests/fixtures/docker/$1.rules" "$2"
	nf_call 1
	blamed lan firewall-drop Docker through FORWARD "$iptables -I DOCKER-USER -i lan -o lan -j ACCEPT"
	paste
	boots lan
}

# Its rules meet what bridges forward with br_netfilter only, and what goes to this host never.
docker_nft() {
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft
	nf_call 0
	boots lan
	nf_call 1
	boots br0
	[ -e "$NF_CALL" ] || return 0
	docker_pasted 28.5.2 nft
	docker_pasted 20.10.24 nft
}
docker_legacy() {
	[ ! -e "$NF_CALL" ] || docker_pasted 28.5.2 legacy
}

enter_firewalls_root
use_iptables nft
add_bridge br0
serve br0 91 ip4
add_bridge lan
ip netns add far
ip link add up0 type veth peer name far0 netns far
ip link set up0 master lan up
ip -n far link set far0 up
# shellcheck disable=SC2016 # for the inner shell
TEST_CASE='' ip netns exec far bash -c \
	'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve far0 92 ip4'

cases docker_nft firewalld firewalld_forwarded firewalld_iptables ufw_forwarded ufw_nft docker_legacy ufw_legacy
