# SPDX-License-Identifier: Apache-2.0
"""Each command that README.md and the man pages show, run as it is printed against a daemon with demo data: exit 0 or what is documented."""

import glob
import os
import re
import select
import shlex
import signal
import subprocess

import pytest

from harness import BUILD, TIMEOUT

SRC = os.environ.get("FLINKWATCH_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir))
PROGRAM = re.compile(r"(?<![\w./-])(?:/usr/local/bin/)?flinkwatch(?:ctl|d)(?= |$)")

AWS = """#!/bin/sh
cat <<'END'
{"events": [{"timestamp": 1768359600000, "message": "{\\"message\\":\\"Source: orders -> Parse (1/4) switched from RUNNING to FAILED\\"}"}]}
END
"""


def joined(lines, continuation):
    """Lines that end in the continuation, or in a pipe, go on in the next one."""
    whole = ""
    for line in lines:
        whole += line.strip()
        if whole.endswith(continuation):
            whole = whole[:-len(continuation)] + " "
        elif not whole.endswith("|"):
            yield whole
            whole = ""


def of_readme(text):
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S):
        yield from joined(block.splitlines(), "\\")
    # In running text: with an argument it is a command, without it is a name.
    yield from re.findall(r"`(flinkwatch(?:ctl|d) [^`]+)`", text)


def of_page(text):
    for block in re.findall(r"^\.Bd.*?\n(.*?)^\.Ed", text, re.M | re.S):
        yield from joined([line for line in block.splitlines() if not line.startswith(".")], "\\e")
    yield from re.findall(r"^\.(?:Dl|Ic) (.*)$", text, re.M)


def documented():
    found = []
    with open(os.path.join(SRC, "README.md"), encoding="utf-8") as file:
        found += [("README.md", line) for line in of_readme(file.read())]
    for path in sorted(glob.glob(os.path.join(SRC, "man", "*.[1578]"))):
        with open(path, encoding="utf-8") as file:
            found += [(os.path.basename(path), line) for line in of_page(file.read())]
    for where, line in found:
        line = re.sub(r"^(\$ |command_line )", "", line.replace("\\-", "-").replace("\\e", "\\").strip())
        if (PROGRAM.search(line) or "UNIX-CONNECT:" in line) and not line.startswith(("sudo ", "ExecStart", "#", "(")):
            yield where, line


