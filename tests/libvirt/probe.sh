#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe, and a guest whose firmware is iPXE: in each of these networks, which have one fault or none, the
# probe says that iPXE boots if and only if it does.
#
# Each case has a bridge and addresses of its own, so that all can be there at once: mostly they wait. AT_ONCE guests
# run at the same time, and those whose probe takes half a minute besides. What drops packets does so at the case's
# bridge only. With one case's faults there are all others': the probe must not accuse one of them.
#
# Between 8.5 and 10 s of delay it depends on the host's speed whether iPXE boots; such a delay is not tried.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/firewalls.sh"
sandbox "$@"

: "${AT_ONCE:=6}"
NF_CALL=/proc/sys/net/bridge/bridge-nf-call-iptables
TURNS=/run/turns # a byte for each guest more that may run

# before_each NAME: the case's own number, bridge, and its guest's MAC address.
before_each() {
	n=$(printf '%s\n' "${CASES[@]}" | grep -nx "$1" | cut -d : -f 1)
	n=$((100 + n))
	br=br$n
	mac=52:54:00:00:01:$(printf %02x "$n")
	name=${1//_/-}
	probe_options=()
	has_turn=''
}

# ---- Servers ----

# dnsmasq_at DEVICE [OPTION]...: the administrator's own server of DHCP and TFTP, for 192.168.$n.0/24. And a
# router, because iPXE waits 15 s for one. Its address ends with $host.
dnsmasq_at() {
	local ipv6=()
	ip address add "192.168.$n.${host:=1}/24" dev "$1"
	! ipv6_here || {
		ip address add "fd00:$n::$host/64" dev "$1" nodad
		ipv6=(--enable-ra "--dhcp-range=::,constructor:$1,ra-only")
	}
	dnsmasq --conf-file=/dev/null --port=0 --user=root --pid-file="/run/dnsmasq-$n-$1.pid" \
		--dhcp-leasefile="/run/dnsmasq-$n-$1.leases" --interface="$1" --bind-dynamic --dhcp-authoritative --no-ping \
		"${ipv6[@]}" --enable-tftp --tftp-root="$TFTP_ROOT" "${@:2}"
}

# a_server [OPTION]...: one on $br, which gives addresses to all and names a boot file, unless told otherwise.
a_server() { dnsmasq_at "$br" --dhcp-range="192.168.$n.10,192.168.$n.99" --dhcp-boot=boot.ipxe "$@"; }

# a_lan [BRIDGE-OPTION VALUE]...
a_lan() {
	add_bridge "$br" "$@"
	a_server
}

# beyond DEVICE: the end of a cable in another machine; the other one, DEVICE, is a port of $br.
beyond() {
	ip netns add "$1"
	ip link add "$1" type veth peer name far netns "$1"
	ip link set "$1" master "$br" up
	ip -n "$1" link set lo up
	ip -n "$1" link set far up
}

# serve_beyond DEVICE [OPTION]...: the server is there.
serve_beyond() {
	beyond "$1"
	serve_in "$@"
}

# serve_in NAMESPACE [OPTION]...: it is at the device "far" there.
serve_in() {
	# shellcheck disable=SC2016 # for the inner shell
	n=$n br=far host=${host:-1} TFTP_ROOT=$TFTP_ROOT ip netns exec "$1" \
		bash -ec "$(declare -f ipv6_here dnsmasq_at a_server)"'; a_server "$@"' - "${@:2}"
}

# nft_rule HOOK RULE: in a chain of that hook's.
nft_rule() { nft add rule inet site "$1" "$2"; }

# a_network ELEMENTS [IP-ELEMENTS]: one of libvirt's, $name, with bridge $br.
a_network() {
	local addresses=${2:-"<range start='192.168.$n.10' end='192.168.$n.99'/>"}
	cat >"/tmp/$name.xml" <<-END
		<network>
		  <name>$name</name>
		  <bridge name='$br' $1/>
		  <ip address='192.168.$n.1' netmask='255.255.255.0'>
		    <tftp root='$TFTP_ROOT'/>
		    <dhcp>$addresses<bootp file='boot.ipxe'/></dhcp>
		  </ip>
		  $(network_ipv6 "fd00:$n")
		</network>
	END
	virsh net-create "/tmp/$name.xml"
}

# hooks_for_repaired: hooks that call ours for networks and guests of such a name only.
hooks_for_repaired() {
	local hook
	for hook in network qemu; do
		cat >"/etc/libvirt/hooks/$hook" <<-END
			#!/bin/sh
			case \$1 in
			*-repaired) exec /usr/sbin/virt-netboot-$hook-hook "\$@" ;;
			esac
		END
		chmod 755 "/etc/libvirt/hooks/$hook"
	done
	libvirtd_restart
}

