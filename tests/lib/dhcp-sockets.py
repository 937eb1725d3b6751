# SPDX-License-Identifier: GPL-2.0-or-later
"""Sockets as DHCP servers, relays and clients hold them, one for each argument:

    dhcp-sockets.py udp:0.0.0.0:67 dual:::67 udp:192.168.1.1:67%br0 raw:67%br0

KIND:ADDRESS:PORT[%DEVICE], where KIND is udp, or dual for an IPv6 socket that serves IPv4 too; raw:PORT[%DEVICE] is a
packet socket for what is sent to that UDP port. Whoever broadcasts a DHCPDISCOVER to one of the UDP sockets is offered
192.168.N.50 if $OFFER is N. Says "ready" when all are open."""
import ctypes
import os
import select
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
ETH_P_ALL = 3


def bind_to_device(sock, device):
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())


def open_raw(port, device):
    """An IPv4 packet with UDP for the port passes: the filter of ISC dhcpd."""
    program = [(0x28, 0, 0, 12), (0x15, 0, 8, 0x800), (0x30, 0, 0, 23), (0x15, 0, 6, 17), (0x28, 0, 0, 20),
               (0x45, 4, 0, 0x1fff), (0xb1, 0, 0, 14), (0x48, 0, 0, 16), (0x15, 0, 1, port), (6, 0, 0, 0xffffffff),
               (6, 0, 0, 0)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", len(program), ctypes.addressof(code)))
    sock.bind((device, 0))
    return sock


def open_udp(kind, address, port, device):
    ip6 = ":" in address
    sock = socket.socket(socket.AF_INET6 if ip6 else socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    bind_to_device(sock, device)
    if ip6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, kind != "dual")
        scope = socket.if_nametoindex(device) if device else 0
        sock.bind((address, port, 0, scope))
    else:
        sock.bind((address, port))
    return sock


def open_socket(text):
    name, _, device = text.partition("%")
    kind, _, rest = name.partition(":")
    address, _, port = rest.rpartition(":")
    if kind == "raw":
        return open_raw(int(port), device)
    return open_udp(kind, address, int(port), device)


def offer(request):
    """The DHCPOFFER that answers a DHCPDISCOVER, by broadcast."""
    me, client = (socket.inet_aton("192.168.%s.%d" % (os.environ["OFFER"], host)) for host in (1, 50))
    options = b"\x63\x82\x53\x63\x35\x01\x02\x36\x04" + me + b"\x33\x04\0\0\x0e\x10\x01\x04\xff\xff\xff\0\xff"
    return (b"\x02\x01\x06\0" + request[4:8] + b"\0\0\x80\0" + bytes(4) + client + me + bytes(4) + request[28:44] +
            bytes(192) + options).ljust(300, b"\0")


def answer(sock):
    request = sock.recvfrom(2000)[0]
    if "OFFER" in os.environ and len(request) >= 240 and request[0] == 1:
        everybody = "::ffff:255.255.255.255" if sock.family == socket.AF_INET6 else "255.255.255.255"
        sock.sendto(offer(request), (everybody, 68))


sockets = [open_socket(text) for text in sys.argv[1:]]
print("ready", flush=True)
while True:
    for readable in select.select([s for s in sockets if s.family != socket.AF_PACKET], [], [])[0]:
        answer(readable)
