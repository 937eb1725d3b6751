#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe, and real DHCP servers: which one answers, where it is, what it offers, when; and that it has given
# nothing away afterwards.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/dhcp-programs.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need dnsmasq jq

# offers N PROGRAM SECONDS: the first server is 192.168.N.1, a program of this host's, and offers an address after these.
offers() {
	sees '.servers[0].family' ipv4
	sees '.servers[0].origin' host
	sees '.servers[0].program' "$2 (process $server)"
	offered_after "$1" "$3"
}

offered_after() {
	sees '.servers | length' 1
	sees '.servers[0].address' "192.168.$1.1"
	sees '.servers[0].offered' "192.168.$1.1$(seen '.servers[0].offered[-1:]')"
	sees '.servers[0].next_server' "192.168.$1.1"
	sees '.servers[0].boot_file' boot.ipxe
	sees_about '.servers[0].offer_seconds' "$2"
}

# reads N: boot.ipxe, as far as it is read, from the address that was offered.
reads() {
	sees '.transfers[0].result' read
	sees '.transfers[0].server' "192.168.$1.1"
	sees '.transfers[0].source' "$(seen '.servers[0].offered')"
	sees '.transfers[0].options' true
	sees '.transfers[0].size_bytes' 2097152
	sees '.transfers[0].read_bytes >= 1048576' true
}

# bridge_for BRIDGE N: with a port, so that it has a carrier.
bridge_for() {
	add_bridge "$1"
	add_addresses "$1" "$2"
	add_uplink "$1" "$1-up"
	# Nobody is at the far end.
	sysctl -qw "net.ipv6.conf.$1-up-far.disable_ipv6=1"
}

# gets_address BRIDGE: a real client there gets one.
gets_address() {
	local client=client$BASHPID status=0
	ip netns add "$client"
	ip link add "$client" type veth peer name eth0 netns "$client"
	ip link set "$client" master "$1" up
	ip -n "$client" link set eth0 up
	ip netns exec "$client" busybox udhcpc -f -n -q -t 3 -T 1 -i eth0 -s /bin/true >"/tmp/$client" 2>&1 || status=$?
	ip link delete "$client"
	ip netns delete "$client"
	return "$status"
}

# The server pings the address first.
dnsmasq_pings() {
	bridge_for pings 31
	dnsmasq_serve pings 31 --dhcp-boot=boot.ipxe
	leaves_nothing pings "$leases" -- probe --bridge pings
	offers 31 dnsmasq 3.0
	reads 31
	is "exit status" "$probed" 1
}

dnsmasq_does_not_ping() {
	bridge_for quick 32
	dnsmasq_serve quick 32 --no-ping --dhcp-boot=boot.ipxe
	leaves_nothing quick "$leases" -- probe --bridge quick
	offers 32 dnsmasq 0
	reads 32
	is "exit status" "$probed" 1
}

isc() {
	need dhcpd
	bridge_for isc 33
	isc_serve isc 33
	leaves_nothing isc "$leases" -- probe --bridge isc
	offers 33 dhcpd 1.0
	# It completes checksums itself. Nobody has the file.
	sees '.servers[0].checksums.offload' ok
	sees '.transfers[0].result' failed
	found tftp-failed
	say "one that has nothing for those it does not know"
	kill "$server"
	wait "$server" || :
	isc_serve isc 33 'deny unknown-clients;'
	probe --bridge isc --timeout 2
	sees .request.host_server "dhcpd (process $server)"
	found dhcp-silent
}

udhcpd() {
	need busybox
	bridge_for udhcpd 34
	pool=1 udhcpd_serve udhcpd 34
	leaves_nothing udhcpd "$leases" -- probe --bridge udhcpd
	offers 34 "$(cat "/proc/$server/comm")" 2.0
	! gets_address udhcpd || fail "it gives away what it has offered: the manual says otherwise"
}

networkd() {
	need /lib/systemd/systemd-networkd
	# It gives the bridge its addresses.
	add_bridge networkd
	add_uplink networkd networkd-up
	pool=1 networkd_serve networkd 35
	leaves_nothing networkd -- probe --bridge networkd
	offers 35 "$(cat "/proc/$server/comm")" 0
	gets_address networkd || fail "nobody gets the one address"
}

