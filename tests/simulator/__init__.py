# SPDX-License-Identifier: Apache-2.0
"""A small AWS made of scenario files; see README.md."""
