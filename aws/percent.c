/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/percent.h"

static bool is_unreserved(unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.' || c == '~';
}

/* `to` has room for 3 bytes; returns how many were written. */
static size_t put_escape(char *to, unsigned char c) {
        static const char digits[] = "0123456789ABCDEF";
        to[0] = '%';
        to[1] = digits[c >> 4];
        to[2] = digits[c & 15];
        return 3;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* The byte that the escape at `at` stands for, -1 when there is none. */
static int escaped(struct span s, size_t at) {
        if (s.data[at] != '%' || s.len - at < 3)
                return -1;
        int high = hex_digit(s.data[at + 1]), low = hex_digit(s.data[at + 2]);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
}

enum escapes { ESCAPES_ARE_TEXT, ESCAPES_STAY, ESCAPES_ARE_DECODED };

static void encode(struct buf *out, struct span s, enum escapes escapes) {
        size_t i = 0;
        while (i < s.len) {
                size_t run = i;
                while (run < s.len && is_unreserved((unsigned char)s.data[run]))
                        run++;
                buf_put(out, s.data + i, run - i);
                i = run;
                if (i == s.len)
                        break;
                int byte = escapes == ESCAPES_ARE_TEXT ? -1 : escaped(s, i);
                unsigned char c = byte < 0 ? (unsigned char)s.data[i] : (unsigned char)byte;
                char three[3];
                if (byte >= 0 && escapes == ESCAPES_ARE_DECODED && is_unreserved(c))
                        buf_put_char(out, (char)c);
                else
                        buf_put(out, three, put_escape(three, c));
                i += byte < 0 ? 1 : 3;
        }
}

void percent_encode(struct buf *out, struct span text) {
        encode(out, text, ESCAPES_ARE_TEXT);
}

void percent_encode_once(struct buf *out, struct span text) {
        encode(out, text, ESCAPES_STAY);
}

void percent_encode_once_value(struct buf *out, struct span text) {
        encode(out, text, ESCAPES_ARE_DECODED);
}

void percent_decode(struct buf *out, struct span text) {
        for (size_t i = 0; i < text.len;) {
                int byte = escaped(text, i);
                buf_put_char(out, byte < 0 ? text.data[i] : (char)byte);
                i += byte < 0 ? 1 : 3;
        }
}
