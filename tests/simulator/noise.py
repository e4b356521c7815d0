# SPDX-License-Identifier: Apache-2.0
"""Repeatable randomness: a number that depends on nothing but its arguments."""

import zlib

_MASK = (1 << 64) - 1


def mix(seed, index):
    """A 64-bit hash of two integers (splitmix64's finaliser)."""
    z = (seed * 0x9E3779B97F4A7C15 + index * 0xD1B54A32D192ED03 + 0x632BE59BD9B4E019) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def unit(seed, index):
    """Uniform in [0, 1)."""
    return mix(seed, index) / 18446744073709551616.0


def signed(seed, index):
    """Roughly bell-shaped in (-1, 1): the mean of three."""
    a = mix(seed, index)
    return ((a & 0x1FFFFF) + ((a >> 21) & 0x1FFFFF) + ((a >> 42) & 0x1FFFFF)) / 3145728.0 - 1.0


def seed_of(*parts):
    """An integer seed from texts and numbers, the same in each process."""
    return zlib.crc32("\x1f".join(str(p) for p in parts).encode())


def chance(seed, text):
    return unit(seed_of(seed, text), 0)
