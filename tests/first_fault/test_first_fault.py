# SPDX-License-Identifier: Apache-2.0
"""The corpus of first faults as a test; its accuracy is printed where `make check` runs."""
import os

from run_cases import run


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
