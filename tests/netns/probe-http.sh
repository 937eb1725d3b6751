#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe, and boot files that are URLs: is the file there, and what is said if it is not. The server is
# tests/lib/http-server.py, Python's own or busybox's; it has forgotten the probe's connection afterwards.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/dhcp-programs.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need dnsmasq jq python3 busybox nft ss

# bridge_for N: with a port, so that it has a carrier.
bridge_for() {
	add_bridge "br$1"
	add_addresses "br$1" "$1"
	add_uplink "br$1" "br$1-up"
}

# network N [OPTION]...: a bridge brN, and a server of DHCP that calls itself HTTPClient to those who boot by HTTP.
network() {
	local n=$1
	shift
	bridge_for "$n"
	dnsmasq_serve "br$n" "$n" --no-ping --dhcp-vendorclass=set:http,HTTPClient \
		--dhcp-option-force=tag:http,60,HTTPClient "$@"
}

# ask N [OPTION]...: as firmware that boots by HTTP.
ask() { probe --bridge "br$1" --arch http "${@:2}"; }

# What is only about the HTTP server, or the URL, is asked for on one bridge, br1, by clients that each get another URL
# and another address. Nothing listens at port 8082; a firewall drops what is for port 8083, and rejects what is for 8084.
S=http://192.168.1.1
declare -A urls=(
	[no_server]=$S:8082/boot.efi
	[no_tftp_server]=tftp://192.168.1.1:70/boot.efi
	[silent]=$S:8083/ok
	[rejected]=$S:8084/ok
	[nobody]=http://192.168.1.9/boot.efi
	[routed]=http://198.51.100.1:8080/ok
	[hangs]=$S:8080/hang
	[slow]=$S:8080/slow
	[lost]=$S:8080/ok
	[pieces]=$S:8080/pieces
	[long]=$S:8080/long
	[too_long]=$S:8080/too-long
	[foreign]=$S:8080/foreign
	[closed]=$S:8080/close
	[reset]=$S:8080/reset
	[refers]=$S:8080/moved
	[no_head]=$S:8080/no-head
	[https]=https://192.168.1.1/boot.efi
	[named]=http://boot.example/boot.efi
	[split]=$S:8080/ok$' HTTP/1.1\tX:'
	[with_user]=http://me:secret@192.168.1.1:8080/ok
	[tftp_url]=tftp://192.168.1.1/small.ipxe
	[interrupted]=$S:8080/hang
)
declare -A clients=()

common_network() {
	local name options=() number=50 range=192.168.1.10,192.168.1.13
	for name in "${!urls[@]}"; do
		number=$((number + 1))
		clients[$name]=$number
		options+=("--dhcp-host=02:00:00:01:00:$number,192.168.1.$number,set:$name"
			--dhcp-boot="tag:$name,tag:http,${urls[$name]}")
	done
	network 1 "${options[@]}"
	ip address add 198.51.100.1/32 dev lo
	nft -f - <<-END
		table inet common {
			chain input {
				type filter hook input priority 0
				tcp dport 8083 drop
				tcp dport 8084 reject with icmpx type admin-prohibited
				ip saddr 192.168.1.${clients[lost]} tcp flags & syn == syn quota until 50 bytes drop
				ip saddr 192.168.1.${clients[lost]} tcp flags & psh == psh quota until 250 bytes drop
			}
			chain output {
				type filter hook output priority 0
				ip daddr 192.168.1.${clients[lost]} tcp flags & psh == psh quota until 150 bytes drop
			}
		}
	END
}

# asked NAME
asked() {
	ask 1 --mac "02:00:00:01:00:${clients[$1]}"
	sees '.transfers | length' 1
	sees '.transfers[0].file' "${urls[$1]}"
}

# has_file N: it is there, and was asked for from the address that was offered.
has_file() {
	sees '.transfers[0].result' read
	sees '.transfers[0].kind' http
	sees '.transfers[0].status' 200
	sees '.transfers[0].source' "$(seen '.servers[0].offered')"
	found_not tftp-failed
	boots iPXE EDK2
}

