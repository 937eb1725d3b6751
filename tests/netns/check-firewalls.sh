#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of firewalls: each drops a guest's request for real first, then check says so; and where one lets
# requests through, it says nothing. The cures that it prints are carried out.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/servers.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"
need dnsmasq nft iptables-legacy iptables-nft ufw firewalld firewall-cmd dbus-daemon python3
hooks_start
no_stp_program

TO_HOST="firewall before this host's DHCP server"
BEYOND="firewall for what the bridge forwards"
ZONE="firewalld zone"
NF_CALL=/proc/sys/net/bridge/bridge-nf-call-iptables

# fresh: no rules of nftables are left, and none of ip_tables if they are in use.
fresh() {
	local chain iptables
	nft flush ruleset
	for iptables in iptables ip6tables; do
		grep -qx filter "/proc/net/${iptables/tables/_tables}_names" 2>/dev/null || continue
		for chain in INPUT FORWARD OUTPUT; do "$iptables-legacy" -P "$chain" ACCEPT; done
		"$iptables-legacy" -F
		"$iptables-legacy" -X
	done
}
before_each() {
	firewalld_stop
	fresh
}

# An answer comes at once: the bridges delay nobody, and dnsmasq does not ask first whether the address is free.
no_answer() { patience=2 firmware_guest "${1:-br0}" dhcp=none; }
answer() { patience=20 firmware_guest "${1:-br0}" dhcp=ok; }

# dropped RESULT PATTERN: the guest has no answer, and this is what check says.
dropped() {
	no_answer
	said "$@"
}
said() {
	check --bridge br0
	says "BRIDGE br0" "$TO_HOST" "$@"
}
# let_in: the guest has an answer, and check says that it is well.
let_in() {
	answer
	said PASS 'requests pass'
}

# carry_out QUESTION [BRIDGE]: the cures that check printed for it.
carry_out() {
	local cures
	cures=$(lines_of "BRIDGE ${2:-br0}" "$1" | sed -n 's/.*firewall[a-z-]*; \(.*\))$/\1/p')
	say "cures: $cures"
	[ "$cures" ] || fail "no cure for $1"
	bash -ec "$cures"
}

nft_policy() {
	let_in
	nft add table inet site
	nft add chain inet site in '{ type filter hook input priority 0; policy drop; }'
	nft add rule inet site in tcp dport 22 accept
	nft add rule inet site in iif lo accept
	nft add rule inet site in ct state established,related accept
	dropped FAIL 'chain in of the table inet site drops DHCP requests .*firewall-drops-dhcp'
	ends_with 2
	carry_out "$TO_HOST"
	let_in
}

# libnftables 1.0.6 spoils its memory when it writes a table with flags as JSON: other tables are read all the same.
nft_flags() {
	nft add table inet site
	nft add chain inet site in '{ type filter hook input priority 0; policy drop; }'
	nft add table inet asleep '{ flags dormant; }'
	nft add chain inet asleep in '{ type filter hook input priority 0; policy drop; }'
	dropped FAIL 'chain in of the table inet site drops DHCP requests .*firewall-drops-dhcp'
	nft add chain inet site in '{ policy accept; }'
	let_in
	mkfifo /tmp/commands
	nft -i </tmp/commands >/dev/null 2>&1 &
	exec 7>/tmp/commands
	echo 'table inet owned { flags owner; chain in { type filter hook input priority 0; policy drop; }; }' >&7
	wait_for 20 nft list table inet owned
	no_answer
	check --bridge br0
	grep -q "table inet 'owned' are not read" "$CHECKED.errors" ||
		says "BRIDGE br0" "$TO_HOST" FAIL 'table inet owned'
	nft add chain inet site in '{ policy drop; }'
	said FAIL 'table inet (site|owned) drops DHCP'
	exec 7>&-
	wait $!
}

