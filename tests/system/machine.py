# SPDX-License-Identifier: Apache-2.0
"""A Debian that boots its own systemd: a debootstrap tree under systemd-nspawn. It shares the network of the host, not its services."""

import json
import os
import shutil
import subprocess
import time

PACKAGES = ["systemd", "systemd-sysv", "dbus", "adduser", "python3-minimal", "sqlite3"]
# What the package depends on: dpkg alone installs it then.
LIBRARIES = ["libcjson1", "libcurl4", "libev4", "libexpat1", "libinih1", "libsqlite3-0", "libssl3", "libsystemd0", "libzstd1"]


def mirror():
    """The archive that this machine itself installs from."""
    policy = subprocess.run(["apt-cache", "policy", "libc6"], check=True, capture_output=True, text=True).stdout
    return next(word for word in policy.split() if word.startswith(("http://", "https://")))


def make_tree(path):
    """Once: about a minute. A half-made tree is made again."""
    done = os.path.join(path, "etc", "made")
    if os.path.exists(done):
        return
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(["debootstrap", "--variant=minbase", "--include=" + ",".join(PACKAGES + LIBRARIES), "bookworm", path, mirror()],
                   check=True, stdout=subprocess.DEVNULL)
    with open(done, "w", encoding="utf-8"):
        pass


class Machine:
    def __init__(self, base, path):
        self.path = path
        subprocess.run(["cp", "-a", "--reflink=auto", base, path], check=True)
        self._nspawn = None
        self._leader = None

    def boot(self, timeout=60):
        self._nspawn = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "-D", self.path, "--boot", "--register=no", "--keep-unit", "--console=pipe"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._leader = self._wait(self._find_leader, timeout, "its first process")
        self.wait(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip() in ("running", "degraded"), timeout)

    def _find_leader(self):
        """The first process inside: a child of nspawn, or of its helper, that is number 1 in a namespace of its own."""
        found = subprocess.run(["pgrep", "-P", str(self._nspawn.pid)], capture_output=True, text=True, check=False).stdout.split()
        for pid in found:
            with open(f"/proc/{pid}/status", encoding="utf-8") as status:
                numbers = next(line for line in status if line.startswith("NSpid:")).split()
            if numbers[-1] == "1" and len(numbers) > 2:
                return pid
        return None

    @staticmethod
    def _wait(look, timeout, what):
        deadline = time.monotonic() + timeout
        while not (found := look()):
            assert time.monotonic() < deadline, f"the machine does not show {what}"
            time.sleep(0.05)
        return found

    def wait(self, look, timeout=30):
        return self._wait(look, timeout, "what was waited for")

    def power_off(self):
        if self._nspawn:
            self._nspawn.terminate()
            self._nspawn.wait(30)

    def run(self, *command, check=True, user=None, timeout=120, text_in=None):
        """A command inside; its completed process."""
        enter = ["nsenter", "-t", self._leader, "-a", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"]
        if user:
            enter += ["runuser", "-u", user, "--"]
        done = subprocess.run([*enter, *command], capture_output=True, text=True, timeout=timeout, check=False, input=text_in,
                              stdin=subprocess.DEVNULL if text_in is None else None)
        if check:
            assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}{done.stderr}\n{self.journal()[-6000:]}"
        return done

    def journal(self):
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", "flinkwatch.service", "-u", "flinkwatch.socket", check=False).stdout

    def show(self, unit, *properties):
        """Properties of a unit, as systemd has them."""
        lines = self.run("systemctl", "show", unit, *("-p" + name for name in properties)).stdout.splitlines()
        values = dict(line.split("=", 1) for line in lines)
        return [values[name] for name in properties] if len(properties) > 1 else values[properties[0]]

    def put(self, path, text, mode=0o644):
        full = self.path + path
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, mode)

    def ask(self, *arguments, **options):
        return json.loads(self.run("flinkwatchctl", "--json", *arguments, **options).stdout)
