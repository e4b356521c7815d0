/* SPDX-License-Identifier: Apache-2.0 */
#include "util/utf8.h"

#include <stdbool.h>

static bool is_continuation(unsigned char c) {
        return (c & 0xc0) == 0x80;
}

size_t utf8_width(const char *s, size_t len) {
        const unsigned char *p = (const unsigned char *)s;
        if (len == 0)
                return 0;
        if (p[0] < 0x80)
                return 1;
        if (p[0] >= 0xc2 && p[0] <= 0xdf)
                return len >= 2 && is_continuation(p[1]) ? 2 : 0;
        if (p[0] >= 0xe0 && p[0] <= 0xef) {
                if (len < 3 || !is_continuation(p[1]) || !is_continuation(p[2]))
                        return 0;
                bool is_overlong = p[0] == 0xe0 && p[1] < 0xa0, is_surrogate = p[0] == 0xed && p[1] > 0x9f;
                return is_overlong || is_surrogate ? 0 : 3;
        }
        if (p[0] >= 0xf0 && p[0] <= 0xf4) {
                if (len < 4 || !is_continuation(p[1]) || !is_continuation(p[2]) || !is_continuation(p[3]))
                        return 0;
                bool is_overlong = p[0] == 0xf0 && p[1] < 0x90, is_beyond = p[0] == 0xf4 && p[1] > 0x8f;
                return is_overlong || is_beyond ? 0 : 4;
        }
        return 0;
}