# An accept in a table of one's own, as libvirt's backend nftables has it, does not help.
nft_two_tables() {
	nft add table ip libvirt_network
	nft add chain ip libvirt_network guest_input '{ type filter hook input priority -5; policy accept; }'
	nft add rule ip libvirt_network guest_input iifname br0 udp dport 67 accept
	let_in
	nft add table ip site
	nft add chain ip site in '{ type filter hook input priority 0; policy drop; }'
	dropped FAIL 'table ip site drops'
}

nft_ways() {
	nft -f - <<-'END'
		table inet site {
			set servers { type inet_service; elements = { 53, 67, 547 }; }
			chain guests { udp dport @servers accept; }
			chain others { drop; }
			chain in {
				type filter hook input priority 0; policy accept;
				ct state vmap { established : accept, invalid : drop }
				iifname vmap { "br0" : jump guests, "lo" : accept }
				goto others
			}
		}
	END
	let_in
	nft flush set inet site servers
	dropped WARN 'chain in of the table inet site may drop .*; .virt-netboot probe --bridge br0. knows; firewall-drops-dhcp; '
	nft flush chain inet site guests
	dropped FAIL 'chain in of the table inet site drops'
	! grep 'virt-netboot probe' "$CHECKED" || fail "a probe for what is known"
	nft add rule inet site guests ip saddr 10.0.0.0/8 udp dport 67 accept
	dropped FAIL 'chain in of the table inet site drops'
	nft add rule inet site guests meta mark 7 accept
	dropped WARN 'chain in of the table inet site may drop'
	nft add rule inet site guests ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67-68 accept
	answer
	said WARN 'may drop DHCPv6'
	nft add rule inet site guests iifname br* meta l4proto udp th dport 547 accept
	let_in
}

# What drops some packets is no reason to warn.
nft_blocklist() {
	nft -f - <<-'END'
		table inet site {
			set bad { type ipv4_addr; flags interval; elements = { 192.0.2.0/24 }; }
			chain in {
				type filter hook input priority 0;
				ip saddr @bad drop
				meta mark 7 drop
				udp dport 67 limit rate over 1000/second drop
			}
		}
	END
	let_in
}

bridge_family() {
	nft add table bridge site
	nft add chain bridge site in '{ type filter hook input priority 0; policy drop; }'
	dropped FAIL 'table bridge site drops'
	nft add rule bridge site in udp dport '{ 67, 547 }' accept
	answer
	said PASS
}

netdev_family() {
	nft add table netdev site
	nft add chain netdev site in '{ type filter hook ingress device br0 priority 0; policy drop; }'
	# nft before 1.0.7 does not say which device it is for.
	dropped '(FAIL|WARN)' 'table netdev site (may drop|drops)'
	carry_out "$TO_HOST"
	let_in
}

iptables_nft() {
	iptables-nft -P INPUT DROP
	iptables-nft -A INPUT -i lo -j ACCEPT
	dropped FAIL 'chain INPUT of the table ip filter drops .*iptables -I INPUT -i br0 -p udp --dport 67 -j ACCEPT'
	iptables-nft -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	dropped WARN 'chain INPUT of the table ip filter may drop'
	iptables-nft -N LIBVIRT_INP
	iptables-nft -A INPUT -j LIBVIRT_INP
	iptables-nft -A LIBVIRT_INP -i br0 -p udp -m udp --dport 67 -j ACCEPT
	let_in
}

# A look does not bring the tables into use.
iptables_unused() {
	! grep -x filter /proc/net/ip{,6}_tables_names || fail "this is to run before any rule of ip_tables"
	check --all
	! grep -x filter /proc/net/ip{,6}_tables_names || fail "check has brought tables into use"
}

iptables_legacy() {
	iptables-legacy -P INPUT DROP
	iptables-legacy -A INPUT -i lo -j ACCEPT
	iptables-legacy -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	iptables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT
	dropped FAIL 'chain INPUT of the legacy table ip filter drops .*iptables-legacy -I INPUT -i br0 '
	carry_out "$TO_HOST"
	let_in
	iptables-legacy -D INPUT 1
	iptables-legacy -A INPUT -m limit --limit 1/h --limit-burst 1 -j ACCEPT
	said WARN 'may drop'
	iptables-legacy -A INPUT -p udp -m multiport --dports 53,60:67 -j ACCEPT
	let_in
	iptables-legacy -I INPUT -m addrtype --dst-type BROADCAST -j REJECT
	dropped FAIL 'chain INPUT of the legacy table ip filter drops'
}