class Shell:
    """Runs lines in a folder of their own, with the programs in the way and the names of the pages put in place of the real ones."""

    def __init__(self, daemon, folder, incident):
        self.daemon, self.folder, self.incident = daemon, str(folder), str(incident)
        self.other = os.path.join(self.folder, "other.conf")  # of a second daemon
        with open(self.other, "w", encoding="utf-8") as file:
            file.write(daemon.config.replace(daemon.state, daemon.state + "-2").replace(f"socket = {daemon.socket}", f"socket = {daemon.socket}2"))
        with open(os.path.join(self.folder, "new.conf"), "w", encoding="utf-8") as file:
            file.write(daemon.config)
        with open(os.path.join(self.folder, "aws"), "w", encoding="utf-8") as file:
            file.write(AWS)
        os.chmod(os.path.join(self.folder, "aws"), 0o755)
        self.environment = {**daemon.environment, "PATH": f"{self.folder}:{BUILD}:{os.environ['PATH']}", "FLINKWATCH_SOCKET": daemon.socket, "HOME": self.folder, "TERM": "dumb",
                            "LC_ALL": "C.UTF-8"}

    def place(self, line):
        line = line.replace("/usr/local/bin/", "")
        line = re.sub(r"--socket \S+", f"--socket {shlex.quote(self.daemon.socket)}", line)
        line = re.sub(r"UNIX-CONNECT:\S+", f"UNIX-CONNECT:{shlex.quote(self.daemon.socket)}", line)
        line = re.sub(r"-c (FILE|\S*flinkwatch\.conf)", f"-c {shlex.quote(self.other)}", line)
        line = re.sub(r"\b(show|report|ack) \d+", rf"\1 {self.incident}", line)
        return line.replace("prod-eu", "prod").rstrip("& ")

    def run(self, line):
        command = self.place(line)
        if "--follow" in command or "--watch" in command:
            return self.watch(command)
        if re.match(r"flinkwatchd -c \S+$", command):
            return self.serve(command)
        done = subprocess.run(["sh", "-c", command], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=3 * TIMEOUT, check=False, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout + done.stderr

    def watch(self, command):
        """What goes on until it is interrupted: it has to say something first."""
        with subprocess.Popen(["sh", "-c", "exec " + command], cwd=self.folder, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            ready = select.select([process.stdout], [], [], TIMEOUT)[0]
            text = os.read(process.stdout.fileno(), 65536).decode() if ready else ""
            running = process.poll() is None
            process.kill()
        return 0 if running and text else 1, text

    def serve(self, command):
        with subprocess.Popen(shlex.split(command), cwd=self.folder, env=self.environment, stderr=subprocess.PIPE) as process:
            text = ""
            while "watches" not in text and select.select([process.stderr], [], [], TIMEOUT)[0]:
                piece = os.read(process.stderr.fileno(), 65536).decode()
                text += piece
                if not piece:
                    break
            process.terminate()
            process.stderr.read()
            return process.wait(TIMEOUT), text


def allowed(line):
    if "--exit-code" in line:
        return {0, 1, 2, 3}
    # 1: it has found a fault, as its page says.
    return {0, 1} if re.search(r"\bdoctor\b", line) else {0}


@pytest.mark.scenario("demo.json")
def test_commands__of_the_pages__do_what_they_say(sim, daemon, tmp_path):
    lines = list(dict.fromkeys(documented()))
    assert len(lines) >= 30 and len({where for where, _ in lines}) >= 4
    daemon.start()
    sim.wait("deliveries", 2, timeout=60)
    daemon.wait_log(r"poll finished")
    incident = next(i["id"] for i in daemon.incidents() if i["application"] == "payments")
    folder = tmp_path / "shell"
    folder.mkdir()
    shell = Shell(daemon, folder, incident)
    failed = []
    for where, line in lines:
        code, text = shell.run(line)
        if code not in allowed(line):
            failed.append(f"{where}: {line}\n  run as: {shell.place(line)}\n  exit {code}: {text[-600:]}")
    assert not failed, "\n".join(failed)
    print(f"{len(lines)} commands")


def heed_interrupts():
    """A shell has those of its background ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_demo__of_the_readme__shows_both_incidents_and_stays_when_told(tmp_path):
    """What ./scripts/demo does once all is built; it prints itself how to talk to it."""
    lines = []
    demo = subprocess.Popen(["/usr/bin/python3", "-B", os.path.join(SRC, "scripts", "demo_run.py"), os.path.abspath(BUILD), "--keep"], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, env={**os.environ, "TMPDIR": str(tmp_path)}, text=True, preexec_fn=heed_interrupts)
    try:
        while not lines or "Ctrl-C ends both" not in lines[-1]:
            lines.append(demo.stdout.readline())
            assert lines[-1], "".join(lines)
        text = "".join(lines)
        command = re.search(r"It runs on: (.*)", text).group(1)
        again = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=TIMEOUT, check=False)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(TIMEOUT) == 0, demo.stdout.read()
    finally:
        demo.kill()
        demo.wait()
        demo.stdout.close()
    assert again.returncode == 0 and again.stdout.startswith("CRITICAL: 1 critical, 1 warning in 4 applications"), again
    for part in ("starting flinkwatchd", "flinkwatchctl status", "flinkwatchctl incidents", "flinkwatchctl show", "flinkwatchctl history", "received by slack", "received by sns"):
        assert f"== {part}" in text, part
    assert "NumberFormatException in ParseOrder" in text and os.listdir(tmp_path) == []


def helped(*command):
    """What --help says of a command: names at the margin of each list."""
    text = subprocess.run([os.path.join(BUILD, "flinkwatchctl"), *command, "--help"], capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout
    return re.findall(r"^  ([a-z][a-z-]+)(?= )", text, re.M), set(re.findall(r"^  --([a-z-]+)", text, re.M))


def test_page_of_the_client__names_each_command_and_option():
    with open(os.path.join(SRC, "man", "flinkwatchctl.1"), encoding="utf-8") as file:
        synopsis, described = file.read().split(".Sh DESCRIPTION", 1)
    commands, of_all = helped()
    forms = {}
    for form in synopsis.split(".Nm flinkwatchctl\n")[1:]:
        name = re.match(r"\.Cm (\S+)", form)
        forms.setdefault(name and name.group(1), []).append(form)
    assert len(commands) >= 19 and set(forms) - {None} == set(commands)
    for name in commands:
        assert re.search(rf"^\.It Cm {name}\b", described, re.M), name
        own = helped(name)[1] - of_all
        named = set(re.findall(r"Fl -([a-z-]+)", "".join(forms[name])))
        assert named == own, name
    assert {option for option in of_all if f".It Fl -{option}" not in described} == set()
