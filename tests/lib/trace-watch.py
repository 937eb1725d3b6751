#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""trace-watch.py FILE: whose packets nftables traces in this network namespace, until it is killed.

A line into FILE for each kind of packet, once: the Ethernet source or "-", the ports of UDP or "-", and the number of
the DHCP message or "-". The first line is "ready".
"""

import socket
import struct
import sys

NETLINK_NETFILTER, SOL_NETLINK, ADD_MEMBERSHIP, GROUP_TRACE, SO_RCVBUFFORCE = 12, 270, 1, 9, 33
TRACE = 10 << 8 | 17
LINK, NETWORK, TRANSPORT = 7, 8, 9  # NFTA_TRACE_...


def attributes(data):
    while len(data) >= 4:
        length, kind = struct.unpack_from("=HH", data)
        if length < 4:
            return
        yield kind & 0x3FFF, data[4:length]
        data = data[(length + 3) & ~3 :]


def describe(message):
    found = dict(attributes(message[20:]))
    if not {LINK, NETWORK, TRANSPORT} & found.keys():
        return None  # not the first event of a chain
    link, udp = found.get(LINK, b""), found.get(TRANSPORT, b"")
    source = link[6:12].hex(":") if len(link) >= 12 else "-"
    if len(udp) < 16:
        return f"{source} - - -"
    ports = struct.unpack_from("!HH", udp)
    number = struct.unpack_from("!I", udp, 12)[0] if 67 in ports else "-"
    return f"{source} {ports[0]} {ports[1]} {number}"


def main():
    seen = set()
    watch = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    watch.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
    watch.bind((0, 0))
    watch.setsockopt(SOL_NETLINK, ADD_MEMBERSHIP, GROUP_TRACE)
    with open(sys.argv[1], "w", buffering=1, encoding="ascii") as out:
        print("ready", file=out)
        while True:
            data = watch.recv(1 << 16)
            while len(data) >= 16:
                length, kind = struct.unpack_from("=IH", data)
                line = describe(data[:length]) if kind == TRACE else None
                if line and line not in seen:
                    seen.add(line)
                    print(line, file=out)
                data = data[(length + 3) & ~3 :]


main()
