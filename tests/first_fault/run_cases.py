# SPDX-License-Identifier: Apache-2.0
"""Every case through the real `flinkwatchctl explain --json`: the verdict against the one that was written down beforehand."""
import datetime
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from flinklog import BASE_MS  # noqa: E402

NEVER_CAUSES = ("Partial recovery", "addSplitsBack", "switched from", "Recovering subtask", "Triggering job failover", "tasks will be restarted", "Restarting job")
MODULES = [path.stem for path in sorted(HERE.glob("cases_*.py"))]


def instant(ms):
    return None if ms is None else datetime.datetime.fromtimestamp((BASE_MS + ms) // 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def explain(program, text):
    done = subprocess.run([program, "--json", "explain", "--file", "-"], input=text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"),
                          capture_output=True, timeout=120, check=False)
    if done.returncode != 0 or done.stderr:
        return {"failed": done.returncode, "stderr": done.stderr.decode(errors="replace")[-2000:]}
    return json.loads(done.stdout)


def differences(expected, found):
    """What is not as it was written down; an expected list means one of them."""
    if expected is None or found is None:
        return [] if expected is found else [f"expected {json.dumps(expected)}, found {json.dumps(found)}"]
    wanted = dict(expected)
    for key, name in (("first_fault_ms", "first_fault_at"), ("last_healthy_ms", "last_healthy_at")):
        if key in wanted:
            wanted[name] = instant(wanted.pop(key))
    return [f"{key}: expected {value!r}, found {found.get(key)!r}" for key, value in wanted.items()
            if found.get(key) not in (value if isinstance(value, list) else [value])]


def breaks_the_rule(found):
    """A sustainer or a state transition named as the cause."""
    if not found or found.get("role") != "trigger":
        return False
    return any(text in f"{found.get('message')} {found.get('frame')}" for text in NEVER_CAUSES)


def run(modules=MODULES, only=None):
    program = os.environ.get("FLINKWATCHCTL") or str(Path(os.environ.get("FLINKWATCH_BUILDDIR", ".")) / "flinkwatchctl")
    failures, n, n_rule = [], 0, 0
    for module in modules:
        for name, text, expected in importlib.import_module(module).cases():
            if only and only not in name:
                continue
            found = explain(program, text)
            wrong = differences(expected, found)
            if breaks_the_rule(found):
                n_rule += 1
                wrong.append("a sustainer or state transition is named as the cause")
            n += 1
            if wrong:
                failures.append((f"{module}/{name}", wrong))
    return n, failures, n_rule


if __name__ == "__main__":
    TOTAL, FAILURES, N_RULE = run(only=sys.argv[1] if len(sys.argv) > 1 else None)
    for case_name, what in FAILURES:
        print(case_name, *what, sep="\n    ")
    print(f"{TOTAL - len(FAILURES)} of {TOTAL} verdicts as written down ({100 * (TOTAL - len(FAILURES)) / max(TOTAL, 1):.1f} %), "
          f"{N_RULE} times an effect named as the cause")
    sys.exit(1 if FAILURES else 0)
