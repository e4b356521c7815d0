# SPDX-License-Identifier: Apache-2.0
"""The completions of contrib/ in the shells themselves, with names asked from a daemon that is played."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from test_client import BUILD, SRC, ctl, daemon, environment, golden, result  # noqa: E402,F401  pylint: disable=unused-import

FOLDER = os.path.join(SRC, "contrib", "completions")
APPS = sorted(app["name"] for app in golden("apps-some"))


def commands():
    lines = ctl("--help", env={"COLUMNS": "200"}).stdout.split("Commands\n")[1].split("\n\n")[0].splitlines()
    return sorted(line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   "))


@pytest.fixture
def shell_environment(daemon):  # pylint: disable=redefined-outer-name
    one = daemon(result(golden("apps-some")))
    return environment(PATH=f"{BUILD}:{os.environ['PATH']}", FLINKWATCH_SOCKET=one.path, HOME="/nonexistent", TERM="dumb")


def bash(line, env):
    script = """source "$1"; read -ra COMP_WORDS <<<"$2"; [[ $2 == *' ' ]] && COMP_WORDS+=('')
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2; COMP_POINT=${#2}; _flinkwatchctl; printf '%s\\n' "${COMPREPLY[@]}" """
    done = subprocess.run(["bash", "--norc", "-c", script, "bash", os.path.join(FOLDER, "flinkwatchctl"), line], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == ""
    return sorted(word.strip() for word in done.stdout.split())


def fish(line, env):
    home = env["HOME"]
    script = f"source {os.path.join(FOLDER, 'flinkwatchctl.fish')}; complete -C {line!r}"
    done = subprocess.run(["fish", "--no-config", "-c", script], env={**env, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home}, capture_output=True, text=True, check=True, timeout=60)
    return sorted(row.split("\t")[0] for row in done.stdout.splitlines())


def zsh(line, env):
    """What zsh makes of the line and a tab, typed into a terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(["zsh", "-f", "-i"], stdin=theirs, stdout=theirs, stderr=theirs, env=env, start_new_session=True)
    os.close(theirs)
    text = b""

    def read_until(wanted):
        nonlocal text
        end = time.monotonic() + 60
        while wanted not in text:
            assert select.select([ours], [], [], max(0, end - time.monotonic()))[0], text
            text += os.read(ours, 65536)

    setup = f"unsetopt beep prompt_cr; fpath=({FOLDER} $fpath); autoload -Uz compinit; compinit -D -u; bindkey '^I' expand-or-complete; PS1='' ; echo REA''DY\n"
    os.write(ours, setup.encode())
    read_until(b"READY")
    # A quote before and one behind: what is typed and completed is an argument of echo.
    os.write(ours, f"{line}\t".encode())
    os.write(ours, b"\x01echo '<\x05>'\n")
    try:
        read_until(b">\r\n")
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    return text.decode().rsplit("<", 1)[1].split(">")[0].strip()


def test_bash__completes_commands_options_and_names(shell_environment):
    assert set(commands()) <= set(bash("flinkwatchctl ", shell_environment))
    assert bash("flinkwatchctl sta", shell_environment) == ["status"]
    assert "--diagnoser" in bash("flinkwatchctl incidents --", shell_environment)
    assert bash("flinkwatchctl report 17 --format ", shell_environment) == ["html", "json", "md"]
    assert bash("flinkwatchctl history --app ", shell_environment) == APPS


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish__completes_commands_options_and_names(shell_environment, tmp_path):
    env = {**shell_environment, "HOME": str(tmp_path)}
    assert set(commands()) <= set(fish("flinkwatchctl ", env))
    assert fish("flinkwatchctl sta", env) == ["status"]
    assert "--diagnoser" in fish("flinkwatchctl incidents --", env)
    assert fish("flinkwatchctl report 17 --format ", env) == ["html", "json", "md"]
    assert fish("flinkwatchctl history --app ", env) == APPS


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
@pytest.mark.parametrize("typed,completed", [("flinkwatchctl repor", "flinkwatchctl report"), ("flinkwatchctl incidents --diag", "flinkwatchctl incidents --diagnoser"),
                                             ("flinkwatchctl report 17 --format ht", "flinkwatchctl report 17 --format html")])
def test_zsh__completes_commands_and_options(shell_environment, typed, completed):
    assert zsh(typed, shell_environment) == completed