# Its UDP socket would be in the way of others.
kea() {
	need kea-dhcp4
	ip netns add kea-host
	elsewhere kea-host kea_in_its_host
}
kea_in_its_host() {
	ip link set lo up
	bridge_for kea 36
	pool=1 kea_serve kea 36 raw
	leaves_nothing kea "$leases" -- probe --bridge kea
	offers 36 kea-dhcp4 0
	sees '.servers[0].checksums.offload' ok
	gets_address kea || fail "nobody gets the one address"
	say "with UDP sockets it serves relays only: it gets no broadcasts"
	kill "$server"
	wait "$server" || :
	kea_serve kea 36 udp
	probe --bridge kea --timeout 2
	sees '.servers | length' 0
	found dhcp-none
	sees '.findings[0].evidence | test("kea-dhcp4 .process [0-9]+. does not listen for broadcasts")' true
	is "exit status" "$probed" 2
}

# One in a guest, one in a container, one beyond the uplink.
others() {
	add_bridge others
	in_guest others vnet37 37 isc_serve
	leaves_nothing others -- probe --bridge others
	offered_after 37 1.0
	sees '.servers[0].origin' guest
	sees '.servers[0].port' vnet37
	sees '.servers[0].program' null
}

in_a_container() {
	add_bridge contained
	in_container contained veth38 38 dnsmasq_serve --no-ping --dhcp-boot=boot.ipxe
	leaves_nothing contained -- probe --bridge contained
	offered_after 38 0
	sees '.servers[0].origin' guest
	sees '.servers[0].port' veth38
	reads 38
}

# Another switch, and a server there.
beyond_the_uplink() {
	add_bridge near
	add_bridge far
	ip link add near-up type veth peer name far-down
	ip link set near-up master near up
	ip link set far-down master far up
	in_container far veth39 39 dnsmasq_serve --no-ping --dhcp-boot=boot.ipxe
	leaves_nothing near -- probe --bridge near
	offered_after 39 0
	sees '.servers[0].origin' uplink
	sees '.servers[0].port' near-up
	reads 39
}

# This host's own, at the far end of a cable.
at_the_far_end() {
	add_bridge roundabout
	add_uplink roundabout about
	add_addresses about-far 59
	dnsmasq_serve about-far 59 --no-ping --dhcp-boot=boot.ipxe
	probe --bridge roundabout
	offers 59 dnsmasq 0
	sees '.servers[0].port' about
	reads 59
}

# Two at once, on this host and in a guest.
two_servers() {
	bridge_for two 40
	dnsmasq_serve two 40 --no-ping --dhcp-boot=boot.ipxe
	in_container two veth40 41 dnsmasq_serve --no-ping --dhcp-boot=boot.ipxe
	probe --bridge two
	sees '.servers | length' 2
	sees '[.servers[].origin] | sort | join(" ")' 'guest host'
	sees '[.servers[].address] | sort | join(" ")' '192.168.40.1 192.168.41.1'
	found dhcp-conflict
	say "the host's own is known to be there, and waited for"
	kill "$server"
	wait "$server" || :
	dnsmasq_serve two 40 --dhcp-boot=boot.ipxe
	probe --bridge two
	sees '[.servers[].origin] | join(" ")' 'guest host'
	sees_about '.servers[1].offer_seconds' 3.0
	found dhcp-conflict
}

nobody() {
	bridge_for nobody 42
	leaves_nothing nobody -- probe --bridge nobody --timeout 2
	sees '.servers | length' 0
	found dhcp-none
	found_not dhcp-silent
	is "exit status" "$probed" 2
}

