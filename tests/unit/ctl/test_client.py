# SPDX-License-Identifier: Apache-2.0
"""The real flinkwatchctl against a daemon that is played: what it asks, what it prints, how it exits."""

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import pytest

BUILD = os.path.abspath(os.environ.get("FLINKWATCH_BUILDDIR", "."))
SRC = os.environ.get("FLINKWATCH_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), *[os.pardir] * 3))
CTL = os.path.join(BUILD, "flinkwatchctl")
GOLDEN = os.path.join(SRC, "tests", "golden", "ctl")


def golden(name):
    with open(os.path.join(GOLDEN, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


class Daemon:
    """Answers each request line with what `answer(request)` gives: bytes pieces to send, or None to close at once."""

    def __init__(self, path, answer):
        self.path, self.answer, self.requests, self.fault = path, answer, [], None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(8)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self.serve(connection)

    def serve(self, connection):
        self.requests.append(json.loads(connection.makefile("rb").readline()))
        try:
            pieces = self.answer(self.requests[-1]) or []
        except Exception as fault:  # pylint: disable=broad-except
            self.fault = fault
            return
        with contextlib.suppress(OSError):
            for piece in pieces:
                connection.sendall(piece)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        assert self.fault is None, self.fault


def result(value):
    return lambda request: [json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": value}).encode() + b"\n"]


def error(code, message):
    return lambda request: [json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}).encode() + b"\n"]


@pytest.fixture
def daemon(tmp_path):
    started = []

    def start(answer):
        started.append(Daemon(str(tmp_path / f"{len(started)}.sock"), answer))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def environment(**changes):
    kept = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS") or key == "PATH"}
    return {**kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **changes}


def ctl(*arguments, env=None, **options):
    return subprocess.run([CTL, *arguments], env=environment(**(env or {})), capture_output=True, text=True, timeout=60, check=False, **options)


def own_terminal():
    """The standard input becomes the controlling terminal: its keys and its size send signals. A shell has those of its background ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """flinkwatchctl on a terminal of its own."""

    def __init__(self, *arguments, rows=40, columns=100, **env):
        self.text = b""
        self.ours, theirs = pty.openpty()
        self.resize(rows, columns)
        self.process = subprocess.Popen([CTL, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment(**{"TERM": "xterm", **env}),
                                        start_new_session=True, preexec_fn=own_terminal)
        os.close(theirs)

    def resize(self, rows, columns):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, key):
        os.write(self.ours, key)

    def read_until(self, wanted, timeout=30, times=1):
        end = time.monotonic() + timeout
        while wanted is None or self.text.count(wanted) < times:
            if not select.select([self.ours], [], [], max(0, end - time.monotonic()))[0]:
                self.process.kill()
                raise AssertionError(f"{wanted!r} did not come: {self.text!r}")
            try:
                piece = os.read(self.ours, 65536)
            except OSError:
                piece = b""
            if not piece:
                assert wanted is None, f"{wanted!r} did not come: {self.text!r}"
                break
            self.text += piece
        return self.text

    def finish(self, keep=False):
        """The exit status and all that came; keep: the terminal stays, to be looked at."""
        self.read_until(None)
        code = self.process.wait(30)
        if not keep:
            os.close(self.ours)
        return code, self.text.decode()


def test_nothing_there__exits_3_and_says_what_to_do(tmp_path):
    path = str(tmp_path / "none.sock")
    done = ctl("--socket", path, "status")
    assert done.returncode == 3 and done.stdout == ""
    assert path in done.stderr and "is the service running?" in done.stderr


def test_nobody_listens__exits_3(tmp_path):
    path = str(tmp_path / "dead.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    done = ctl("--socket", path, "incidents")
    assert done.returncode == 3
    assert "nobody answers there" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_no_right__exits_3_and_names_the_group(tmp_path, daemon):
    one = daemon(result([]))
    os.chmod(one.path, 0o600)
    for folder in (tmp_path, *tmp_path.parents):
        if os.stat(folder).st_uid == 0 and folder != tmp_path.root:
            with contextlib.suppress(OSError):
                os.chmod(folder, os.stat(folder).st_mode | 0o011)
    try:
        done = ctl("--socket", one.path, "incidents", user=65534, group=65534, extra_groups=[])
    except PermissionError:
        pytest.skip("the build folder is closed to others")
    assert done.returncode == 3
    assert "usermod -aG flinkwatch" in done.stderr


def test_too_long_a_path__exits_3():
    done = ctl("--socket", "/" + "x" * 200, "status")
    assert done.returncode == 3
    assert "longer than 107 bytes" in done.stderr


def test_closed_before_the_answer__exits_3(daemon):
    done = ctl("--socket", daemon(lambda request: None).path, "status")
    assert done.returncode == 3
    assert "closed the connection before it had answered" in done.stderr
    done = ctl("--socket", daemon(lambda request: [b'{"jsonrpc":"2.0","id":1,"result":[']).path, "incidents")
    assert done.returncode == 3


@pytest.mark.parametrize("command, times", [(("incidents",), 2), (("ack", "7"), 1)], ids=["what reads", "what changes"])
def test_closed_before_the_answer__what_reads_is_asked_again(daemon, command, times):
    """A daemon that is restarted closes what it has not answered."""
    restarted = daemon(lambda request: result([])(request) if len(restarted.requests) > 1 else None)
    done = ctl("--socket", restarted.path, "--json", *command)
    assert len(restarted.requests) == times
    assert done.returncode == (0 if times > 1 else 3), done


@pytest.mark.parametrize("line", [b"HTTP/1.1 400 Bad Request\r\n", b"{}\n", b"[]\n", b"null\n", b"\xff\xfe\n", b'{"jsonrpc":"2.0"}\n'])
def test_another_language__exits_3(daemon, line):
    done = ctl("--socket", daemon(lambda request: [line]).path, "status")
    assert done.returncode == 3
    assert "is it the right socket?" in done.stderr


def test_error_of_the_daemon__exits_1_with_its_words_made_harmless(daemon):
    done = ctl("--socket", daemon(error(-32002, "there is no incident 9\x1b[2J\x07")).path, "show", "9")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "flinkwatchctl: there is no incident 9 [2J \n"


def test_usage__exits_2_and_asks_nobody(daemon):
    one = daemon(result([]))
    for arguments in (["show"], ["incidents", "--nope"], ["frobnicate"], [], ["status", "--watch", "--json"]):
        done = ctl("--socket", one.path, *arguments)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("flinkwatchctl: ") and done.stdout == ""
    assert one.requests == []


def test_request__is_json_rpc_with_the_options_as_parameters(daemon):
    one = daemon(result([]))
    assert ctl("--socket", one.path, "--target", "prod", "incidents", "--all", "--app", "or*", "--diagnoser", "restart_loop").returncode == 0
    assert one.requests == [{"jsonrpc": "2.0", "id": 1, "method": "incidents",
                             "params": {"target": "prod", "all": True, "app": "or*", "diagnoser": "restart_loop"}}]


def test_socket__of_the_environment__is_used_and_the_option_goes_before(daemon, tmp_path):
    one = daemon(result([]))
    assert ctl("incidents", env={"FLINKWATCH_SOCKET": one.path}).returncode == 0
    assert ctl("--socket", one.path, "incidents", env={"FLINKWATCH_SOCKET": str(tmp_path / "no")}).returncode == 0
    assert len(one.requests) == 2


@pytest.mark.parametrize("command,name", [(["incidents"], "incidents-some"), (["show", "17"], "show-open"), (["status"], "status-busy"), (["apps"], "apps-some"),
                                          (["metrics", "--app", "a"], "metrics-some"), (["history", "--app", "a", "--metric", "m"], "history-day")])
def test_json__is_the_result_and_one_document(daemon, command, name):
    done = ctl("--socket", daemon(result(golden(name))).path, "--json", *command)
    assert done.returncode == 0
    assert json.loads(done.stdout) == golden(name)
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n")


def test_json__of_format_json__is_the_same(daemon):
    one = daemon(result(golden("history-day")))
    text = ctl("--socket", one.path, "history", "--app", "a", "--metric", "m", "--format", "json").stdout
    assert json.loads(text) == golden("history-day")
    assert "step" not in one.requests[0]["params"]


def test_json__keeps_hostile_text_harmless(daemon):
    value = [{"title": "\x9b31m \x7f \u202e \x1b[2J"}]
    done = ctl("--socket", daemon(result(value)).path, "--json", "incidents")
    assert json.loads(done.stdout) == value
    assert all(" " <= character < "\x7f" for character in done.stdout.rstrip("\n"))


def test_answer_in_crumbs_and_megabytes__is_read_whole(daemon):
    big = [{"id": i, "title": "x" * 1000} for i in range(4000)]
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "result": big}).encode() + b"\n"
    pieces = [text[i:i + 1] for i in range(300)] + [text[300:]]
    done = ctl("--socket", daemon(lambda request: pieces).path, "--json", "incidents")
    assert len(json.loads(done.stdout)) == 4000


@pytest.mark.parametrize("name,code", [("status-busy", 2), ("status-calm", 0), ("status-new", 3)])
def test_exit_code__is_for_nagios_only_when_asked(daemon, name, code):
    value = golden(name)
    for target in value["targets"]:
        if target["error"] is None and target["polled_at"]:
            target["polled_at"] = "2099-01-01T00:00:00Z"
    one = daemon(result(value))
    done = ctl("--socket", one.path, "status", "--exit-code")
    assert done.returncode == code
    assert done.stdout.split(":")[0] == {0: "OK", 2: "CRITICAL", 3: "UNKNOWN"}[code]
    assert ctl("--socket", one.path, "--json", "status", "--exit-code").returncode == code
    assert ctl("--socket", one.path, "status").returncode == 0


def test_exit_code__without_a_daemon__is_unknown(tmp_path, daemon):
    done = ctl("--socket", str(tmp_path / "no"), "status", "--exit-code")
    assert done.returncode == 3 and done.stdout.startswith("UNKNOWN: ") and "there is no such socket" in done.stderr
    assert ctl("--socket", daemon(error(-32603, "broken")).path, "status", "--exit-code").returncode == 3


def test_piped__has_no_colour_and_no_width(daemon):
    text = ctl("--socket", daemon(result(golden("incidents-some"))).path, "incidents").stdout
    assert "\x1b" not in text
    assert "billing-archive-of-the-year-2025" in text


def test_terminal__has_colours_unless_refused(daemon):
    one = daemon(result(golden("incidents-some")))
    code, text = Terminal("--socket", one.path, "incidents").finish()
    assert code == 0 and "\x1b[1;31mcritical\x1b[0m" in text
    for arguments, env in ((["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"}), (["--json"], {})):
        code, text = Terminal("--socket", one.path, *arguments, "incidents", **env).finish()
        assert code == 0 and "\x1b" not in text, (arguments, env)


def test_terminal__is_filled_to_its_width_and_no_further(daemon):
    one = daemon(result(golden("incidents-some")))
    for columns in (60, 80, 132):
        _, text = Terminal("--socket", one.path, "--no-color", "incidents", columns=columns).finish()
        assert max(len(line.rstrip("\r")) for line in text.split("\n")) <= columns
        assert "SEVERITY" in text
    _, text = Terminal("--socket", one.path, "--no-color", "incidents", columns=200, COLUMNS="60").finish()
    assert max(len(line.rstrip("\r")) for line in text.split("\n")) <= 60


@pytest.mark.parametrize("look,columns,options", [("80-colour", 80, []), ("200-colour", 200, []), ("80", 80, ["--no-color"]), ("200", 200, ["--no-color"])])
def test_backtest__on_a_terminal__says_how_far_it_is_and_wipes_it_out(daemon, look, columns, options):
    applications = [{"name": name, "target": "prod"} for name in ("orders", "payments", "clicks")]
    replayed = []

    def answer(request):
        if request["method"] == "backtest":
            replayed.append(request["params"]["app"])
        return result(applications if request["method"] == "apps" else [])(request)

    path = daemon(answer).path
    code, text = Terminal("--socket", path, *options, "backtest", columns=columns).finish()
    expected = ""
    for name in ("backtest-progress", f"backtest-none.{look}"):
        with open(os.path.join(GOLDEN, name + ".txt"), encoding="utf-8", newline="") as file:
            expected += file.read()
    assert code == 0 and replayed == ["orders", "payments", "clicks"]
    assert text.replace("\r\n", "\n") == expected


def test_locale_without_utf8__gets_ascii(daemon):
    done = subprocess.run([CTL, "--socket", daemon(result(golden("history-day"))).path, "history", "--app", "a", "--metric", "m", "--format", "plot"],
                          env=environment(LC_ALL="C"), capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.isascii() and b"####" in done.stdout


def test_plot__asks_for_a_step_that_fits(daemon):
    one = daemon(result(golden("history-day")))
    ctl("--socket", one.path, "history", "--app", "a", "--metric", "m", "--format", "plot", "--since", "24h", env={"COLUMNS": "80"})
    assert one.requests[-1]["params"]["step"] == 22 * 60
    ctl("--socket", one.path, "history", "--app", "a", "--metric", "m", "--since", "14d")
    assert one.requests[-1]["params"]["step"] == 2 * 3600
    ctl("--socket", one.path, "history", "--app", "a", "--metric", "m", "--since", "14d", "--step", "1m")
    assert one.requests[-1]["params"]["step"] == "1m"
    ctl("--socket", one.path, "history", "--app", "a", "--metric", "m", "--format", "csv", "--since", "14d")
    assert "step" not in one.requests[-1]["params"]


def test_pager__takes_long_output_on_a_terminal_only(daemon, tmp_path):
    pager = tmp_path / "pager"
    pager.write_text("#!/bin/sh\necho \"PAGER $1\"\ncat\n")
    pager.chmod(0o755)
    one = daemon(result(golden("incidents-some")))
    for rows, arguments, is_paged in ((3, [], True), (40, [], False), (3, ["--no-pager"], False), (3, ["--json"], False)):
        code, text = Terminal("--socket", one.path, *arguments, "incidents", rows=rows, PAGER=f"{pager}  -x").finish()
        assert code == 0 and ("PAGER -x" in text) == is_paged, (rows, arguments)
        assert "restart_loop" in text or "Restart loop" in text
    code, text = Terminal("--socket", one.path, "incidents", rows=3, PAGER="/nowhere/pager").finish()
    assert code == 0 and "Restart loop" in text
    assert "PAGER" not in ctl("--socket", one.path, "incidents", env={"PAGER": str(pager)}).stdout


def test_pager__that_ends_early__is_no_failure(daemon):
    one = daemon(result([dict(golden("show-open"), id=i) for i in range(3000)]))
    code, _ = Terminal("--socket", one.path, "incidents", rows=10, PAGER="true").finish()
    assert code == 0


def test_watch__draws_again_in_place_until_interrupted(daemon):
    seen = []

    def answer(request):
        seen.append(request)
        calm = golden("status-calm")
        calm["daemon"]["pid"] = len(seen)
        return result(calm)(request)

    terminal = Terminal("--socket", daemon(answer).path, "status", "--watch", "--interval", "1s", rows=24)
    terminal.read_until(b"pid 2,")
    terminal.process.send_signal(signal.SIGINT)
    code, text = terminal.finish()
    assert code == 0
    assert text.startswith("\x1b[?1049h") and text.rstrip().endswith("\x1b[?1049l")
    assert text.count("\x1b[H") == len(seen)


def frames(text):
    """What a watch has drawn, frame by frame, without colours."""
    return [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame) for frame in text.split("\x1b[H")[1:]]


def test_watch__terminal_gets_another_size__is_drawn_anew_at_once(daemon):
    """The interval is an hour: nothing but the new size makes it draw."""
    terminal = Terminal("--socket", daemon(result(golden("status-busy"))).path, "status", "--watch", "--interval", "1h", rows=60, columns=160)
    terminal.read_until(b"\x1b[J")
    terminal.resize(20, 80)
    terminal.read_until(b"\x1b[J", times=2)
    terminal.press(b"\x03")
    code, text = terminal.finish()
    wide, narrow = frames(text)
    assert code == 0
    assert max(map(len, wide.splitlines())) > 100 and wide.count("\n") > 25
    assert max(map(len, narrow.splitlines())) <= 80 and narrow.count("\n") == 19


@pytest.mark.parametrize("is_silent", [False, True], ids=["between two frames", "while the daemon says nothing"])
def test_watch__interrupted_by_its_key__leaves_the_terminal_as_it_was(daemon, is_silent):
    asked, over = threading.Event(), threading.Event()

    def answer(request):
        asked.set()
        if is_silent:
            over.wait(60)
        return result(golden("status-calm"))(request)

    terminal = Terminal("--socket", daemon(answer).path, "status", "--watch", "--interval", "1h", rows=24)
    before = termios.tcgetattr(terminal.ours)
    assert asked.wait(30)
    if not is_silent:
        terminal.read_until(b"\x1b[J")
    terminal.press(b"\x03")
    code, text = terminal.finish(keep=True)
    over.set()
    assert code == 0
    assert text.startswith("\x1b[?1049h\x1b[?25l") and text.endswith("\x1b[0m\x1b[?25h\x1b[?1049l")
    assert termios.tcgetattr(terminal.ours) == before
    os.close(terminal.ours)


def following(wait):
    """One event at once, and the next when it is waited for."""
    def answer(request):
        events = [dict(golden("events-some")[0], id=request["params"].get("after", 0) + 1)]
        if request["params"].get("follow"):
            wait()
        return result(events)(request)
    return answer


def test_follow__interrupted_by_its_key__ends_and_leaves_the_terminal_as_it_was(daemon):
    over = threading.Event()
    terminal = Terminal("--socket", daemon(following(lambda: over.wait(60))).path, "events", "--follow", rows=5)
    before = termios.tcgetattr(terminal.ours)
    terminal.read_until(b"\n")
    terminal.press(b"\x03")
    code, text = terminal.finish(keep=True)
    over.set()
    assert code == -signal.SIGINT and "flinkwatchctl:" not in text
    assert termios.tcgetattr(terminal.ours) == before
    os.close(terminal.ours)


def test_follow__reader_has_gone__ends_quietly(daemon):
    gone = threading.Event()
    with subprocess.Popen([CTL, "--socket", daemon(following(lambda: gone.wait(60))).path, "--json", "events", "--follow"], env=environment(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        assert json.loads(process.stdout.readline())["id"] == 1
        process.stdout.close()
        gone.set()
        assert process.wait(30) == -signal.SIGPIPE
        assert process.stderr.read() == ""


def test_watch__without_a_daemon__says_so_and_goes_on(tmp_path, daemon):
    terminal = Terminal("--socket", str(tmp_path / "0.sock"), "status", "--watch", "--interval", "1s")
    terminal.read_until(b"is the service running?")
    daemon(result(golden("status-calm")))
    terminal.read_until(b"NOTIFIER")
    terminal.process.terminate()
    assert terminal.finish()[0] == 0


def test_output_that_cannot_be_written__exits_1(daemon):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([CTL, "--socket", daemon(result(golden("incidents-some"))).path, "incidents"], env=environment(), stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "could not be written" in done.stderr


def test_csv__is_for_spreadsheets(daemon):
    text = ctl("--socket", daemon(result(golden("history-day"))).path, "history", "--app", "a", "--metric", "m", "--format", "csv").stdout
    lines = text.splitlines()
    assert lines[0] == "time,value"
    assert lines[1:] == [f"{at},{value}" for at, value in golden("history-day")["points"]]


def test_operate__poll_and_reload__tell_what_was_done(daemon):
    one = daemon(lambda request: result({"started": True, "target": request["params"].get("target")})(request))
    done = ctl("--socket", one.path, "poll", "--now", "prod")
    assert done.returncode == 0 and "Polling prod." in done.stdout
    assert one.requests[0]["params"] == {"now": True, "target": "prod"}
    assert "Polling every target." in ctl("--socket", one.path, "poll", "--now").stdout
    denied = ctl("--socket", daemon(error(-32001, "reload changes things and you may only read")).path, "reload")
    assert denied.returncode == 1 and "you may only read" in denied.stderr


def test_doctor__each_line__is_shown_as_it_comes(daemon):
    lines = golden("doctor-faults")
    shown = threading.Event()

    def answer(request):
        yield json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": []}).encode()[:-2] + json.dumps(lines[0]).encode()
        assert shown.wait(30), "the first line was kept back"
        yield b"," + json.dumps(lines[1:]).encode()[1:-1] + b"]}\n"

    one = daemon(answer)
    with subprocess.Popen([CTL, "--socket", one.path, "doctor", "prod"], stdout=subprocess.PIPE, env=environment(), text=True) as process:
        head = [process.stdout.readline(), process.stdout.readline()]
        shown.set()
        text = "".join(head) + process.stdout.read()
    with open(os.path.join(GOLDEN, "doctor-faults.pipe.txt"), encoding="utf-8") as file:
        assert text == file.read()
    assert process.returncode == 1
    assert one.requests[0]["method"] == "doctor" and one.requests[0]["params"] == {"target": "prod"}


@pytest.mark.parametrize("name,code", [("doctor-faults", 1), ("doctor-fine", 0)])
def test_doctor__faults__are_its_exit_status(daemon, name, code):
    for arguments in ([], ["--json"]):
        done = ctl("--socket", daemon(result(golden(name))).path, *arguments, "doctor")
        assert done.returncode == code
    assert json.loads(done.stdout) == golden(name)


def test_doctor__breaks_off__exits_3_with_what_came(daemon):
    line = golden("doctor-fine")[0]
    done = ctl("--socket", daemon(lambda request: [b'{"jsonrpc":"2.0","id":1,"result":[' + json.dumps(line).encode()]).path, "doctor")
    assert done.returncode == 3 and line["text"] in done.stdout and "before it had answered" in done.stderr


@pytest.mark.parametrize("name", ["iam-policy-one", "iam-policy-two"])
def test_iam_policy__json__is_one_document_of_all_statements(daemon, name):
    one = daemon(result(golden(name)))
    done = ctl("--socket", one.path, "--target", "prod", "--json", "iam-policy")
    assert done.returncode == 0 and one.requests[0]["method"] == "iam-policy" and one.requests[0]["params"] == {"target": "prod"}
    policy = json.loads(done.stdout)
    sids = [statement.pop("Sid", None) for statement in policy["Statement"]]
    assert policy == {"Version": "2012-10-17", "Statement": [s for d in golden(name) for s in d["policy"]["Statement"]]}
    assert sids == {"iam-policy-one": [None, None],
                    "iam-policy-two": ["DefaultCredentials1", "RoleArnAwsIam111122223333RoleFlinkwatch1"]}[name]


def test_iam_policy__of_one_identity__can_be_used_as_it_is(daemon):
    done = ctl("--socket", daemon(result(golden("iam-policy-one"))).path, "iam-policy")
    assert done.returncode == 0 and json.loads(done.stdout) == golden("iam-policy-one")[0]["policy"]


def test_help_and_version__need_no_daemon():
    assert ctl("--version").stdout.startswith("flinkwatchctl ")
    text = ctl("--help").stdout
    for command in ("status", "apps", "incidents", "show ID", "history", "metrics", "ack ID", "silence", "silences", "unsilence ID", "poll", "reload"):
        assert f"\n  {command}" in text
    assert "--diagnoser" in ctl("incidents", "--help").stdout


@pytest.mark.parametrize("shell,name", [("bash", "flinkwatchctl"), ("zsh", "_flinkwatchctl"), ("fish", "flinkwatchctl.fish")])
def test_completion__in_the_tree__is_the_one_of_the_command_table(shell, name):
    with open(os.path.join(SRC, "contrib", "completions", name), encoding="utf-8") as file:
        assert ctl("--completion", shell).stdout == file.read()


def test_completion__in_bash__offers_what_fits(daemon, tmp_path):
    one = daemon(lambda request: result(golden({"apps": "apps-some", "incidents": "incidents-some"}[request["method"]]))(request))
    script = f"""
PATH={BUILD}:$PATH
. {SRC}/contrib/completions/flinkwatchctl
for words in "$@"; do
    read -ra COMP_WORDS <<< "$words"
    [[ $words == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMPREPLY=()
    _flinkwatchctl
    echo "${{COMPREPLY[*]}}"
done
"""
    lines = ["flinkwatchctl his", "flinkwatchctl history --app ", "flinkwatchctl show 1", "flinkwatchctl history --format p", "flinkwatchctl --target ",
             "flinkwatchctl incidents --a"]
    done = subprocess.run(["bash", "-c", script, "bash", *lines], env=environment(FLINKWATCH_SOCKET=one.path), capture_output=True, text=True, timeout=60,
                          check=False, cwd=tmp_path)
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["history", "billing-archive-of-the-year-2025 orders payments", "12 1234 17", "plot", "prod-eu prod-us", "--all --app"]
