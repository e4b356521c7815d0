#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# systemd-analyze has nothing to say about the unit, and rates its exposure at 1.5 or less.
set -eu
source=${FLINKWATCH_SRCDIR:-.}
build=${FLINKWATCH_BUILDDIR:-.}
command -v systemd-analyze >/dev/null || exit 77
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
sed -e "s|@bindir@|$build|g" -e "s|@sysconfdir@|/etc|g" "$source/systemd/flinkwatch.service.in" >"$folder/flinkwatch.service"
cp "$source/systemd/flinkwatch.socket" "$folder/"
# What it says of other units of this machine is not ours.
systemd-analyze verify --man=no "$folder/flinkwatch.service" "$folder/flinkwatch.socket" 2>&1 | grep -F flinkwatch && exit 1
systemd-analyze security --offline=true --threshold=15 "$folder/flinkwatch.service" | tail -n 1
