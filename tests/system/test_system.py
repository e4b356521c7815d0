# SPDX-License-Identifier: Apache-2.0
"""The package on a booted Debian, from its installation to its purge. The tests build on each other, in this order."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from machine import Machine, make_tree  # noqa: E402
from simulator.client import Simulator  # noqa: E402

FOLDER = os.environ["FLINKWATCH_SYSTEM_FOLDER"]

CONFIG = """\
[daemon]
socket_group = flinkwatch

[target main]
region = eu-west-1

[polling]
interval = 5s

[notifier channel]
type = slack
webhook_url_file = /run/credentials/flinkwatch.service/slack_webhook_url
"""

DROP_IN = """\
[Service]
LoadCredential=slack_webhook_url:/etc/flinkwatch/slack_webhook_url
WatchdogSec=5
"""


def document(*path):
    with open(os.path.join(TESTS, os.pardir, *path), encoding="utf-8") as file:
        return file.read()


def of_readme(what):
    """Lines of its shell example that has this in it."""
    return next(block for block in re.findall(r"^```sh\n(.*?)^```", document("README.md"), re.M | re.S) if what in block).splitlines()


def of_backup_page():
    """What root types to back up, and to restore."""
    section = document("man", "flinkwatchd.8").split(".Sh BACKUP AND UPGRADE\n")[1].split("\n.Sh ")[0]
    return [re.sub(r"^# ", "", block.replace("\\e\n", "\\\n"), flags=re.M) for block in re.findall(r"^\.Bd.*?\n(.*?)^\.Ed", section, re.M | re.S)]


@pytest.fixture(scope="module")
def sim():
    with Simulator("demo.json") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def machine(sim):
    tree = os.path.join(FOLDER, "tree")
    make_tree(tree)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        machine = Machine(tree, os.path.join(directory, "root"))
        try:
            machine.boot()
            yield machine
        finally:
            machine.power_off()


def package():
    return next(path for path in glob.glob(os.path.join(FOLDER, "*.deb")) if "dbgsym" not in path)


def install(machine, deb):
    shutil.copy(deb, machine.path + "/var/tmp/flinkwatch.deb")
    machine.run("dpkg", "-i", "/var/tmp/flinkwatch.deb")


def main_pid(machine):
    pid = machine.show("flinkwatch.service", "MainPID")
    assert pid != "0", machine.journal()[-6000:]
    return pid


def process_status(machine, pid):
    return dict(re.findall(r"(\w+):\t(.*)", machine.run("cat", f"/proc/{pid}/status").stdout))


def wait_active(machine, not_pid=None):
    machine.wait(lambda: machine.show("flinkwatch.service", "ActiveState", "SubState") == ["active", "running"]
                 and machine.show("flinkwatch.service", "MainPID") not in ("0", not_pid))


def test_install__no_configuration_yet__nothing_fails(machine):
    install(machine, package())
    assert machine.show("flinkwatch.socket", "ActiveState") == "active"
    assert machine.show("flinkwatch.service", "ActiveState", "ConditionResult") == ["inactive", "no"]
    assert machine.run("systemctl", "--failed", "--plain", "--no-legend").stdout == ""
    assert machine.run("systemctl", "is-enabled", "flinkwatch.service", "flinkwatch.socket").stdout.split() == ["enabled", "enabled"]


def test_install__example_configuration__is_valid(machine):
    machine.run("flinkwatchd", "-c", "/etc/flinkwatch/flinkwatch.conf.example", "--check-config")


def test_start__first_client__starts_the_daemon_and_is_answered(machine, sim):
    machine.put("/etc/flinkwatch/flinkwatch.conf", CONFIG)
    machine.put("/etc/flinkwatch/environment", "".join(f"{k}={v}\n" for k, v in sim.environment().items()), 0o600)
    machine.put("/etc/flinkwatch/slack_webhook_url", sim.url + "/services/T0/B0/system\n", 0o600)
    machine.put("/etc/systemd/system/flinkwatch.service.d/test.conf", DROP_IN)
    machine.run("systemctl", "daemon-reload")
    assert machine.ask("status")["targets"][0]["name"] == "main"
    assert machine.show("flinkwatch.service", "ActiveState", "NotifyAccess") == ["active", "main"]
    machine.wait(lambda: machine.show("flinkwatch.service", "StatusText").startswith("Watching 1 target"))


def test_start__the_example_as_it_is__runs_and_says_what_it_lacks(machine):
    machine.run("systemd-run", "--wait", "-q", "-p", "DynamicUser=yes", "-p", "StateDirectory=example", "-p", "RuntimeDirectory=example",
                "-p", "Group=flinkwatch", "sh", "-c",
                "timeout -s TERM 3 flinkwatchd -c /etc/flinkwatch/flinkwatch.conf.example; [ $? -eq 124 ] || [ $? -eq 0 ]")


def test_credential__webhook_url__reaches_the_receiver(machine, sim):
    sim.wait("deliveries", 1, timeout=60)
    assert sim.deliveries()[0]["path"] == "/services/T0/B0/system"
    assert sim.url not in machine.journal()


def test_sandbox__the_running_process__has_no_rights(machine):
    pid = main_pid(machine)
    status = process_status(machine, pid)
    uid = int(status["Uid"].split()[0])
    assert 61184 <= uid <= 65519, "a dynamic user"
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2"
    for caps in ("CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[caps], 16) == 0
    limits = machine.run("cat", f"/proc/{pid}/limits").stdout
    assert re.search(r"^Max core file size +0 +0 ", limits, re.MULTILINE)
    inside = ["nsenter", "-t", pid, "-m", "--"]
    for path in ("/etc/x", "/usr/x", "/var/lib/x", "/opt/x"):
        assert "Read-only file system" in machine.run(*inside, "touch", path, check=False).stderr
    assert machine.run(*inside, "ls", "/root", check=False).stdout == ""
    assert machine.run("stat", "-c", "%a", "/var/lib/private/flinkwatch").stdout.strip() == "700"
    environment = machine.run("cat", f"/proc/{pid}/environ").stdout
    assert "AWS_SECRET_ACCESS_KEY=" in environment and "simulator-secret" not in environment


def test_socket__group_and_others__are_told_apart(machine):
    for user, groups in (("alice", ["-G", "flinkwatch"]), ("mallory", [])):
        machine.run("useradd", *groups, user)
    assert machine.ask("status", user="alice")["targets"]
    refused = machine.run("flinkwatchctl", "status", user="mallory", check=False)
    assert refused.returncode == 3 and "you may not use it: join its group" in refused.stderr


def test_readme__the_lines_that_start_it__do_so_as_they_stand(machine):
    machine.run("useradd", "bob")
    for line in of_readme("systemctl enable"):
        machine.run("env", "USER=bob", "sh", "-c", line.removeprefix("sudo "))
    assert machine.ask("status", user="bob")["targets"]
    assert machine.show("flinkwatch.service", "UnitFileState", "ActiveState") == ["enabled", "active"]


def test_backup__of_the_page__comes_back(machine):
    save, restore = of_backup_page()
    opened = machine.ask("incidents")[0]
    machine.run("sh", "-e", "-c", save)
    machine.run("flinkwatchctl", "ack", str(opened["id"]))
    assert machine.ask("show", str(opened["id"]))["state"] == "acknowledged"
    machine.run("sh", "-e", "-c", restore)
    wait_active(machine)
    again = machine.ask("show", str(opened["id"]))
    assert again["state"] == "open" and again["opened_at"] == opened["opened_at"]
    mark = machine.ask("status")["targets"][0]["polled_at"]
    machine.wait(lambda: machine.ask("status")["targets"][0]["polled_at"] > mark, timeout=60)


def test_reload__good_configuration__is_taken(machine):
    pid = main_pid(machine)
    machine.put("/etc/flinkwatch/flinkwatch.conf", CONFIG.replace("5s", "6s"))
    machine.run("systemctl", "reload", "flinkwatch")
    machine.wait(lambda: machine.show("flinkwatch.service", "StatusText") == "Watching 1 target, polling every 6 s")
    assert main_pid(machine) == pid


def test_reload__fault_in_the_configuration__fails_and_the_old_one_stays(machine):
    pid = main_pid(machine)
    machine.put("/etc/flinkwatch/flinkwatch.conf", CONFIG.replace("interval", "intervall"))
    assert machine.run("systemctl", "reload", "flinkwatch", check=False).returncode != 0
    assert "did you mean interval" in machine.journal()
    assert machine.show("flinkwatch.service", "ActiveState") == "active" and main_pid(machine) == pid
    machine.put("/etc/flinkwatch/flinkwatch.conf", CONFIG)


def test_daemon_reload__nothing_happens_to_the_daemon(machine):
    pid = main_pid(machine)
    machine.run("systemctl", "daemon-reload")
    assert main_pid(machine) == pid and machine.ask("status")["targets"]


def test_watchdog__stuck_loop__is_restarted(machine):
    pid = main_pid(machine)
    machine.run("sh", "-c", f"kill -STOP {pid}")
    machine.wait(lambda: "Watchdog timeout" in machine.run("journalctl", "--no-pager", "-o", "cat", "_PID=1").stdout, timeout=60)
    wait_active(machine, not_pid=pid)
    assert int(machine.show("flinkwatch.service", "NRestarts")) >= 1
    assert machine.ask("status")["targets"]


def test_restart__clients_meanwhile__wait_instead_of_failing(machine):
    machine.run("sh", "-c", "systemctl restart --no-block flinkwatch; flinkwatchctl --json status >/dev/null")


def test_disk_full__daemon_stays_says_so_and_recovers(machine):
    state = "/var/lib/private/flinkwatch"
    machine.run("systemctl", "stop", "flinkwatch.socket", "flinkwatch.service")
    machine.run("sh", "-c", f"cp -a {state} /var/tmp/kept && mount -t tmpfs -o size=12M,mode=0700 tmpfs {state} && cp -a /var/tmp/kept/. {state}/")
    machine.run("systemctl", "start", "flinkwatch.service")
    before = {incident["id"] for incident in machine.ask("incidents", "--all")}
    machine.run("sh", "-c", f"cat /dev/zero >{state}/filler || true")
    machine.wait(lambda: re.search(r"(full|No space left)", machine.journal()), timeout=60)
    assert machine.show("flinkwatch.service", "ActiveState") == "active"
    assert before <= {incident["id"] for incident in machine.ask("incidents", "--all")}
    machine.run("rm", f"{state}/filler")
    mark = machine.ask("status")["targets"][0]["polled_at"]
    machine.wait(lambda: machine.ask("status")["targets"][0]["polled_at"] > mark, timeout=60)
    machine.run("systemctl", "stop", "flinkwatch.service")
    machine.run("umount", state)
    machine.run("systemctl", "start", "flinkwatch.service")


def test_upgrade__newer_package__keeps_state_and_runs(machine):
    before = {incident["id"]: incident["opened_at"] for incident in machine.ask("incidents", "--all")}
    assert before
    pid = main_pid(machine)
    with tempfile.TemporaryDirectory(dir=FOLDER) as directory:
        subprocess.run(["dpkg-deb", "-R", package(), directory], check=True)
        control = os.path.join(directory, "DEBIAN", "control")
        with open(control, encoding="utf-8") as file:
            text = file.read()
        with open(control, "w", encoding="utf-8") as file:
            file.write(re.sub(r"(?m)^Version: .*$", lambda found: found.group(0) + "+newer", text))
        newer = os.path.join(FOLDER, "newer.deb.tmp")
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", directory, newer], check=True, stdout=subprocess.DEVNULL)
    install(machine, newer)
    os.unlink(newer)
    wait_active(machine, not_pid=pid)
    after = {incident["id"]: incident["opened_at"] for incident in machine.ask("incidents", "--all")}
    assert before.items() <= after.items()


def test_purge__nothing_is_left(machine):
    machine.run("rm", "-r", "/etc/systemd/system/flinkwatch.service.d", "/etc/flinkwatch/slack_webhook_url")
    machine.run("dpkg", "--purge", "flinkwatch")
    left = machine.run("sh", "-c", "ls -d /etc/flinkwatch /var/lib/flinkwatch /var/lib/private/flinkwatch /run/flinkwatch "
                       "/etc/systemd/system/*/flinkwatch* 2>/dev/null", check=False).stdout
    assert left == ""
    assert machine.run("systemctl", "--failed", "--plain", "--no-legend").stdout == ""