ip6tables_legacy() {
	ip6tables-legacy -P INPUT DROP
	ip6tables-legacy -A INPUT -p icmpv6 -j ACCEPT
	answer
	said FAIL 'legacy table ip6 filter drops DHCPv6 .*ip6tables-legacy -I INPUT -i br0 -p udp --dport 547 -j ACCEPT'
	carry_out "$TO_HOST"
	let_in
}

ufw_in_form() {
	ufw_start "$1"
	check --all
	says HOST firewalls NOTE ufw
	dropped "$2" 'filter (may drop|drops) DHCP .*ufw allow in on br0 to any port 67 proto udp'
	carry_out "$TO_HOST"
	let_in
	ufw --force disable >/dev/null
	let_in
	fresh
	check --all
	says HOST firewalls PASS
}
ufw_nft() { ufw_in_form nft WARN; }
ufw_legacy() { ufw_in_form legacy FAIL; }

# docker FORM: the rules of Docker, with two bridges of its own; as it has them from 20.10 on, and from 28 on.
docker20() {
	"$1" -P FORWARD DROP
	"$1" -N DOCKER
	"$1" -N DOCKER-ISOLATION-STAGE-1
	"$1" -N DOCKER-ISOLATION-STAGE-2
	"$1" -N DOCKER-USER
	"$1" -A FORWARD -j DOCKER-USER
	"$1" -A FORWARD -j DOCKER-ISOLATION-STAGE-1
	"$1" -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	"$1" -A FORWARD -o docker0 -j DOCKER
	"$1" -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	"$1" -A FORWARD -i docker0 -o docker0 -j ACCEPT
	"$1" -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
	"$1" -A DOCKER-ISOLATION-STAGE-1 -j RETURN
	"$1" -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
	"$1" -A DOCKER-ISOLATION-STAGE-2 -j RETURN
	"$1" -A DOCKER-USER -j RETURN
}
docker28() {
	"$1" -P FORWARD DROP
	for chain in DOCKER DOCKER-BRIDGE DOCKER-CT DOCKER-FORWARD DOCKER-USER; do "$1" -N "$chain"; done
	"$1" -A FORWARD -j DOCKER-USER
	"$1" -A FORWARD -j DOCKER-FORWARD
	"$1" -A DOCKER ! -i docker0 -o docker0 -j DROP
	"$1" -A DOCKER-BRIDGE -o docker0 -j DOCKER
	"$1" -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	"$1" -A DOCKER-FORWARD -j DOCKER-CT
	"$1" -A DOCKER-FORWARD -j DOCKER-BRIDGE
	"$1" -A DOCKER-FORWARD -i docker0 -j ACCEPT
}

said_beyond() {
	check --bridge lan
	says "BRIDGE lan" "$BEYOND" "$@"
}

docker_with() {
	local iptables=$2 drops
	[ -e "$NF_CALL" ] || skip "this kernel has no br_netfilter"
	drops="chain FORWARD of the ${3:+$3 }table ip filter drops DHCP requests .*$2 -I DOCKER-USER -i lan -o lan -j ACCEPT"
	[ "$3" ] || drops=${drops/iptables-nft/iptables}
	echo 1 >"$NF_CALL"
	answer lan
	said_beyond PASS 'requests pass'
	"$1" "$iptables"
	no_answer lan
	said_beyond FAIL "$drops"
	ends_with 2
	check --all
	says HOST firewalls NOTE Docker
	says HOST "firewall policies for what bridges forward" NOTE 'is on; policy drop: '
	# Not for a bridge by itself, either.
	echo 0 >"$NF_CALL"
	answer lan
	said_beyond PASS 'do not pass'
	ip link set lan type bridge nf_call_iptables 1
	no_answer lan
	said_beyond FAIL "$drops"
	ip link set lan type bridge nf_call_iptables 0
	echo 1 >"$NF_CALL"
	PATH=/run/forms:$PATH
	carry_out "$BEYOND" lan
	answer lan
	said_beyond PASS 'requests pass'
	"$iptables" -F DOCKER-USER
	"$iptables" -A FORWARD -m physdev --physdev-is-bridged -j ACCEPT
	answer lan
	said_beyond PASS 'requests pass'
}
docker_nft() { docker_with docker20 iptables-nft ''; }
docker28_nft() { docker_with docker28 iptables-nft ''; }
docker_legacy() { docker_with docker20 iptables-legacy legacy; }
docker28_legacy() { docker_with docker28 iptables-legacy legacy; }

