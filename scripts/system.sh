# SPDX-License-Identifier: Apache-2.0
# The package on a booted systemd; sourced by scripts/check.
# shellcheck shell=sh disable=SC2154

# Says why not, when a container cannot be booted here.
system_obstacle() {
        if [ "$(id -u)" -ne 0 ]; then
                echo "not root"
        elif ! unshare --mount --pid --fork true 2>/dev/null; then
                echo "no namespaces"
        fi
}

# check_system FOLDER: where to build the package and to keep the tree of the container.
check_system() {
        obstacle=$(system_obstacle)
        if [ -n "$obstacle" ]; then
                echo "The test on a booted systemd is skipped: $obstacle."
                return 0
        fi
        # shellcheck disable=SC2086
        install_packages "for building the package and booting it" $packages_system
        "$top/scripts/package" "$1/package"
        echo "Trying the package on a booted Debian."
        FLINKWATCH_SYSTEM_FOLDER="$1/package" /usr/bin/python3 -B -m pytest -q -x -p no:cacheprovider "$top/tests/system"
}
