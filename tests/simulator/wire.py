# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 on sockets: strict parsing of requests, and replies that can be slow, cut or reset.

One thread a connection. http.server is not used: the faults need the socket itself, and its header
parser costs more than the whole of an answer here.
"""

import select
import socket
import struct
import time
from urllib.parse import unquote

REASONS = {
    100: "Continue", 200: "OK", 202: "Accepted", 400: "Bad Request", 401: "Unauthorized",
    403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
    410: "Gone", 413: "Payload Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable", 504: "Gateway Timeout",
}
MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 32 * 1024 * 1024


class Closed(Exception):
    """The peer is gone, or the reply asked for the connection to end."""


class BadRequest(Exception):
    """Bytes that are not HTTP/1.1."""


class Request:
    """One request as it came. `headers` keeps order and case; `header()` looks up without case."""

    __slots__ = ("method", "target", "path", "query", "headers", "body", "scheme", "connection_id",
                 "peer", "arrived_s", "_index")

    def __init__(self, method, target, headers, body=b"", scheme="http", connection_id=0, peer=""):
        self.method = method
        self.target = target
        path, _, query = target.partition("?")
        self.path = unquote(path)
        self.query = query
        self.headers = headers
        self.body = body
        self.scheme = scheme
        self.connection_id = connection_id
        self.peer = peer
        self.arrived_s = time.time()
        self._index = {}
        for name, value in headers:
            self._index.setdefault(name.lower(), []).append(value)

    def header(self, name, default=None):
        values = self._index.get(name.lower())
        return default if values is None else ",".join(values)

    def header_names(self):
        return list(self._index)


class Plan:
    """How a reply leaves: everything here is a fault."""

    __slots__ = ("delay_s", "released", "chunk_bytes", "chunk_delay_s", "cut_bytes", "reset", "hang_s",
                 "extra_length", "close", "stream_bytes")

    def __init__(self):
        self.delay_s = 0.0           # before the first byte
        self.released = []           # events to wait for before the first byte
        self.chunk_bytes = 0         # trickle: that many bytes, then a pause
        self.chunk_delay_s = 0.0
        self.cut_bytes = None        # send no more body than this, then close
        self.reset = None            # "before" or "after" the headers
        self.hang_s = None           # say nothing for that long (0: until the peer leaves)
        self.extra_length = 0        # Content-Length promises this much more
        self.close = False
        self.stream_bytes = 0        # pad the body to this size


class Response:
    def __init__(self, status=200, body=b"", content_type=None, headers=None):
        self.status = status
        self.body = body if isinstance(body, bytes) else body.encode()
        self.content_type = content_type
        self.headers = dict(headers or {})
        self.date_skew_s = 0.0
        self.plan = Plan()
        self.sent = lambda: None     # called when the last byte has left, or will never

    @property
    def status_seen(self):
        """What the client gets to see: 0 when the connection dies before a status line."""
        return 0 if self.plan.hang_s is not None or self.plan.reset == "before" else self.status


def read_head(buffer):
    """(method, target, version, headers, length of the head) or None when more is needed."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > MAX_HEAD_BYTES:
            raise BadRequest("head too large")
        return None
    lines = bytes(buffer[:end]).decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest(f"request line {lines[0][:100]!r}")
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise BadRequest(f"header line {line[:100]!r}")
        headers.append((name, value.strip(" \t")))
    return parts[0], parts[1], parts[2], headers, end + 4


