/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/json.h"

#include <stdint.h>

static struct span skip_blank(struct span s) {
        while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\n' || s.data[0] == '\t' || s.data[0] == '\r')) {
                s.data++;
                s.len--;
        }
        return s;
}

static struct span advance(struct span s, size_t n) {
        return (struct span){s.data + n, s.len - n};
}

/* Bytes before the quote that ends a string; s.len when it was cut off. */
static size_t string_end(struct span s) {
        size_t at = 0;
        while (at < s.len) {
                const char *quote = memchr(s.data + at, '"', s.len - at);
                if (!quote)
                        return s.len;
                size_t end = (size_t)(quote - s.data), slashes = 0;
                while (slashes < end && s.data[end - 1 - slashes] == '\\')
                        slashes++;
                if (slashes % 2 == 0)
                        return end;
                at = end + 1;
        }
        return s.len;
}

/* Bytes of an object or array with its closing bracket; s.len when it was cut off. */
static size_t nested_end(struct span s, bool *ret_is_cut) {
        size_t depth = 0;
        *ret_is_cut = false;
        for (size_t i = 0; i < s.len; i++) {
                char c = s.data[i];
                if (c == '"')
                        i += 1 + string_end(advance(s, i + 1));
                else if (c == '{' || c == '[')
                        depth++;
                else if ((c == '}' || c == ']') && --depth == 0)
                        return i + 1;
        }
        *ret_is_cut = true;
        return s.len;
}

bool json_value(struct span text, struct json_member *ret, struct span *ret_rest) {
        struct span s = skip_blank(text);
        if (s.len == 0)
                return false;
        ret->kind = s.data[0];
        ret->is_cut = false;
        if (s.data[0] == '"') {
                s = advance(s, 1);
                size_t len = string_end(s);
                ret->value = (struct span){s.data, len};
                ret->is_cut = len == s.len;
                *ret_rest = advance(s, len + !ret->is_cut);
                return true;
        }
        size_t len = 0;
        if (s.data[0] == '{' || s.data[0] == '[')
                len = nested_end(s, &ret->is_cut);
        else
                while (len < s.len && !memchr(",}] \n\r\t", s.data[len], 7))
                        len++;
        ret->value = (struct span){s.data, len};
        *ret_rest = advance(s, len);
        return len > 0;
}

bool json_open(struct span text, struct json_cursor *ret) {
        struct span s = skip_blank(text);
        if (s.len == 0 || s.data[0] != '{')
                return false;
        s = skip_blank(advance(s, 1));
        ret->rest = s;
        return s.len == 0 || s.data[0] == '"' || s.data[0] == '}';
}

bool json_next(struct json_cursor *c, struct json_member *ret) {
        struct span s = skip_blank(c->rest);
        if (s.len > 0 && s.data[0] == ',')
                s = skip_blank(advance(s, 1));
        if (s.len == 0 || s.data[0] != '"')
                return false;
        s = advance(s, 1);
        size_t len = string_end(s);
        ret->name = (struct span){s.data, len};
        if (len == s.len)
                return false;
        s = skip_blank(advance(s, len + 1));
        if (s.len == 0 || s.data[0] != ':')
                return false;
        return json_value(advance(s, 1), ret, &c->rest);
}

static int hex_digit(char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
}

/* The four digits after "\u", or -1. */
static int32_t code_unit(struct span s) {
        int32_t unit = 0;
        for (size_t i = 0; i < 4; i++) {
                int digit = i < s.len ? hex_digit(s.data[i]) : -1;
                if (digit < 0)
                        return -1;
                unit = unit * 16 + digit;
        }
        return unit;
}

static void put_code_point(struct buf *to, int32_t c) {
        char utf8[4];
        size_t n = 0;
        if (c == 0 || (c >= 0xd800 && c <= 0xdfff))
                c = 0xfffd;
        if (c < 0x80) {
                utf8[n++] = (char)c;
        } else if (c < 0x800) {
                utf8[n++] = (char)(0xc0 | c >> 6);
                utf8[n++] = (char)(0x80 | (c & 63));
        } else if (c < 0x10000) {
                utf8[n++] = (char)(0xe0 | c >> 12);
                utf8[n++] = (char)(0x80 | (c >> 6 & 63));
                utf8[n++] = (char)(0x80 | (c & 63));
        } else {
                utf8[n++] = (char)(0xf0 | c >> 18);
                utf8[n++] = (char)(0x80 | (c >> 12 & 63));
                utf8[n++] = (char)(0x80 | (c >> 6 & 63));
                utf8[n++] = (char)(0x80 | (c & 63));
        }
        buf_put(to, utf8, n);
}

/* One escape sequence that begins with the backslash of s; the bytes it takes. */
static size_t put_escape(struct buf *to, struct span s) {
        static const char from[] = "nrtbf", is[] = "\n\r\t\b\f";
        if (s.len < 2)
                return s.len;
        const char *known = memchr(from, s.data[1], sizeof from - 1);
        if (s.data[1] != 'u') {
                buf_put_char(to, known ? is[known - from] : s.data[1]);
                return 2;
        }
        int32_t unit = code_unit(advance(s, 2)), low = -1;
        if (unit < 0) {
                buf_put_char(to, 'u');
                return 2;
        }
        bool is_pair = unit >= 0xd800 && unit <= 0xdbff && s.len >= 12 && s.data[6] == '\\' && s.data[7] == 'u';
        if (is_pair)
                low = code_unit(advance(s, 8));
        is_pair = low >= 0xdc00 && low <= 0xdfff;
        put_code_point(to, is_pair ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : unit);
        return is_pair ? 12 : 6;
}

void json_unescape(struct span escaped, struct buf *to) {
        struct span s = escaped;
        while (s.len > 0 && !to->failed) {
                const char *slash = memchr(s.data, '\\', s.len);
                size_t plain = slash ? (size_t)(slash - s.data) : s.len, room = to->cap - to->len;
                buf_put(to, s.data, plain < room ? plain : room);
                s = advance(s, plain);
                if (s.len > 0 && to->cap - to->len < 4)
                        return;
                if (s.len > 0)
                        s = advance(s, put_escape(to, s));
        }
}
