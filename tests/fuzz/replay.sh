#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every fuzz target over its corpus: seeds, and what once broke it.
set -eu
for corpus in "${FLINKWATCH_SRCDIR:-.}"/tests/fuzz/corpus/*/; do
        corpus=${corpus%/}
        "${FLINKWATCH_BUILDDIR:-.}/tests/fuzz/fuzz_${corpus##*/}" "$corpus"
done
