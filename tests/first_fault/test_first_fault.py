# SPDX-License-Identifier: Apache-2.0
"""The corpus of first faults as a test; its accuracy is printed where `make check` runs."""
import json
import os
import subprocess
from pathlib import Path

from flinklog import Log, ex, wrapped
from run_cases import run

PROGRAM = str(Path(os.environ.get("FLINKWATCH_BUILDDIR", ".")) / "flinkwatchctl")


def explain(*arguments, text=""):
    environment = {**os.environ, "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run([PROGRAM, "--no-color", "explain", *arguments], input=text, capture_output=True, text=True, timeout=60, check=False, env=environment)


def failing_log():
    log = Log("1.20").healthy(120)
    log.failed(130, "Source: orders", 3, 4, 0, wrapped(ex("java.lang.NumberFormatException", 'For input string: "x" password=hunter2', "com.acme.Parse.map(Parse.java:3)")))
    log.restart(130.1)
    return log.loop(145, 5).document()


def tell(text):
    """Past the log of the test, to whoever runs it."""
    print(text)
    try:
        os.write(9, (text + "\n").encode())
    except OSError:
        pass


def test_each_verdict_is_as_written_down():
    n, failures, n_rule = run()
    tell(f"first_fault: {n - len(failures)} of {n} verdicts as written down ({100 * (n - len(failures)) / n:.1f} %), {n_rule} times an effect named as the cause")
    for name, wrong in failures:
        print(name, *wrong, sep="\n    ")
    assert n >= 100 and n_rule == 0 and not failures


def test_report_for_people__has_cause_symptoms_and_fix(tmp_path):
    file = tmp_path / "log.json"
    file.write_text(failing_log())
    done = explain("--file", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    positions = [done.stdout.index(heading) for heading in ("Root cause", "Fix", "Symptoms", "Log lines that tell it")]  # as in show
    assert positions == sorted(positions)
    for words in ("java.lang.NumberFormatException", "com.acme.Parse.map", "Source: orders (3/4)", "Partial recovery is not supported", "SKIP_RESTORE_FROM_SNAPSHOT", "confidence high"):
        assert words in done.stdout
    assert "Log lines that tell it" in done.stdout and "hunter2" not in done.stdout
    assert " times)" in done.stdout and ". (" not in done.stdout and ".:" not in done.stdout, "no full stop within a line of symptoms"


def test_healthy_log__says_so():
    done = explain("--file", "-", text=Log("1.20").healthy(300).document())
    assert done.returncode == 0 and "No failure in these lines." in done.stdout
    done = explain("--json", "--file", "-", text=Log("1.20").healthy(300).document())
    assert json.loads(done.stdout) is None


def test_byte_order_mark__in_front_of_any_form__is_passed_over():
    document = failing_log()
    expected = json.loads(explain("--json", "--file", "-", text=document).stdout)
    events = next(member for member in json.loads(document).values() if isinstance(member, list))
    assert expected["role"] == "trigger"
    for text in (document, "\n".join(json.dumps(event) for event in events), json.dumps(events, indent=1)):
        assert json.loads(explain("--json", "--file", "-", text="\ufeff" + text).stdout) == expected


def test_names_beyond_ascii__are_names():
    log = Log("1.20").healthy(120)
    log.failed(130, "Source: Aufträge", 3, 4, 0, wrapped(ex("com.acme.prüfung.ÜberlaufFehler", "zu groß", "com.acme.prüfung.Prüfer.prüfe(Prüfer.java:3)")))
    cause = json.loads(explain("--json", "--file", "-", text=log.restart(130.1).loop(145, 5).document()).stdout)
    assert (cause["role"], cause["exception_class"], cause["message"], cause["frame"], cause["task"]) == (
        "trigger", "com.acme.prüfung.ÜberlaufFehler", "zu groß", "com.acme.prüfung.Prüfer.prüfe", "Source: Aufträge (3/4)")


def test_wrong_use__names_the_way_out(tmp_path):
    done = explain("--file", str(tmp_path / "none"))
    assert done.returncode == 1 and "No such file" in done.stderr and done.stdout == ""
    done = explain("--file", str(tmp_path))
    assert done.returncode == 1 and "Is a directory" in done.stderr
    done = explain()
    assert done.returncode == 2 and "--file" in done.stderr


def test_no_events__is_no_failure__and_not_called_healthy():
    for text in ("", "\n\n", '{"events": [],\n "searchedLogStreams": []\n}\n'):
        done = explain("--json", "--file", "-", text=text)
        assert (done.returncode, done.stdout, done.stderr) == (0, "null\n", "")
        done = explain("--file", "-", text=text)
        assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith("No log events: nothing can be said")
        assert "No failure" not in done.stdout


def test_escape_sequences__never_reach_the_terminal():
    log = Log("1.20")
    log.failed(1, "Source: \x1b[31mred", 1, 1, 0, wrapped(ex("java.lang.IllegalStateException", "\x1b]0;title\x07 \u202e turned", "com.acme.P.q(P.java:1)")))
    for arguments in (("--file", "-"), ("--json", "--file", "-")):
        done = explain(*arguments, text=log.document())
        assert done.returncode == 0 and "\x1b" not in done.stdout and "\x07" not in done.stdout and "\u202e" not in done.stdout
