/* SPDX-License-Identifier: Apache-2.0 */
#include "util/jsonw.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/number.h"
#include "util/timefmt.h"
#include "util/utf8.h"

static void before_value(struct jsonw *w) {
        if (w->needs_comma)
                buf_put_char(w->out, ',');
        w->needs_comma = true;
}

static void open_with(struct jsonw *w, char c) {
        before_value(w);
        buf_put_char(w->out, c);
        w->needs_comma = false;
}

static void close_with(struct jsonw *w, char c) {
        buf_put_char(w->out, c);
        w->needs_comma = true;
}

void jsonw_object(struct jsonw *w) {
        open_with(w, '{');
}

void jsonw_object_end(struct jsonw *w) {
        close_with(w, '}');
}

void jsonw_array(struct jsonw *w) {
        open_with(w, '[');
}

void jsonw_array_end(struct jsonw *w) {
        close_with(w, ']');
}

static void put_escaped(struct buf *out, struct span s) {
        static const char *const shorts[] = {['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n", ['\f'] = "\\f",
                                             ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\"};
        buf_put_char(out, '"');
        for (size_t i = 0, start = 0; i <= s.len;) {
                unsigned char c = i < s.len ? (unsigned char)s.data[i] : 0;
                size_t width = i < s.len ? utf8_width(s.data + i, s.len - i) : 0;
                bool is_plain = i < s.len && width > 0 && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
                if (is_plain) {
                        i += width;
                        continue;
                }
                buf_put(out, s.data + start, i - start);
                if (i == s.len)
                        break;
                if (width == 0)
                        buf_put_str(out, "\xef\xbf\xbd");
                else if (c < ELEMENTS(shorts) && shorts[c])
                        buf_put_str(out, shorts[c]);
                else
                        buf_printf(out, "\\u%04x", c);
                start = ++i;
        }
        buf_put_char(out, '"');
}

void jsonw_key(struct jsonw *w, const char *key) {
        before_value(w);
        put_escaped(w->out, span_of(key));
        buf_put_char(w->out, ':');
        w->needs_comma = false;
}

void jsonw_span(struct jsonw *w, struct span value) {
        before_value(w);
        put_escaped(w->out, value);
}

void jsonw_string(struct jsonw *w, const char *value) {
        if (value)
                jsonw_span(w, span_of(value));
        else
                jsonw_null(w);
}

void jsonw_int(struct jsonw *w, int64_t value) {
        before_value(w);
        buf_printf(w->out, "%" PRId64, value);
}

void jsonw_double(struct jsonw *w, double value) {
        char text[32];
        number_format(value, text);
        before_value(w);
        buf_put_str(w->out, text);
}

void jsonw_bool(struct jsonw *w, bool value) {
        before_value(w);
        buf_put_str(w->out, value ? "true" : "false");
}

void jsonw_null(struct jsonw *w) {
        before_value(w);
        buf_put_str(w->out, "null");
}

void jsonw_time(struct jsonw *w, int64_t at_s) {
        char text[TIME_TEXT_MAX];
        if (at_s <= 0) {
                jsonw_null(w);
                return;
        }
        time_rfc3339(at_s, text);
        jsonw_string(w, text);
}

void jsonw_raw(struct jsonw *w, struct span json) {
        before_value(w);
        buf_put_span(w->out, json);
}

void jsonw_member_string(struct jsonw *w, const char *key, const char *value) {
        jsonw_key(w, key);
        jsonw_string(w, value);
}

void jsonw_member_int(struct jsonw *w, const char *key, int64_t value) {
        jsonw_key(w, key);
        jsonw_int(w, value);
}

void jsonw_member_double(struct jsonw *w, const char *key, double value) {
        jsonw_key(w, key);
        jsonw_double(w, value);
}

void jsonw_member_bool(struct jsonw *w, const char *key, bool value) {
        jsonw_key(w, key);
        jsonw_bool(w, value);
}

void jsonw_member_time(struct jsonw *w, const char *key, int64_t at_s) {
        jsonw_key(w, key);
        jsonw_time(w, at_s);
}
