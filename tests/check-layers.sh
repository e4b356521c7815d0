#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
set -eu
source=${FLINKWATCH_SRCDIR:-.}
"$source/tests/check-layers" --self-test
exec "$source/tests/check-layers" "$source"
