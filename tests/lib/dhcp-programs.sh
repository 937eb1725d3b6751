# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Real DHCP servers, for use inside the sandbox, beside topology.sh. Each serves a DEVICE that has the addresses for N
# (add_addresses), offers 192.168.N.10 and the next, $pool addresses or 4, and names the boot file boot.ipxe:
#
#     dnsmasq_serve virbr5 31 --no-ping [OPTION]...   each OPTION is dnsmasq's; $range replaces its range
#     isc_serve virbr5 31 [STATEMENT]
#     kea_serve virbr5 31 raw|udp
#     networkd_serve virbr5 31
#     udhcpd_serve virbr5 31
#     tftp_serve virbr5 31             no DHCP: boot.ipxe (2 MiB) and small.ipxe by TFTP
#
# The process is $server, its leases are in the file $leases, and what it says is in $server_log.
#
#     in_guest virbr5 vnet3 31 isc_serve       the same in a guest that offloads checksums, whose port is the tap
#     in_container virbr5 veth3 31 isc_serve   in a network namespace behind a veth
#     in_host OTHER COMMAND...                 the command in a host of its own: its own network, and another /sys

DHCP_PROGRAMS=/run/dhcp-programs
TFTP_FILES=$DHCP_PROGRAMS/files

# serve_files: what is to be had by TFTP.
serve_files() {
	mkdir -p "$TFTP_FILES"
	echo '#!ipxe' >"$TFTP_FILES/small.ipxe"
	truncate --size 2M "$TFTP_FILES/boot.ipxe"
}

# server_files PROGRAM DEVICE: their names, and no leases yet.
server_files() {
	mkdir -p "$DHCP_PROGRAMS"
	server_conf=$DHCP_PROGRAMS/$1-$2.conf
	server_log=$DHCP_PROGRAMS/$1-$2.log
	leases=$DHCP_PROGRAMS/$1-$2.leases
	: >"$leases"
}

# unconfined PROGRAM: a copy, because AppArmor knows some by their path, and would not let them read files of the test's.
unconfined() {
	local copy=$DHCP_PROGRAMS/bin/$1
	mkdir -p "${copy%/*}"
	[ -e "$copy" ] || {
		cp "$(command -v "$1")" "$copy.$BASHPID"
		mv "$copy.$BASHPID" "$copy"
	}
	echo "$copy"
}

last_address() { echo "192.168.$1.$((9 + ${pool:-4}))"; }

# run_server READY COMMAND...: until it says READY.
run_server() {
	local ready=$1
	shift
	"$@" >"$server_log" 2>&1 &
	# shellcheck disable=SC2034 # for the test
	server=$!
	wait_for 30 grep -q "$ready" "$server_log"
}

dnsmasq_serve() {
	local dev=$1 n=$2
	shift 2
	serve_files
	server_files dnsmasq "$dev"
	run_server 'started, version' dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --user=root \
		--log-facility=- --log-dhcp --port=0 --interface="$dev" --bind-dynamic --dhcp-leasefile="$leases" \
		--dhcp-range="${range:-192.168.$n.10,$(last_address "$n")}" --enable-tftp --tftp-root="$TFTP_FILES" "$@"
}

# In dnsmasq's options: --dhcp-boot=boot.ipxe.
tftp_serve() {
	local dev=$1
	serve_files
	server_files tftp "$dev"
	run_server 'started, version' dnsmasq --keep-in-foreground --conf-file=/dev/null --pid-file --user=root \
		--log-facility=- --port=0 --interface="$dev" --bind-dynamic --enable-tftp --tftp-root="$TFTP_FILES"
}

isc_serve() {
	local dev=$1 n=$2
	server_files isc "$dev"
	cat >"$server_conf" <<-END
		ping-check true;
		${3:-}
		subnet 192.168.$n.0 netmask 255.255.255.0 {
			range 192.168.$n.10 $(last_address "$n");
			next-server 192.168.$n.1;
			filename "boot.ipxe";
		}
	END
	run_server 'Server starting service' "$(unconfined dhcpd)" -4 -f -d -cf "$server_conf" -lf "$leases" -pf "$server_conf.pid" "$dev"
}

