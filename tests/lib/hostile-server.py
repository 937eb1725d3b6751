# SPDX-License-Identifier: GPL-2.0-or-later
"""A DHCP and TFTP server that means no good, on a device with an address:

    hostile-server.py DEVICE 192.168.60.1 BEHAVIOUR

    flood      for each DHCPDISCOVER ten thousand offers, each from another server
    endless    a file that never ends, in blocks of 512 bytes, and no size
    drip       the same, two blocks a second
    zero       an OACK for blocks of no bytes, then blocks that are empty or too long
    rude       names, files and errors that are no text
    late       a second server answers while the first one's file is read

Says "ready"."""
import select
import socket
import struct
import sys
import time

DEVICE, ADDRESS, BEHAVIOUR = sys.argv[1:]
ME = socket.inet_aton(ADDRESS)
RUDE = b"\x1b[2J\xff\xfe\n\r'\"\\$(id)`id`%n" + b"\xc3" * 20
FILES = {"rude": RUDE, "flood": b"", "late": b"late"}


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(mac, address, data):
    """To everybody."""
    udp = struct.pack("!HHHH", 67, 68, 8 + len(data), 0) + data
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + address + b"\xff" * 4
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return b"\xff" * 6 + mac + b"\x08\0" + ip + udp


def offer(request, server, client, name):
    fields = b"\x02\x01\x06\0" + request[4:8] + b"\0\0\x80\0" + bytes(4) + client + server + bytes(4) + request[28:44]
    return (fields + name[:63].ljust(64, b"\0") + bytes(128) + b"\x63\x82\x53\x63\x35\x01\x02\x36\x04" + server +
            b"\x33\x04\0\0\x0e\x10\x01\x04\xff\xff\xff\0" + (file_option() or b"") + b"\xff").ljust(300, b"\0")


def file_option():
    name = FILES.get(BEHAVIOUR, b"file")
    return bytes((67, len(name))) + name if name else b""


def answer_discover(request):
    client = ME[:3] + b"\x63"
    name = RUDE if BEHAVIOUR == "rude" else b""
    raw.send(frame(MAC, ME, offer(request, ME, client, name)))
    if BEHAVIOUR == "flood":
        for i in range(10000):
            number = struct.pack("!H", i)
            raw.send(frame(b"\x02\x66\0\0" + number, b"\x0a\x66" + number, offer(request, b"\x0a\x66" + number, client, b"")))


def block(number, peer, size=512):
    tftp.sendto(struct.pack("!HH", 3, number & 0xffff) + bytes(size), peer)


def answer_tftp(data, peer):
    kind, number = struct.unpack("!HH", data[:4])
    if BEHAVIOUR == "rude" and kind == 1:
        tftp.sendto(b"\0\x05\0\x01" + RUDE + b"\0", peer)
    elif BEHAVIOUR == "zero":
        tftp.sendto(b"\0\x06blksize\0" + b"0\0", peer)
        for size in (0, 1400, 2000):
            block(1, peer, size)
    elif kind in (1, 4):
        if BEHAVIOUR == "drip":
            time.sleep(0.5)
        if BEHAVIOUR == "late" and kind == 4 and number == 3:
            for i in range(20):
                raw.send(frame(b"\x02\x67\0\0\0" + bytes((i,)), b"\x0a\x67\0" + bytes((i,)),
                               offer(last, b"\x0a\x67\0" + bytes((i,)), ME[:3] + b"\x64", b"")))
        block(number + 1 if kind == 4 else 1, peer)


with open("/sys/class/net/%s/address" % DEVICE) as file:
    MAC = bytes.fromhex(file.read().strip().replace(":", ""))
raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
raw.bind((DEVICE, 0))
dhcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
dhcp.bind(("", 67))
tftp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tftp.bind((ADDRESS, 69))
last = None
print("ready", flush=True)
while True:
    for ready in select.select([dhcp, tftp], [], [])[0]:
        data, peer = ready.recvfrom(2000)
        if ready is dhcp:
            last = data
            answer_discover(data)
        else:
            answer_tftp(data, peer)