# ---- The probe and the guest ----

# probe ARGUMENT...: what it says of iPXE is $said: boots or fails; its document stays.
probe() {
	local status=0
	"$HOOKS/virt-netboot" probe "$@" --format json >"/tmp/$name.json" 2>"/tmp/$name.errors" || status=$?
	[ "$status" -le 2 ] && [ -s "/tmp/$name.json" ] || fail "probe $*: status $status, $(cat "/tmp/$name.errors")"
	said=$(document '
client, = [each for each in document["clients"] if each["name"] == "iPXE"]
print("boots" if client["boots"] else "fails")')
	say "probe $*: status $status, iPXE $said; $(document 'summary(document)')"
}

# document PYTHON: run with that document.
document() {
	python3 -c '
import json, sys

def summary(document):
    clients = {each["name"]: each.get("needed_seconds", each.get("why")) for each in document["clients"]}
    print("forwarding", document["port"].get("forwarding_seconds"), "waited", document["port"]["waited_seconds"], end="; ")
    for server in document["servers"]:
        print(server["address"], server["origin"], server["offer_seconds"], server.get("boot_file"), server["checksums"], end="; ")
    for transfer in document["transfers"]:
        print(transfer, end="; ")
    for finding in document["findings"]:
        print(finding["slug"], finding["severity"], finding.get("evidence"), end="; ")
    print(clients["iPXE"], end="")

document = json.load(open(sys.argv[1]))
'"$1" "/tmp/$name.json"
}

# The next guest may run when this case has ended.
take_turn() {
	[ -z "$has_turn" ] || return 0
	has_turn=1
	trap 'printf x 1<>"$TURNS"' EXIT
	read -r -N 1 <>"$TURNS"
}

# guest boots|fails TYPE=SOURCE [ELEMENTS]: that is what it does, and the probe has said so.
guest() {
	local did=fails start
	guest_define "$name" "$2" "<mac address='$mac'/>${3:-}"
	probe --domain "$name" "${probe_options[@]}"
	take_turn
	start=$EPOCHREALTIME
	guest_run "$name"
	[ "$(guest_boot_result "$name")" = failed ] || did=boots
	say "the guest $did, in $(bc <<<"$EPOCHREALTIME - $start") s"
	guest_stop "$name"
	[ "$did" = "$1" ] || fail "the guest $did: $(guest_last_words "$name")"
	is "what the probe said" "$said" "$did"
}
boots() { guest boots "$@"; }
fails() { guest fails "$@"; }

# accuses [PATTERN]: whoever the probe says drops packets is this one. On a machine that is busy with all these cases it
# may not find out; then it accuses nobody, which tests/netns/drops.sh is for.
accuses() {
	local evidence
	evidence=$(document 'print(*(each["evidence"] for each in document["findings"]
	if each["slug"] in ("firewall-drop", "firewalld-zone", "kernel-drop")), sep="\n")')
	[ "$evidence" ] || return 0
	grep -qE -- "${1:-nobody}" <<<"$evidence" && is "accused" "$(wc -l <<<"$evidence")" 1 || fail "accused: $evidence"
}

# says FINDING
says() {
	is "findings $1" "$(document 'print(sum(each["slug"] == "'"$1"'" for each in document["findings"]))')" 1
}

# repaired: the hooks are called for what begins from now on.
repaired() { name=$name-repaired; }

# boots_then_probe TYPE=SOURCE: the guest boots, and while it runs the probe says that such a guest does.
boots_then_probe() {
	guest_start "$name" "$1" "<mac address='$mac'/>"
	is "the guest" "$(guest_boot_result "$name")" booted
	probe --domain "$name"
	guest_stop "$name"
	is "what the probe said" "$said" boots
}