# boots CLIENT...: these do, and no other firmware.
boots() {
	local client
	for client in iPXE EDK2; do
		probe_is "$client boots" "$(seen ".clients[] | select(.name | test(\"$client\")) | .boots")" \
			"$([[ " $* " == *" $client "* ]] && echo true || echo false)"
	done
	probe_is "PXE firmware" "$(seen '.clients[] | select(.name == "PXE firmware") | .boots')" false
}

# fails WHY: it was tried, and who boots by HTTP does not boot.
fails() {
	sees '.transfers[0].result' failed
	sees '.transfers[0].why' "$1"
	found tftp-failed
	boots
}

# skips WHY: nobody is blamed for what was not tried.
skips() {
	sees '.transfers[0].result' skipped
	sees '.transfers[0].why' "$1"
	found_not tftp-failed
	boots iPXE EDK2
}

# Python's own server, on this host; it is HTTP/1.0.
of_host() {
	network 2 --dhcp-boot=tag:http,http://192.168.2.1:8081/boot.ipxe
	cp -r "$TFTP_FILES.static" /tmp/of-host
	python3 -m http.server --directory /tmp/of-host --bind 192.168.2.1 8081 >/tmp/http.log 2>&1 &
	wait_for 10 listens 8081
	leaves_nothing br2 "$leases" -- ask 2
	has_file
	sees '.transfers[0].server' 192.168.2.1
	sees '.transfers[0].size_bytes' 2097152
	sees_about '.transfers[0].read_seconds' 0
	sees '.transfers[0].checksums.firmware' ok
	grep -F '"HEAD /boot.ipxe HTTP/1.1" 200' /tmp/http.log
	say "who is not asked as HTTPClient names no URL"
	probe --bridge br2
	sees '.transfers | length' 0
	say "the other way round: the file is not there"
	mv /tmp/of-host/boot.ipxe /tmp/of-host/boot.efi
	ask 2
	fails 'the server says: 404 File not found'
	sees '.transfers[0].status' 404
}

listens() { ss -Htln "( sport = :$1 )" | grep :; }

# EDK2 does not take a URL from who does not call itself HTTPClient. iPXE does.
other_class() {
	bridge_for 8
	dnsmasq_serve br8 8 --no-ping --dhcp-boot=http://192.168.8.1:8080/ok
	ask 8
	sees '.transfers[0].status' 200
	boots iPXE
	say "nor does it if it boots by PXE"
	probe --bridge br8 --arch efi
	sees '.transfers[0].status' 200
	boots iPXE
}

# As text.
told() {
	network 5 --dhcp-boot=tag:http,http://192.168.5.1:8080/ok
	"$HOOKS/virt-netboot" probe --bridge br5 --arch http >/tmp/told || is "exit status" $? 1
	cat /tmp/told
	tr -s '\n ' ' ' </tmp/told |
		grep -E 'http://192.168.5.1:8080/ok from 192.168.5.1 by HTTP, asked from 192.168.5.1[0-3]: status 200, 12.3 kB, after'
	kill "$server"
	wait "$server" || :
	dnsmasq_serve br5 5 --no-ping --dhcp-boot=http://192.168.5.1:8080/absent
	"$HOOKS/virt-netboot" probe --bridge br5 --arch http >/tmp/told || is "exit status" $? 1
	cat /tmp/told
	tr -s '\n ' ' ' </tmp/told |
		grep -E '/absent from 192.168.5.1 by HTTP, asked from 192.168.5.1[0-3]: the server says: 404 Not Found'
}

listens_in() { ip netns exec "$1" ss -Htln '( sport = :80 )' | grep :; }

# busybox's, in a container, and another one in a guest whose driver leaves checksums to its card.
elsewhere_on_the_bridge() {
	network 3 --dhcp-boot=tag:http,http://192.168.3.2/boot.ipxe
	ip netns add far
	ip link add far type veth peer name eth0 netns far
	ip link set far master br3 up
	ip -n far address add 192.168.3.2/24 dev eth0
	ip -n far link set eth0 up
	ip netns exec far busybox httpd -f -p 80 -h "$TFTP_FILES.static" &
	wait_for 10 listens_in far
	ask 3
	has_file
	sees '.transfers[0].server' 192.168.3.2
}

in_guest_of_the_bridge() {
	network 4 --dhcp-boot=tag:http,http://192.168.4.2/boot.ipxe
	ip netns add near
	"$TOOLS/guest-cable" near near &
	wait_for 30 ip -n near link show near
	plug_tap br4 near
	ip -n near address add 192.168.4.2/24 dev near
	ip -n near link set near up
	ip netns exec near busybox httpd -f -p 80 -h "$TFTP_FILES.static" &
	wait_for 10 listens_in near
	ask 4
	has_file
	sees '.transfers[0].checksums.firmware' ok
}

# By a macvtap; the server is on the host's macvlan beside it.
direct() {
	add_card card9
	add_macvlan card9 own9
	add_addresses own9 9
	dnsmasq_serve own9 9 --no-ping --dhcp-boot=tag:http,http://192.168.9.1:8080/ok \
		--dhcp-vendorclass=set:http,HTTPClient --dhcp-option-force=tag:http,60,HTTPClient
	probe --direct card9 --arch http
	has_file
	sees '.transfers[0].checksums.firmware' ok
}

ipv6() {
	network 6 --dhcp-boot=tag:http,http://192.168.6.1:8080/ok --dhcp-range=fd00:6::100,fd00:6::1ff --enable-ra \
		--dhcp-option='option6:bootfile-url,http://[fd00:6::1]:8080/ok'
	ask 6 --ipv6
	has_file
	sees '.transfers | length' 2
	sees '.transfers[1].family' ipv6
	sees '.transfers[1].result' read
	sees '.transfers[1].status' 200
	sees '.transfers[1].server' fd00:6::1
	sees '.transfers[1].source' "$(seen '.servers[] | select(.family == "ipv6") | .offered')"
	sees '.transfers[1].checksums.firmware' ok
}

# The router, which is the host, is the way to what does not answer itself.
ipv6_routed() {
	network 7 --dhcp-range=fd00:7::100,fd00:7::1ff --enable-ra \
		--dhcp-option='option6:bootfile-url,http://[fd00:ffff::1]:8080/ok'
	ip address add fd00:ffff::1/128 dev lo
	ask 7 --ipv6
	sees '.transfers[0].server' fd00:ffff::1
	sees '.transfers[0].status' 200
}

no_server() {
	asked no_server
	fails 'connection refused'
	sees '.transfers[0].status' null
}

silent() {
	asked silent
	fails 'no answer'
}

no_tftp_server() {
	asked no_tftp_server
	sees '.transfers[0].kind' tftp
	sees '.transfers[0].why' 'no program listens there, or a firewall rejects it'
	found tftp-failed
}

# As firewalld does.
rejected() {
	asked rejected
	fails 'a firewall rejects it'
	sees_about '.transfers[0].read_seconds // 0' 0
}

nobody() {
	asked nobody
	fails "nobody answers for the server's address"
}

# Beyond the router, whom the server of DHCP names.
routed() {
	asked routed
	has_file
}

# The server takes the request and says nothing.
hangs() {
	asked hangs
	fails 'the server took the request, and has not answered it within 10 s'
}

slow() {
	asked slow
	has_file
	sees_about '.transfers[0].read_seconds' 3
}

# The SYN, the request and the answer, each once.
lost() {
	asked lost
	has_file
	sees_about '.transfers[0].read_seconds' 2
}

# A header that comes in many segments, or is long.
pieces() {
	asked pieces
	has_file
	sees '.transfers[0].size_bytes' 12345
}

long() {
	asked long
	has_file
	sees '.transfers[0].size_bytes' 12345
}

too_long() {
	asked too_long
	fails "the header of the server's answer is longer than 16384 bytes"
}

foreign() {
	asked foreign
	fails 'what answers there is no HTTP server'
}

closed() {
	asked closed
	fails 'the server closed the connection before its answer was complete'
}

reset() {
	asked reset
	fails 'the server broke the connection off'
}

refers() {
	asked refers
	skips 'the server refers to another URL (status 302)'
}

no_head() {
	asked no_head
	skips 'the server takes no HEAD requests (status 405)'
}

https() {
	asked https
	skips 'HTTPS is not tried'
}

named() {
	asked named
	skips "the server is named, not addressed: 'boot.example'"
}

# Nobody can make the probe send another request than firmware would.
split() {
	asked split
	skips 'the URL is too long, or has characters that no request can have'
}

with_user() {
	asked with_user
	skips 'the URL has a user name in it'
}

# TFTP is still TFTP, as a URL, too.
tftp_url() {
	asked tftp_url
	sees '.transfers[0].kind' tftp
	sees '.transfers[0].result' read
	sees '.transfers[0].read_bytes' 7
}

interrupted() {
	local client=${clients[interrupted]}
	"$HOOKS/virt-netboot" probe --bridge br1 --arch http --mac "02:00:00:01:00:$client" &
	wait_for 10 is_connected "192.168.1.$client"
	kill -INT $!
	wait $! || :
	wait_for 5 is_not_connected "192.168.1.$client"
}

# With the HTTP server.
is_connected() { ss -Htan '( sport = :8080 )' | grep -F "$1]"; }
is_not_connected() { ! is_connected "$1"; }

# All of them had to do with it: nobody is connected any more, and nobody will be known again by how fast it was.
forgotten() {
	wait_for 5 is_not_connected 192.168
	wait_for 5 is_not_connected fd00:
	is "what TCP remembers" "$(ip tcp_metrics show)" ''
}

# Not all at the same time: a server that answers late is not what this is about.
on_this_host() {
	of_host
	other_class
	told
}

on_other_machines() {
	elsewhere_on_the_bridge
	in_guest_of_the_bridge
	interrupted
}

other_ways() {
	ipv6
	ipv6_routed
	direct
}

reached() {
	no_server
	no_tftp_server
	rejected
	routed
}

unanswered() {
	silent
	nobody
}

late() {
	slow
	lost
}

odd_answers() {
	pieces
	long
	too_long
	foreign
	closed
	reset
}

not_tried() {
	refers
	no_head
	https
	named
	split
	with_user
	tftp_url
}

serve_files
cp -r "$TFTP_FILES" "$TFTP_FILES.static"
python3 "$SRC/tests/lib/http-server.py" 8080 >/tmp/server.log 2>&1 &
wait_for 10 grep -q ready /tmp/server.log
common_network

cases --at-once on_this_host on_other_machines other_ways reached unanswered late odd_answers not_tried hangs --in-turn forgotten
