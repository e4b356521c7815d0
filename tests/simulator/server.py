# SPDX-License-Identifier: Apache-2.0
"""Listeners, threads and the command line."""

import argparse
import ctypes
import json
import os
import signal
import socket
import ssl
import struct
import sys
import threading
import time
from email.utils import formatdate

from .clock import Clock, parse_duration, parse_rfc3339
from .router import handle
from .wire import Connection
from .world import World

IDLE_S = 120.0
_PR_SET_PDEATHSIG = 1


class Listener:
    """A listening socket with its accept thread; can stop listening for a while on the same port."""

    def __init__(self, server, scheme, host, port, context=None):
        self.server = server
        self.scheme = scheme
        self.context = context
        self.address = (host, port)
        self.tls_failures = 0
        self._open()

    def _open(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(self.address)
        self.sock.listen(1024)
        self.address = self.sock.getsockname()
        threading.Thread(target=self._accept, args=(self.sock,), daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.address[1]}"

    def refuse(self, seconds):
        """Refuse connections for that long; open ones are reset."""
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.server.drop_connections()
        threading.Timer(seconds, self._open).start()

    def _accept(self, sock):
        while True:
            try:
                client, peer = sock.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.server.serve, args=(self, client, peer), daemon=True).start()


class Server:
    def __init__(self, world, host="127.0.0.1", port=0, https_port=None, tls_cert=None, tls_key=None):
        self.world = world
        self._next_id = 0
        self._lock = threading.Lock()
        self._open = set()
        world.listener_fault = self.listener_fault
        self.http = Listener(self, "http", host, port)
        self.https = None
        if https_port is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls_cert, tls_key)
            context.set_alpn_protocols(["http/1.1"])
            self.https = Listener(self, "https", host, https_port, context)

    def listener_fault(self, fault):
        if fault.kind == "refuse":
            for listener in filter(None, (self.http, self.https)):
                if fault.spec.get("listener", listener.scheme) == listener.scheme:
                    # After this answer has left, or the caller would never hear it.
                    threading.Timer(0.05, listener.refuse, (parse_duration(fault.spec.get("for", "1s")),)).start()
        elif self.https is not None:
            self.https.tls_failures = 1 << 30 if fault.times == "always" else int(fault.times)

    def drop_connections(self):
        with self._lock:
            connections = list(self._open)
        for sock in connections:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def date(self, skew_s):
        return formatdate(self.world.clock.wall_s(skew_s), usegmt=True)

    def serve(self, listener, sock, peer):
        records = self.world.records
        with self._lock:
            self._next_id += 1
            connection_id = self._next_id
        records.connection(+1)
        try:
            sock.settimeout(IDLE_S)
            if listener.context is not None:
                sock = self._handshake(listener, sock)
                if sock is None:
                    return
            with self._lock:
                self._open.add(sock)
            Connection(sock, connection_id, f"{peer[0]}:{peer[1]}", listener.scheme,
                       lambda request: handle(self.world, request), self.date).serve(IDLE_S)
        finally:
            with self._lock:
                self._open.discard(sock)
            records.connection(-1)

    def _handshake(self, listener, sock):
        if listener.tls_failures > 0:
            listener.tls_failures -= 1
            self.world.records.counters["tls_failures_made"] += 1
            try:
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                sock.close()
            except OSError:
                pass
            return None
        try:
            return listener.context.wrap_socket(sock, server_side=True)
        except (OSError, ssl.SSLError):
            self.world.records.counters["tls_handshakes_failed"] += 1
            return None


def parse_arguments(argv):
    parser = argparse.ArgumentParser(prog="simulator", description="A small AWS made of scenario files.")
    parser.add_argument("--scenario", required=True, help="scenario file, or - for an empty one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--https-port", type=int)
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--now", help="where the clock starts (RFC 3339); default the real time")
    parser.add_argument("--rate", type=float, default=1.0, help="seconds of the clock in a real second")
    parser.add_argument("--auth-clock", choices=("sim", "real"), default="sim",
                        help="which clock judges signatures and writes Date headers")
    parser.add_argument("--port-file", help="where the ready line is also written, atomically")
    parser.add_argument("--parent-pid-exit", action="store_true", help="end when the parent process does")
    return parser.parse_args(argv)


def _end_with_parent():
    """Linux sends SIGTERM when the parent goes; the check closes the gap before the call."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(0)


def _announce(server, port_file):
    line = json.dumps({"url": server.http.url, "https_url": server.https.url if server.https else None, "pid": os.getpid()})
    if port_file:
        temporary = f"{port_file}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(line + "\n")
        os.replace(temporary, port_file)
    print(line, flush=True)


def load_scenario(path):
    if path == "-":
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main(argv=None):
    args = parse_arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))
    if args.parent_pid_exit:
        _end_with_parent()
    threading.stack_size(512 * 1024)
    clock = Clock(parse_rfc3339(args.now) if args.now else None, args.rate, args.auth_clock == "real")
    try:
        world = World(load_scenario(args.scenario), clock)
        server = Server(world, args.host, args.port, args.https_port, args.tls_cert, args.tls_key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"simulator: {args.scenario}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    _announce(server, args.port_file)
    while True:
        time.sleep(3600)
