# SPDX-License-Identifier: Apache-2.0
"""Entry point of `python3 tests/simulator`."""

import os
import sys

# Run as a folder, Python puts the folder itself first; its module names are
# short (clock, records) and would hide others, so it becomes a package instead.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

from simulator.server import main  # noqa: E402

sys.exit(main())
