# SPDX-License-Identifier: Apache-2.0
# The Debian packages that each purpose needs; sourced by the other scripts.
# shellcheck shell=sh disable=SC2034

packages_build="gcc make autoconf automake pkg-config libc6-dev libev-dev libcurl4-openssl-dev libssl-dev libcjson-dev libsqlite3-dev libzstd-dev
 libexpat1-dev libinih-dev libsystemd-dev"
packages_demo="$packages_build python3 python3-botocore openssl"
packages_test="$packages_demo python3-pytest libcmocka-dev mandoc systemd libfaketime xz-utils mount util-linux iproute2
 chromium poppler-utils python3-markdown-it prometheus python3-prometheus-client jq socat zsh fish prometheus-alertmanager gcovr"
packages_package="$packages_build debhelper dpkg-dev fakeroot lintian"
packages_fuzz="$packages_build clang libclang-rt-14-dev"
packages_lint="$packages_build clang-format codespell cppcheck shellcheck git"
packages_valgrind="$packages_test valgrind libc6-dbg"
packages_system="$packages_test $packages_package debootstrap procps systemd-container util-linux"

# install_packages WHY PACKAGE...: says what is missing, then installs that.
install_packages() {
        why=$1
        shift
        missing=
        for package in "$@"; do
                status=$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) || status=
                case $status in
                ii*) ;;
                *) missing="$missing $package" ;;
                esac
        done
        if [ -z "$missing" ]; then
                echo "Packages $why: all there."
                return
        fi
        echo "Packages $why, to be installed with apt-get:$missing"
        as_root=
        if [ "$(id -u)" -ne 0 ]; then
                as_root=sudo
                command -v sudo >/dev/null || {
                        echo "Run this as root, or install sudo." >&2
                        exit 1
                }
        fi
        $as_root apt-get update -q
        # shellcheck disable=SC2086
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -q -y --no-install-recommends $missing
}

# configure_in FOLDER CONFIGURE_OPTION...: out of the source tree.
configure_in() {
        folder_to_configure=$1
        shift
        # shellcheck disable=SC2154
        if [ ! -x "$top/configure" ] || [ -n "$(find "$top/configure.ac" -newer "$top/configure")" ]; then
                (cd "$top" && autoreconf -fi)
        fi
        mkdir -p "$folder_to_configure"
        (cd "$folder_to_configure" && { [ -e Makefile ] || "$top/configure" -q "$@"; })
}

# build_in FOLDER CONFIGURE_OPTION...
build_in() {
        configure_in "$@"
        (cd "$1" && make -s -j"$(nproc)")
}
