# SPDX-License-Identifier: Apache-2.0
"""One file per service; each brings a table of operations."""