# Kea opens its sockets once, and only where there is a carrier: a port has to be there already.
kea_serve() {
	local dev=$1 n=$2
	server_files kea "$dev"
	rm "$leases"
	cat >"$server_conf" <<-END
		{ "Dhcp4": {
			"interfaces-config": { "interfaces": [ "$dev" ], "dhcp-socket-type": "$3" },
			"lease-database": { "type": "memfile", "name": "$leases", "lfc-interval": 0 },
			"subnet4": [ {
				"subnet": "192.168.$n.0/24",
				"pools": [ { "pool": "192.168.$n.10 - $(last_address "$n")" } ],
				"next-server": "192.168.$n.1", "boot-file-name": "boot.ipxe"
			} ],
			"loggers": [ { "name": "kea-dhcp4", "severity": "INFO", "output_options": [ { "output": "stdout" } ] } ]
		} }
	END
	wait_for 5 has_carrier_now "$dev"
	run_server DHCP4_STARTED env KEA_PIDFILE_DIR="$DHCP_PROGRAMS" KEA_LOCKFILE_DIR="$DHCP_PROGRAMS" \
		KEA_DHCP_DATA_DIR="$DHCP_PROGRAMS" "$(unconfined kea-dhcp4)" -c "$server_conf"
	! grep DHCPSRV_OPEN_SOCKET_FAIL "$server_log" || fail "Kea has no socket"
}

has_carrier_now() { [ "$(cat "/sys/class/net/$1/carrier")" = 1 ]; }

# One systemd-networkd for all devices. It has no file of leases.
networkd_serve() {
	local dev=$1 n=$2
	server_files networkd "$dev"
	rm -rf /etc/systemd/network
	mkdir -p /etc/systemd/network
	install -d -o systemd-network -g systemd-network /run/systemd/netif{,/links,/leases,/lldp}
	# It would wait for udev, but that runs only where this can be written (systemd-udevd.service).
	mount -o remount,bind,ro /sys
	cat >"/etc/systemd/network/$dev.network" <<-END
		[Match]
		Name=$dev
		[Network]
		Address=192.168.$n.1/24
		ConfigureWithoutCarrier=yes
		KeepConfiguration=yes
		DHCPServer=yes
		[DHCPServer]
		PoolOffset=10
		PoolSize=${pool:-4}
		BootServerAddress=192.168.$n.1
		BootFilename=boot.ipxe
	END
	run_server "$dev: DHCPv4 server: STARTED" env SYSTEMD_LOG_LEVEL=debug \
		/lib/systemd/systemd-networkd
}

udhcpd_serve() {
	local dev=$1 n=$2
	server_files udhcpd "$dev"
	cat >"$server_conf" <<-END
		start 192.168.$n.10
		end $(last_address "$n")
		max_leases ${pool:-4}
		interface $dev
		lease_file $leases
		pidfile $server_conf.pid
		siaddr 192.168.$n.1
		boot_file boot.ipxe
		option subnet 255.255.255.0
	END
	run_server started busybox udhcpd -f "$server_conf"
}

# hostile_serve DEVICE N BEHAVIOUR: hostile-server.py.
hostile_serve() {
	server_files hostile "$1"
	run_server ready python3 "$SRC/tests/lib/hostile-server.py" "$1" "192.168.$2.1" "$3"
}

# elsewhere NAMESPACE COMMAND...: a function of the test's, in a network namespace.
elsewhere() {
	local namespace=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	TEST_CASE='' FUNCTIONS=$(declare -f) ip netns exec "$namespace" bash -c \
		'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && . "$SRC/tests/lib/probe.sh" &&
			. "$SRC/tests/lib/dhcp-programs.sh" && eval "$FUNCTIONS" && "$@"' \
		- "$@"
}

# serve_device SERVER DEVICE N OPTION...: with the addresses.
serve_device() {
	add_addresses "$2" "$3"
	"$@"
}

in_guest() {
	local bridge=$1 tap=$2 n=$3 program=$4
	ip netns add "$tap"
	"$TOOLS/guest-cable" "$tap" "$tap" &
	wait_for 30 ip -n "$tap" link show "$tap"
	plug_tap "$bridge" "$tap"
	ip -n "$tap" link set "$tap" up
	elsewhere "$tap" serve_device "$program" "$tap" "$n" "${@:5}"
}

in_container() {
	local bridge=$1 veth=$2 n=$3 program=$4
	ip netns add "$veth"
	ip link add "$veth" type veth peer name "$veth" netns "$veth"
	ip link set "$veth" master "$bridge" up
	ip -n "$veth" link set "$veth" up
	elsewhere "$veth" serve_device "$program" "$veth" "$n" "${@:5}"
}