# Of a server on this host other ports are no business.
docker_and_server() {
	docker20 iptables-nft
	answer
	check --bridge br0
	says "BRIDGE br0" "$BEYOND" NOTE 'drops DHCP requests that the bridge forwards'
}

zone() { firewall-cmd -q --zone="$1" --change-interface=br0; }
zone_said() {
	check --bridge br0
	says "BRIDGE br0" "$ZONE" "$@"
}

# zone_lets_in NAME, zone_rejects NAME
zone_lets_in() {
	zone "$1"
	answer
	zone_said PASS "$1, lets DHCP in"
	says "BRIDGE br0" "$TO_HOST" PASS
}
zone_rejects() {
	zone "$1"
	no_answer
	zone_said FAIL "zone '$1', which rejects DHCP .*firewalld-zone; firewall-cmd --zone=libvirt --change-interface=br0"
	says "BRIDGE br0" "$TO_HOST" PASS
}

firewalld_zones() {
	local version
	check --bridge br0
	says_not "BRIDGE br0" "$ZONE"
	firewalld_start
	version=$(firewall-cmd --version)

	say "no zone: the default one"
	no_answer
	zone_said FAIL "zone 'public', which rejects"
	carry_out "$ZONE"
	answer
	zone_said PASS 'libvirt, lets DHCP in'
	check --all
	says HOST firewalls NOTE "firewalld $version"
	zone_rejects public
	zone_rejects drop
	zone_lets_in libvirt
	zone_lets_in trusted
	# Where no server of this host is, no zone is a fault.
	says_not "BRIDGE lan" "$ZONE"
	check --bridge lan
	says "BRIDGE lan" "$ZONE" PASS 'public, no DHCP server of this host'

	say "a zone that is changed"
	zone work
	firewall-cmd -q --zone=work --add-service=dhcp
	firewall-cmd -q --zone=work --add-port=547/udp
	zone_lets_in work
	firewall-cmd -q --zone=work --remove-service=dhcp
	no_answer
	zone_said FAIL "zone 'work', which rejects DHCP "
	firewall-cmd -q --zone=work --add-rich-rule='rule family=ipv4 service name=dhcp accept'
	answer
	zone_said WARN "zone 'work', which may reject DHCP "

	say "a policy may let in what its zone does not"
	firewall-cmd -q --permanent --new-zone=guests
	firewall-cmd -q --permanent --new-policy=guests-to-host
	firewall-cmd -q --permanent --policy=guests-to-host --add-ingress-zone=guests
	firewall-cmd -q --permanent --policy=guests-to-host --add-egress-zone=HOST
	firewall-cmd -q --permanent --policy=guests-to-host --add-service=dhcp
	firewall-cmd -q --permanent --new-service=netboot
	firewall-cmd -q --permanent --service=netboot --add-port=67/udp
	firewall-cmd -q --reload
	zone guests
	answer
	zone_said WARN "zone 'guests', which may reject DHCP "

	say "so may a service of the administrator's own"
	zone home
	firewall-cmd -q --zone=home --add-service=netboot
	answer
	zone_said WARN "zone 'home', which may reject DHCP "

	say "no zone of libvirt's"
	rm -f /etc/firewalld/zones/libvirt.xml
	if [ ! -e /usr/lib/firewalld/zones/libvirt.xml ]; then
		firewall-cmd -q --reload
		zone_said FAIL "zone 'public', .*; firewall-cmd --zone=public --add-service=dhcp"
		carry_out "$ZONE"
		answer
		zone_said FAIL "rejects DHCPv6 .*; firewall-cmd --zone=public --add-service=dhcpv6"
		carry_out "$ZONE"
		zone_said PASS 'public, lets DHCP in'
	fi

	say "gone again"
	firewalld_stop
	nft flush ruleset
	check --bridge br0
	says_not "BRIDGE br0" "$ZONE"
}

