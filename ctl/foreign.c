/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/foreign.h"

#include <stdint.h>

#include "util/scope.h"
#include "util/utf8.h"

struct range {
        uint32_t from, to;
};

/* Invisible and able to change how what follows is read: C1 controls, direction marks, line separators, byte order mark, tags. */
static const struct range hostile[] = {
        {0x80, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
};

/* Drawn over the character before. */
static const struct range combining[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},   {0x64b, 0x65f},
        {0x6d6, 0x6dc},   {0x900, 0x902},   {0xe31, 0xe31},   {0xe34, 0xe3a},   {0x1ab0, 0x1aff},
        {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

/* Two columns wide: East Asian and emoji. */
static const struct range wide[] = {
        {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23ec}, {0x2e80, 0x303e},   {0x3041, 0x33ff},
        {0x3400, 0x4dbf},   {0x4e00, 0x9fff},   {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},
        {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff},
        {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};

static bool is_in(uint32_t c, const struct range *ranges, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (c >= ranges[i].from && c <= ranges[i].to)
                        return true;
        return false;
}

/* The character of a well-formed sequence of that width. */
static uint32_t decode(const char *s, size_t width) {
        static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
        uint32_t c = (unsigned char)s[0] & masks[width];
        for (size_t i = 1; i < width; i++)
                c = c << 6 | ((unsigned char)s[i] & 0x3f);
        return c;
}

static bool is_harmless(uint32_t c) {
        return c >= 0x20 && c != 0x7f && !is_in(c, hostile, ELEMENTS(hostile));
}

void foreign_put(struct buf *to, const char *text, bool is_utf8) {
        size_t len = text ? strlen(text) : 0;
        for (size_t i = 0, width; i < len; i += width) {
                size_t valid = utf8_width(text + i, len - i);
                width = valid ? valid : 1;
                uint32_t c = valid ? decode(text + i, valid) : 0;
                if (c == '\n' || c == '\t' || c == '\r')
                        buf_put_char(to, ' ');
                else if (c && is_harmless(c) && (is_utf8 || c < 0x80))
                        buf_put(to, text + i, width);
                else
                        buf_put_str(to, is_utf8 ? "\xef\xbf\xbd" : "?");
        }
}

void foreign_put_json(struct buf *to, struct span json) {
        for (size_t i = 0, width; i < json.len; i += width) {
                size_t valid = utf8_width(json.data + i, json.len - i);
                width = valid ? valid : 1;
                uint32_t c = valid ? decode(json.data + i, valid) : 0xfffd;
                if (valid && (is_harmless(c) || c < 0x20))
                        buf_put(to, json.data + i, width);
                else if (c < 0x10000)
                        buf_printf(to, "\\u%04x", c);
                else
                        buf_printf(to, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10),
                                   0xdc00 + ((c - 0x10000) & 0x3ff));
        }
}

static size_t columns_of(uint32_t c) {
        if (c < 0x300)
                return 1;
        return is_in(c, combining, ELEMENTS(combining)) ? 0 : is_in(c, wide, ELEMENTS(wide)) ? 2 : 1;
}

size_t foreign_fit(const char *text, size_t columns) {
        size_t len = strlen(text), used = 0, i = 0;
        while (i < len) {
                size_t width = utf8_width(text + i, len - i);
                size_t more = width ? columns_of(decode(text + i, width)) : 1;
                if (used + more > columns)
                        break;
                used += more;
                i += width ? width : 1;
        }
        return i;
}

size_t foreign_columns(const char *text) {
        size_t len = strlen(text), columns = 0;
        for (size_t i = 0, width; i < len; i += width ? width : 1) {
                width = utf8_width(text + i, len - i);
                columns += width ? columns_of(decode(text + i, width)) : 1;
        }
        return columns;
}
