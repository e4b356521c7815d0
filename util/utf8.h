/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 as RFC 3629 has it. */
#pragma once

#include <stddef.h>

/* Bytes of the well-formed sequence that starts at `s` (1 to 4), 0 when it is ill-formed or cut off. */
size_t utf8_width(const char *s, size_t len);