# The server knows some clients, and has nothing for others: asked in the name of one, it answers.
reservations_only() {
	bridge_for reserved 43
	range=192.168.43.0,static dnsmasq_serve reserved 43 --dhcp-boot=boot.ipxe \
		--dhcp-host=52:54:00:43:00:01,192.168.43.77
	leaves_nothing reserved "$leases" -- probe --bridge reserved --timeout 2
	sees '.servers | length' 0
	sees '.request.host_server' "dnsmasq (process $server)"
	found dhcp-silent
	found_not dhcp-none
	is "exit status" "$probed" 2
	leaves_nothing reserved "$leases" -- probe --bridge reserved --mac 52:54:00:43:00:01
	sees '.servers[0].offered' 192.168.43.77
	reads 43
	found_not dhcp-silent
	is "exit status" "$probed" 1
}

# Of those who are unknown nobody gets an answer.
ignores() {
	bridge_for ignores 44
	dnsmasq_serve ignores 44 --no-ping '--dhcp-ignore=tag:!known' --dhcp-host=52:54:00:44:00:01
	probe --bridge ignores --timeout 2
	found dhcp-silent
	probe --bridge ignores --mac 52:54:00:44:00:01
	sees '.servers | length' 1
	found_not dhcp-silent
}

# A file by kind of firmware.
archs() {
	local arch
	bridge_for archs 45
	dnsmasq_serve archs 45 --no-ping --dhcp-boot=bios.0 \
		--dhcp-match=set:efi,option:client-arch,7 --dhcp-boot=tag:efi,boot.ipxe \
		--dhcp-match=set:arm64,option:client-arch,11 --dhcp-boot=tag:arm64,arm64.efi \
		--dhcp-match=set:http,option:client-arch,16 --dhcp-option-force=tag:http,60,HTTPClient \
		--dhcp-boot=tag:http,http://192.168.45.1/boot.efi
	while read -r arch file; do
		probe --bridge archs --arch "$arch"
		sees '.target.arch' "$arch"
		sees '.servers[0].boot_file' "$file"
	done <<-'END'
		bios bios.0
		efi boot.ipxe
		arm64 arm64.efi
		http http://192.168.45.1/boot.efi
	END
}

# The server's own words. Without a file's name, one is asked for that is not there, which shows that somebody is.
missing_file() {
	bridge_for missing 46
	dnsmasq_serve missing 46 --no-ping --dhcp-boot=none.ipxe
	probe --bridge missing
	sees '.transfers[0].result' failed
	sees '.transfers[0].why | test("none.ipxe not found .*error 1")' true
	found tftp-failed
	kill "$server"
	wait "$server" || :
	dnsmasq_serve missing 46 --no-ping
	probe --bridge missing
	sees '.transfers | length' 0
	probe --bridge missing --tftp
	sees '.transfers[0].result' read
	found_not tftp-failed
}

# The file is on another machine of this network, or beyond the router, or nowhere.
tftp_elsewhere() {
	bridge_for remote 47
	in_container remote veth47 48 tftp_serve
	ip -n veth47 address add 192.168.47.9/24 dev veth47
	dnsmasq_serve remote 47 --no-ping --dhcp-boot=boot.ipxe,named,192.168.47.9
	probe --bridge remote
	sees '.servers[0].address' 192.168.47.1
	sees '.servers[0].next_server' 192.168.47.9
	sees '.transfers[0].server' 192.168.47.9
	sees '.transfers[0].result' read
	kill "$server"
	wait "$server" || :
	# This host is the router.
	ip -n veth47 address add 192.168.48.9/32 dev veth47
	ip -n veth47 route add default via 192.168.47.1
	ip route add 192.168.48.9/32 via 192.168.47.9
	sysctl -qw net.ipv4.ip_forward=1
	dnsmasq_serve remote 47 --no-ping --dhcp-boot=boot.ipxe,,192.168.48.9
	probe --bridge remote
	sees '.transfers[0].server' 192.168.48.9
	sees '.transfers[0].result' read
	kill "$server"
	wait "$server" || :
	dnsmasq_serve remote 47 --no-ping --dhcp-boot=boot.ipxe,,192.168.47.99
	probe --bridge remote
	sees '.transfers[0].result' failed
	found tftp-failed
}

