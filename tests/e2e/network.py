# SPDX-License-Identifier: Apache-2.0
"""What stands between a program and the services: certificates, and a proxy through which their real names are reached."""

import os
import socket
import ssl
import subprocess
import threading

from exchange import REGION

SERVICES = ("monitoring", "kinesisanalytics", "logs", "sns", "sts")
HOSTS = [f"{service}.{REGION}.amazonaws.com" for service in (*SERVICES, "portal.sso")]
NAMES = [*(f"DNS:{host}" for host in HOSTS), "IP:127.0.0.1"]


def make_certificate(directory, names):
    base = os.path.join(directory, "certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(names), "-keyout", base + ".key", "-out", base + ".pem"],
                   check=True, capture_output=True)
    return base + ".pem", base + ".key"


class ConnectProxy:
    """Answers CONNECT for any host with a tunnel to one address; with a certificate it is itself spoken to over TLS."""

    def __init__(self, port, certificate=None):
        self.port = port
        self.asked = []
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.sock.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b""
        if self.context:
            try:
                client = self.context.wrap_socket(client, server_side=True)
            except OSError:
                return client.close()
        while b"\r\n\r\n" not in head:
            data = client.recv(4096)
            if not data:
                return client.close()
            head += data
        method, target, _ = head.decode("latin-1").split(" ", 2)
        self.asked.append(target)
        if method != "CONNECT":
            client.sendall(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        server = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=self._pipe, args=(server, client), daemon=True).start()
        self._pipe(client, server)
        return None

    @staticmethod
    def _pipe(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for sock in (source, sink):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)    # wakes the thread that waits in accept()
        except OSError:
            pass
        self.sock.close()
