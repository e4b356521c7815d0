#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
set -eu
source=${FLINKWATCH_SRCDIR:-.}
exec "$source/tests/check-docs" "$source"