# Addresses by one server, boot files by another one, which names them at once, or at its port 4011 only, or in a menu.
proxy() {
	bridge_for proxy 49
	dnsmasq_serve proxy 49 --no-ping
	in_container proxy veth49 50 proxy_beside
	local arch
	while read -r arch file; do
		leaves_nothing proxy "$leases" -- probe --bridge proxy --arch "$arch"
		sees '.servers | length' 2
		sees '[.servers[] | select(.proxy) | .origin, .address, .offered] | join(" ")' 'guest 192.168.49.2 '
		sees '.servers[] | select(.proxy) | .boot_file' "$file"
		sees '.transfers[0].server' 192.168.49.2
		sees '.transfers[0].source' "$(seen '.servers[] | select(.proxy | not) | .offered')"
		sees '.transfers[0].result' read
		found_not dhcp-conflict
	done <<-'END'
		bios boot.ipxe
		efi small.ipxe
		arm64 small.ipxe
	END
}
proxy_beside() {
	ip address add 192.168.49.2/24 dev "$1"
	range=192.168.49.0,proxy dnsmasq_serve "$1" 49 --pxe-prompt=menu,9 --pxe-service=x86PC,disk,0 \
		--pxe-service=x86PC,boot,boot.ipxe --pxe-service=x86-64_EFI,boot,small.ipxe \
		--dhcp-match=set:arm64,option:client-arch,11 --dhcp-boot=tag:arm64,small.ipxe,,192.168.49.2
}

ip6() {
	bridge_for six 51
	dnsmasq_serve six 51 --no-ping --dhcp-boot=boot.ipxe --enable-ra --dhcp-range=fd00:51::100,fd00:51::1ff \
		"--dhcp-option=option6:bootfile-url,tftp://[fd00:51::1]/boot.ipxe"
	leaves_nothing six "$leases" -- probe --bridge six --ipv6
	sees '[.servers[].family] | sort | join(" ")' 'ipv4 ipv6'
	sees '.servers[] | select(.family == "ipv6") | .address' fe80::1
	sees '.servers[] | select(.family == "ipv6") | .origin' host
	sees '.servers[] | select(.family == "ipv6") | .program' "dnsmasq (process $server)"
	sees '.servers[] | select(.family == "ipv6") | .offered | startswith("fd00:51::1")' true
	sees '.servers[] | select(.family == "ipv6") | .boot_file' 'tftp://[fd00:51::1]/boot.ipxe'
	sees '.transfers[] | select(.family == "ipv6") | .result' read
	sees '.router.address' fe80::1
	sees '.router.managed' true
}

# What a guest's driver gets to see; before and after somebody completes checksums, or leaves them out.
checksums() {
	need nft iptables-legacy
	bridge_for sums 52
	dnsmasq_serve sums 52 --no-ping --dhcp-boot=boot.ipxe
	probe --bridge sums
	checksums_are bad ok
	found checksum-unfilled
	iptables-legacy -t mangle -A POSTROUTING -o sums -p udp -j CHECKSUM --checksum-fill
	probe --bridge sums
	checksums_are ok ok
	found_not checksum-unfilled
	nft -f - <<-'END'
		table ip sums {
			chain zero {
				type filter hook postrouting priority 0;
				oifname "sums" udp checksum set 0
			}
		}
	END
	probe --bridge sums
	checksums_are none none
	found_not checksum-unfilled
	say "the kernel completes what is zero, and gets it wrong"
	iptables-legacy -t mangle -F
	probe --bridge sums
	checksums_are none bad
	nft delete table ip sums
}

checksums_are() {
	sees '.servers[0].checksums.offload' "$1"
	sees '.servers[0].checksums.firmware' "$2"
	sees '.transfers[0].checksums.offload' "$1"
	sees '.transfers[0].checksums.firmware' "$2"
}

macvtap() {
	add_card card53
	add_macvlan card53 own53
	add_addresses own53 53
	dnsmasq_serve own53 53 --no-ping --dhcp-boot=boot.ipxe
	probe --direct card53
	offers 53 dnsmasq 0
	sees '.target.macvtap' true
	sees '.servers[0].port' own53
	reads 53
	checksums_are bad ok
	found checksum-unfilled
	! ip -d link show type macvtap | grep . || fail "a macvtap is left"
}

