#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every test, file and fuzz target that SECURITY.md names is there.
# shellcheck disable=SC2016
set -eu
source=${FLINKWATCH_SRCDIR:-.}
status=0
for name in $(grep -oE '`(test_[a-z0-9_]+(\.py)?|fuzz_[a-z_]+|tests/[a-z_/.]+)`' "$source/SECURITY.md" | tr -d '`' | sort -u); do
        case $name in
        tests/*) [ -e "$source/$name" ] || found=no ;;
        *.py) [ -n "$(find "$source/tests" -name "$name")" ] || found=no ;;
        *) grep -rqE "\\b$name\\b" "$source/tests" --include='*.c' --include='*.py' --include='Makefile.inc' || found=no ;;
        esac
        if [ "${found-}" = no ]; then
                echo "SECURITY.md names $name, which is not there"
                status=1
                found=
        fi
done
exit "$status"
