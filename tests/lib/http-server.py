# SPDX-License-Identifier: GPL-2.0-or-later
"""An HTTP server that misbehaves: http-server.py PORT. What it does is in the request's path; for /ok it checks the
request, and answers as it should. Of IPv4 and IPv6."""

import re
import socket
import struct
import sys
import threading
import time

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nConnection: close\r\n\r\n"

# What firmware sends, and no more: one line, its fields, no body.
REQUEST = re.compile(
    rb"HEAD (/\S*) HTTP/1\.1\r\nHost: (\S+)\r\nConnection: close\r\nAccept: \*/\*\r\n"
    rb"User-Agent: virt-netboot/\S+\r\n\r\n"
)


def in_pieces(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for at in range(len(WHOLE)):
        client.send(WHOLE[at : at + 1])
        time.sleep(0.002)


def long_header(size):
    return WHOLE[:-2] + b"X-Filler: " + b"x" * size + b"\r\n\r\n"


def reset(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


# It has to be the client that ends it.
def hang(client):
    client.recv(1)


def slow(client):
    time.sleep(3)
    client.sendall(WHOLE)


def sends(answer):
    return lambda client: client.sendall(answer)


BEHAVIOUR = {
    b"/ok": sends(WHOLE),
    b"/hang": hang,
    b"/slow": slow,
    b"/pieces": in_pieces,
    b"/long": sends(long_header(9000)),
    b"/too-long": sends(long_header(20000)),
    b"/foreign": sends(b"SSH-2.0-OpenSSH_9.9\r\n"),
    b"/close": sends(b"HTTP/1.1 200 OK\r\n"),
    b"/reset": reset,
    b"/absent": sends(b"HTTP/1.1 404 Not Found\r\n\r\n"),
    b"/moved": sends(b"HTTP/1.1 302 Found\r\nLocation: /ok\r\n\r\n"),
    b"/no-head": sends(b"HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n\r\n"),
}


def serve(client):
    request = b""
    while b"\r\n\r\n" not in request:
        more = client.recv(4096)
        if not more:
            return
        request += more
    match = REQUEST.fullmatch(request)
    print(request, flush=True)
    if match is None:
        client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    else:
        BEHAVIOUR[match[1]](client)


def answer(client):
    try:
        serve(client)
    except OSError as error:
        print(error, flush=True)
    client.close()


server = socket.create_server(("", int(sys.argv[1])), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
while True:
    threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()