# hostile N BEHAVIOUR: probed, and how long that took, in seconds: $took.
hostile() {
	local start=$EPOCHSECONDS
	add_bridge "bad$1"
	in_container "bad$1" "veth$1" "$1" hostile_serve "$2"
	probe --bridge "bad$1" --tftp
	took=$((EPOCHSECONDS - start))
}

# What a guest can do that plays the server.
flood() {
	need python3
	hostile 60 flood
	sees '.servers | length' 16
	sees '.answers_left_out > 0' true
	sees '[.transfers[] | select(.result != "skipped")] | length <= 4' true
	found dhcp-conflict
	[ "$took" -le 40 ] || fail "a flood kept the probe busy for $took s"
}

endless() {
	hostile 61 endless
	sees '.transfers[0].read_bytes' 1048576
	sees '.transfers[0].options' false
	hostile 62 zero
	sees '.transfers[0].why' 'the file is empty'
}

drip() {
	hostile 63 drip
	sees '.transfers[0].read_bytes > 512' true
	[ "$took" -le 30 ] || fail "a slow file kept the probe busy for $took s"
}

rude() {
	local text
	hostile 64 rude
	sees '.transfers[0].result' failed
	text=$("$HOOKS/virt-netboot" probe --bridge bad64) || :
	! grep -q $'[\x1b\x07]' <<<"$text" || fail "what a server says gets to the terminal"
}

# While the file of one is read, others come; each has its place.
late() {
	hostile 65 late
	sees '.servers | length' 16
	sees '.transfers[0].read_bytes' 1048576
	sees '.transfers[0].file' late
}

# Another probe, at another bridge: it has the same MAC address, and its packets are none of this one's.
two_probes() {
	local other
	bridge_for mine 56
	bridge_for other 57
	dnsmasq_serve other 57 --no-ping
	while :; do "$HOOKS/virt-netboot" probe --bridge other >/dev/null || :; done &
	other=$!
	probe --bridge mine --timeout 2
	kill "$other"
	sees .request.answer_seen false
	sees .request.left_through mine-up
	found dhcp-none
}

# The pool has one address left: the probe was offered it, and the next client gets it.
one_address() {
	need busybox
	bridge_for one 54
	pool=1 dnsmasq_serve one 54 --no-ping
	leaves_nothing one "$leases" -- probe --bridge one
	sees '.servers[0].offered' 192.168.54.10
	gets_address one || fail "nobody gets the address"
	say "now it is gone"
	probe --bridge one --timeout 2
	sees '.servers | length' 0
	found dhcp-silent
}

# ISC's server holds what it has offered for a while, as udhcpd does; so the manual says.
one_address_of_isc() {
	need busybox dhcpd
	ip netns add isc-host
	elsewhere isc-host held_by_isc
}
held_by_isc() {
	ip link set lo up
	bridge_for held 55
	pool=1 isc_serve held 55
	leaves_nothing held "$leases" -- probe --bridge held
	sees '.servers[0].offered' 192.168.55.10
	! gets_address held || fail "it gives away what it holds: the manual says otherwise"
	say "the same probe gets it again"
	probe --bridge held
	sees '.servers[0].offered' 192.168.55.10
}

# Of all the others.
documents() {
	python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"
	[ -d "$DOCUMENTS" ] || skip "there are none yet"
	python3 - "$SRC/docs/probe.schema.json" "$DOCUMENTS"/* <<-'END'
		import json, sys
		from jsonschema import Draft202012Validator
		schema, *documents = [json.load(open(name, encoding="utf-8")) for name in sys.argv[1:]]
		for document in documents:
		    Draft202012Validator(schema).validate(document)
		print(len(documents), "documents are as the schema says")
	END
}

# Those that look at times are not beside those that flood.
cases --at-once dnsmasq_pings dnsmasq_does_not_ping isc udhcpd networkd others in_a_container beyond_the_uplink at_the_far_end \
	two_servers macvtap \
	--in-turn --at-once nobody reservations_only ignores kea one_address one_address_of_isc archs checksums proxy \
	--in-turn --at-once ip6 missing_file tftp_elsewhere flood endless drip rude late two_probes \
	--in-turn documents