# seconds_of COMMAND...: sets $seconds.
seconds_of() {
	local start=${EPOCHREALTIME/./}
	"$@"
	seconds=$(((${EPOCHREALTIME/./} - start) / 1000000))
}

# A bus that does not answer, or not for firewalld, is waited for a second, and the zone is unknown.
silent_bus() {
	local seconds
	mkdir -p /run/dbus
	python3 -c '
import signal, socket
bus = socket.socket(socket.AF_UNIX)
bus.bind("/run/dbus/system_bus_socket")
bus.listen(10)
signal.pause()' &
	wait_for 10 test -S /run/dbus/system_bus_socket
	nft add table inet firewalld
	nft add chain inet firewalld filter_INPUT '{ type filter hook input priority 10; }'
	seconds_of check --bridge br0
	says "BRIDGE br0" "$ZONE" NOTE unknown
	[ "$seconds" -le 3 ] || fail "check took $seconds s"
	kill $!
}

firewalld_silent() {
	local seconds
	firewalld_start
	kill -STOP "$(cat /run/firewalld-pid)"
	seconds_of check --bridge br0
	says "BRIDGE br0" "$ZONE" NOTE unknown
	[ "$seconds" -le 3 ] || fail "check took $seconds s"
}

not_root() {
	setpriv --reuid=65534 --regid=65534 --clear-groups "$HOOKS/virt-netboot" check --all >"$CHECKED" 2>/dev/null || :
	says HOST firewalls NOTE 'must be run as root'
}

# The names of tables and chains are others'.
odd_names() {
	iptables-nft -P INPUT DROP
	iptables-nft -N $'evil\e[31m'
	iptables-nft -A INPUT -j $'evil\e[31m'
	dropped FAIL 'chain INPUT'
}

# A server that takes whole frames has them before any rule; one that listens at all addresses has not.
other_servers() {
	add_bridge raw
	add_addresses raw 93
	nft add table inet site
	nft add chain inet site in '{ type filter hook input priority 0; policy drop; }'
	nft add chain inet site fw '{ type filter hook forward priority 0; policy drop; }'
	check --bridge raw
	says "BRIDGE raw" "$TO_HOST" PASS 'no DHCP server of this host'
	sockets raw:67%raw udp:0.0.0.0:67
	check --bridge raw
	says "BRIDGE raw" "$TO_HOST" PASS 'takes whole frames'
	[ ! -e "$NF_CALL" ] || says "BRIDGE raw" "$BEYOND" NOTE
	no_sockets
	sockets udp:0.0.0.0:67
	check --bridge raw
	says "BRIDGE raw" "$TO_HOST" FAIL 'table inet site drops'
	ip addr flush dev raw
	check --bridge raw
	says "BRIDGE raw" "$TO_HOST" PASS 'no DHCP server of this host'
	no_sockets
	ip link del raw
}

add_bridge br0
serve br0 91
add_bridge lan
serve_in_guest lan 92 server
use_iptables nft

cases iptables_unused nft_policy nft_flags nft_two_tables nft_ways nft_blocklist bridge_family netdev_family iptables_nft \
	docker_nft docker28_nft docker_and_server odd_names other_servers not_root silent_bus firewalld_zones \
	firewalld_silent ufw_nft iptables_legacy ip6tables_legacy docker_legacy docker28_legacy ufw_legacy