# soon MIN MAX: between these is what the answer took beyond the server's own time, in seconds.
soon() {
	local beyond
	beyond=$(document 'server = document["servers"][0]
print(round(server["answered_seconds"] - server["offer_seconds"], 3))')
	say "beyond the server's own time: $beyond s"
	[ "$(bc <<<"$1 <= $beyond && $beyond < $2")" = 1 ] || fail "not within $1 and $2 s"
}

# checksums: of the DHCP answer, as an installed system and as firmware would get it.
checksums() { document 'print(*document["servers"][0]["checksums"].values())'; }

# carry_out FINDING: its cure.
carry_out() {
	local cure
	cure=$(document 'print(*(each.get("cure", "") for each in document["findings"] if each["slug"] == "'"$1"'"))')
	say "cure of $1: $cure"
	[ "$cure" ] || fail "no cure of $1: $(document 'print(document["findings"])')"
	bash -ec "$cure"
}

# not_here WHAT: this kernel is built without it; others are tried by others.
not_here() {
	say "not with this kernel: $1"
	exit 0
}

# ---- Ports ----

# Without STP there is no delay, whatever is set.
stp_off() {
	a_lan stp_state 0 forward_delay 1500
	boots "bridge=$br"
}

# The guest's port becomes an edge port; so does the probe's, if it is asked to.
delay_15() {
	a_lan stp_state 1 forward_delay 1500
	has_turn=1
	fails "bridge=$br"
	soon 30 31
	repaired
	probe_options=(--edge)
	boots "bridge=$br"
	soon 0 0.2
}

# A network of libvirt's that is started again has the shortest delay that STP allows.
network_delay() {
	a_network "stp='on' delay='15'"
	has_turn=1
	fails "network=$name"
	soon 30 31
	virsh net-destroy "$name"
	repaired
	a_network "stp='on' delay='15'"
	boots "network=$name"
	soon 4 5
}

delay_7() {
	a_lan stp_state 1 forward_delay 700
	fails "bridge=$br"
	says bridge-hold
}

delay_3() {
	a_lan stp_state 1 forward_delay 300
	boots "bridge=$br"
}

# As libvirt's default network has it: 4 s, and 3 s for dnsmasq, which asks whether the address is free.
libvirt_default() {
	a_network "stp='on' delay='0'"
	boots "network=$name"
}

# ---- Firewalls ----

input_legacy() {
	a_lan
	iptables-legacy -w -A INPUT -i "$br" -p udp --dport 67 -j DROP
	fails "bridge=$br"
	accuses "the request, .*host.s server, .*rule 1.* chain INPUT of the legacy table ip filter"
}

input_nft() {
	a_lan
	nft_rule input "iifname $br udp dport 67 drop"
	fails "bridge=$br"
	accuses "the request, .*host.s server, .*iifname \"$br\" .*chain input of the table inet site"
}

bridge_ingress() {
	a_lan
	nft add chain netdev site "$br" "{ type filter hook ingress device $br priority 0; }"
	nft add rule netdev site "$br" udp dport 67 drop
	fails "bridge=$br"
	accuses "the request, .*host.s server, .*udp dport 67 drop.*chain $br of the table netdev site"
}

answer_dropped() {
	a_lan
	nft_rule output "oifname $br udp sport 67 drop"
	fails "bridge=$br"
	accuses "the answer, .*oifname \"$br\" .*chain output of the table inet site"
}

zone_public() {
	a_lan
	firewall-cmd -q --zone=public --change-interface="$br"
	fails "bridge=$br"
	accuses "the request, .*host.s server, .*firewalld \(zone public\)"
	carry_out firewalld-zone
	name=$name-cured
	boots "bridge=$br"
}

zone_libvirt() {
	a_lan
	firewall-cmd -q --zone=libvirt --change-interface="$br"
	boots "bridge=$br"
}

# The host's firewall sees what the bridge forwards.
forward() {
	add_bridge "$br" nf_call_iptables 1
	serve_beyond "up$n"
	iptables-legacy -w -A FORWARD -i "$br" -j DROP
	fails "bridge=$br"
	accuses "the request, .*out by up$n, .*chain FORWARD of the legacy table ip filter"
}

# ... unless nobody asked it to.
forward_unseen() {
	add_bridge "$br"
	serve_beyond "up$n"
	iptables-legacy -w -A FORWARD -i "$br" -j DROP
	boots "bridge=$br"
}

uplink_ingress() {
	add_bridge "$br"
	serve_beyond "up$n"
	nft add chain netdev site "up$n" "{ type filter hook ingress device up$n priority 0; }"
	nft add rule netdev site "up$n" udp sport 67 drop
	fails "bridge=$br"
	accuses "the answer, .*udp sport 67 drop.*chain up$n of the table netdev site"
}

# No rule, and yet nothing that the host sends leaves by the bridge.
queue() {
	a_lan
	tc qdisc add dev "$br" root bfifo limit 1
	fails "bridge=$br"
}

zeroed() {
	a_lan
	nft_rule postrouting "oifname $br udp dport 68 udp checksum set 0"
	fails "bridge=$br"
	says checksum-zeroed
	repaired
	boots_then_probe "bridge=$br"
}

# What the host sends has incomplete checksums. Firmware never sees that, but what it boots does.
unfilled() {
	a_lan
	boots "bridge=$br"
	is "checksums" "$(checksums)" "bad ok"
	repaired
	boots_then_probe "bridge=$br"
	is "checksums with hooks" "$(checksums)" "ok ok"
}

# ---- Servers ----

no_server() {
	add_bridge "$br"
	fails "bridge=$br"
	accuses
}

not_reserved() {
	a_network "stp='off'" "<host mac='52:54:00:00:02:01' ip='192.168.$n.20'/>"
	fails "network=$name"
	accuses
}

reserved() {
	a_network "stp='off'" "<host mac='$mac' ip='192.168.$n.20'/>"
	boots "network=$name"
}

ignored() {
	add_bridge "$br"
	a_server --dhcp-host="$mac,ignore"
	fails "bridge=$br"
	accuses
}

no_address_left() {
	add_bridge "$br"
	echo "$(($(date +%s) + 3600)) 52:54:00:00:02:02 192.168.$n.10 * *" >"/run/dnsmasq-$n-$br.leases"
	dnsmasq_at "$br" --dhcp-range="192.168.$n.10,192.168.$n.10" --dhcp-boot=boot.ipxe
	fails "bridge=$br"
	accuses
}

slow_server() {
	add_bridge "$br"
	a_server --dhcp-reply-delay=4
	boots "bridge=$br"
}

two_servers() {
	a_lan
	host=2 serve_beyond "up$n"
	boots "bridge=$br"
}

# In another guest, which leaves checksums to the network card.
sibling() {
	add_bridge "$br"
	ip netns add "up$n"
	"$TOOLS/guest-cable" "tap$n" "up$n" &
	wait_for 30 ip -n "up$n" link show "tap$n"
	plug_tap "$br" "tap$n"
	ip -n "up$n" link set "tap$n" name far up
	serve_in "up$n"
	boots "bridge=$br"
}

# A second one has the boot file.
proxy() {
	add_bridge "$br"
	dnsmasq_at "$br" --dhcp-range="192.168.$n.10,192.168.$n.99"
	beyond "up$n"
	ip -n "up$n" address add "192.168.$n.2/24" dev far
	ip netns exec "up$n" dnsmasq --conf-file=/dev/null --port=0 --user=root --pid-file --interface=far --bind-dynamic \
		--leasefile-ro --dhcp-range="192.168.$n.0,proxy" --pxe-service=x86PC,boot,boot.ipxe \
		--enable-tftp --tftp-root="$TFTP_ROOT"
	boots "bridge=$br"
}

# ---- Places ----

other_vlan() {
	add_bridge "$br"
	ip link add link "$br" name "$br.9" type vlan id 9 || not_here 802.1q
	ip link set "$br.9" up
	dnsmasq_at "$br.9" --dhcp-range="192.168.$n.10,192.168.$n.99" --dhcp-boot=boot.ipxe
	fails "bridge=$br"
}

# The guest's port is in VLAN 1, as the kernel makes it, and the host in VLAN 9.
vlan_aware() {
	ip link add "$br" type bridge vlan_filtering 1 || not_here "VLAN filtering"
	ip link delete "$br"
	add_bridge "$br" vlan_filtering 1
	bridge vlan add dev "$br" vid 9 pvid untagged self
	bridge vlan delete dev "$br" vid 1 self
	a_server
	fails "bridge=$br"
	accuses VLAN
	ip link set "$br" type bridge vlan_default_pvid 9
	name=$name-cured
	boots "bridge=$br"
}

isolated_both() {
	add_bridge "$br"
	serve_beyond "up$n"
	bridge link set dev "up$n" isolated on
	fails "bridge=$br" "<port isolated='yes'/>"
	accuses "out by up$n, .*isolation"
}

isolated_guest() {
	a_lan
	boots "bridge=$br" "<port isolated='yes'/>"
}

a_macvlan() {
	add_card "eth$n"
	add_macvlan "eth$n" "host$n"
	dnsmasq_at "host$n" --dhcp-range="192.168.$n.10,192.168.$n.99" --dhcp-boot=boot.ipxe
}

macvtap() {
	a_macvlan
	boots "direct=eth$n"
}

# The host's own macvlan is out of reach.
macvtap_private() {
	a_macvlan
	printf "<network><name>%s</name><forward mode='private'><interface dev='eth%d'/></forward></network>\n" \
		"$name" "$n" >"/tmp/$name.xml"
	virsh net-create "/tmp/$name.xml"
	fails "network=$name"
}

# ---- Boot files ----

no_file() {
	add_bridge "$br"
	a_server --dhcp-boot=other.ipxe
	fails "bridge=$br"
	says tftp-failed
}

no_tftp_server() {
	add_bridge "$br"
	a_server --dhcp-boot="boot.ipxe,,192.168.$n.3"
	fails "bridge=$br"
	says tftp-failed
}

tftp_dropped() {
	a_lan
	nft_rule input "iifname $br udp dport 69 drop"
	fails "bridge=$br"
	says tftp-failed
}

# Only the two well-known ports are let in, and not what belongs to them.
acks_dropped() {
	a_lan
	nft_rule input "iifname $br udp dport != { 67, 69 } drop"
	fails "bridge=$br"
	says tftp-failed
}

# As where a path has a smaller MTU.
blocks_dropped() {
	add_bridge "$br"
	{
		printf '#!ipxe\necho BOOTED-OK\n'
		printf '#%79d\n' {1..50}
	} >"$TFTP_ROOT/long.ipxe"
	a_server --dhcp-boot=long.ipxe
	nft_rule output "oifname $br udp length > 1000 drop"
	fails "bridge=$br"
	says tftp-failed
}

http() {
	add_bridge "$br"
	a_server --dhcp-boot="http://192.168.$n.1/boot.ipxe"
	python3 -m http.server -d "$TFTP_ROOT" -b "192.168.$n.1" 80 >"/tmp/http-$n" 2>&1 &
	wait_for 20 curl -s -o /dev/null "http://192.168.$n.1/boot.ipxe"
	boots "bridge=$br"
}

no_http() {
	add_bridge "$br"
	a_server --dhcp-boot="http://192.168.$n.1/boot.ipxe"
	fails "bridge=$br"
}


# Longest first.
CASES=(delay_15 network_delay delay_7 tftp_dropped acks_dropped blocks_dropped no_tftp_server input_legacy input_nft
	bridge_ingress answer_dropped zone_public forward uplink_ingress queue zeroed no_server not_reserved ignored
	no_address_left other_vlan vlan_aware isolated_both macvtap_private no_http delay_3 slow_server libvirt_default proxy no_file
	unfilled stp_off zone_libvirt forward_unseen reserved two_servers sibling isolated_guest macvtap http)

need nft iptables-legacy firewalld firewall-cmd dbus-daemon tc bridge python3 curl
sed -i 's/^DefaultZone=.*/DefaultZone=trusted/' /etc/firewalld/firewalld.conf
firewalld_start
hypervisor_start
hooks_for_repaired
tap_nodes
# Some kernels have bridges call the host's firewall unless they are told not to.
[ ! -e "$NF_CALL" ] || echo 0 >"$NF_CALL"
nft -f - <<-'END'
	table inet site {
		chain input { type filter hook input priority 0; }
		chain output { type filter hook output priority 0; }
		chain postrouting { type filter hook postrouting priority 0; }
	}
	table netdev site {
	}
END
mkfifo "$TURNS"
exec 8<>"$TURNS" # somebody has it open as long as there are cases
printf '%*s' "$AT_ONCE" '' >&8

cases --at-once "${CASES[@]}"
