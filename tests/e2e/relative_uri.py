# SPDX-License-Identifier: Apache-2.0
"""Run by test_sources.py where 169.254.170.2 is this machine: keys by AWS_CONTAINER_CREDENTIALS_RELATIVE_URI. Prints what came of it."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from exchange import environment, run  # noqa: E402
from identities import SCENARIO, TOKEN  # noqa: E402
from simulator.client import Simulator  # noqa: E402

with Simulator(SCENARIO, host="0.0.0.0", port=80) as sim:
    done = run(["identity"], environment(sim, AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None,
                                         AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/v2/credentials/simulator", AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN))
    print(json.dumps({"arn": done.batch["arn"], "violations": sim.violations()}))