class Connection:
    """Serves one socket until it closes; `handle(request)` returns a Response."""

    def __init__(self, sock, connection_id, peer, scheme, handle, date):
        self.sock = sock
        self.id = connection_id
        self.peer = peer
        self.scheme = scheme
        self.handle = handle
        self.date = date
        self.buffer = bytearray()
        self.requests = 0

    def serve(self, idle_s):
        self.sock.settimeout(idle_s)
        try:
            while True:
                request = self._read_request()
                self.requests += 1
                response = self.handle(request)
                keep = (request.header("connection") or "").lower() != "close"
                try:
                    self._send(response, keep)
                finally:
                    response.sent()
                if not keep or response.plan.close:
                    return
        except BadRequest as error:
            self._quietly(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            self.handle(Request("BAD", "/", [("x-sim-error", str(error))], b"", self.scheme, self.id, self.peer))
        except (Closed, OSError):
            pass
        finally:
            self._quietly_close()

    def _fill(self):
        data = self.sock.recv(262144)
        if not data:
            raise Closed
        self.buffer += data

    def _read_request(self):
        head = read_head(self.buffer)
        while head is None:
            self._fill()
            head = read_head(self.buffer)
        method, target, _version, headers, size = head
        del self.buffer[:size]
        request = Request(method, target, headers, b"", self.scheme, self.id, self.peer)
        if (request.header("expect") or "").lower() == "100-continue":
            self.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if (request.header("transfer-encoding") or "").lower() == "chunked":
            request.body = self._read_chunked()
        else:
            request.body = self._read_body(request.header("content-length") or "0")
        return request

    def _read_body(self, length):
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            raise BadRequest(f"content-length {length[:30]!r}")
        while len(self.buffer) < int(length):
            self._fill()
        body = bytes(self.buffer[: int(length)])
        del self.buffer[: int(length)]
        return body

    def _read_line(self):
        while True:
            end = self.buffer.find(b"\r\n")
            if end >= 0:
                line = bytes(self.buffer[:end])
                del self.buffer[: end + 2]
                return line
            self._fill()

    def _read_chunked(self):
        body = bytearray()
        while True:
            try:
                size = int(self._read_line().split(b";")[0], 16)
            except ValueError:
                raise BadRequest("chunk size") from None
            if size == 0:
                while self._read_line():
                    pass
                return bytes(body)
            if len(body) + size > MAX_BODY_BYTES:
                raise BadRequest("body too large")
            body += self._read_body(str(size))
            self._read_line()

    def _send(self, response, keep):
        plan = response.plan
        if plan.hang_s is not None:
            self._wait_for_peer(plan.hang_s)
            raise Closed
        if plan.delay_s:
            self._pause(plan.delay_s)
        for event in plan.released:
            self._wait_for(event)
        if plan.reset == "before":
            self._reset()
        body = response.body
        length = max(len(body), plan.stream_bytes) + plan.extra_length
        head = self._head(response, length, keep and not plan.close)
        if plan.reset == "after":
            self.sock.sendall(head + body[: len(body) // 2])
            self._reset()
        if plan.cut_bytes is not None:
            body = body[: plan.cut_bytes]
        if plan.chunk_delay_s:
            self.sock.sendall(head)
            self._trickle(body, plan)
        elif plan.stream_bytes > len(body):
            self.sock.sendall(head)
            self._stream(body, plan.stream_bytes)
        else:
            self.sock.sendall(head + body)
        if plan.cut_bytes is not None or plan.extra_length:
            raise Closed

    def _head(self, response, length, keep):
        reason = REASONS.get(response.status, "Status")
        lines = [f"HTTP/1.1 {response.status} {reason}"]
        headers = dict(response.headers)
        headers.setdefault("Date", self.date(response.date_skew_s))
        if response.content_type:
            headers.setdefault("Content-Type", response.content_type)
        headers["Content-Length"] = str(length)
        if not keep:
            headers["Connection"] = "close"
        lines += [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _trickle(self, body, plan):
        step = max(1, plan.chunk_bytes)
        for start in range(0, len(body), step):
            self.sock.sendall(body[start:start + step])
            self._pause(plan.chunk_delay_s)

    def _stream(self, body, size):
        self.sock.sendall(body)
        left = size - len(body)
        block = b" " * 65536
        while left > 0:
            self.sock.sendall(block[: min(left, len(block))])
            left -= min(left, len(block))

    def _pause(self, seconds):
        """A pause that ends at once when the peer goes away."""
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                return
            readable, _, _ = select.select([self.sock], [], [], left)
            if readable and not self._is_alive():
                raise Closed
            if readable:
                time.sleep(min(0.05, left))

    def _wait_for(self, event):
        while not event.wait(0.05):
            if select.select([self.sock], [], [], 0)[0] and not self._is_alive():
                raise Closed

    def _is_alive(self):
        if self.scheme == "https":
            return True     # TLS sockets cannot peek; the next write tells
        try:
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    def _wait_for_peer(self, seconds):
        deadline = time.monotonic() + (seconds or 3600)
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self.sock], [], [], min(0.5, max(0.0, deadline - time.monotonic())))
            if readable:
                self._fill()

    def _reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed

    def _quietly(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass

    def _quietly_close(self):
        try:
            self.sock.close()
        except OSError:
            pass
