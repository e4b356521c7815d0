/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/fingerprint.h"

static bool is_digit(char c) {
        return c >= '0' && c <= '9';
}

static bool is_hex(char c) {
        return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_word(char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Bytes of the quoted text that begins here, 0 when it is not closed soon. */
static size_t quoted_len(struct span s) {
        char quote = s.data[0];
        for (size_t i = 1; i < s.len && i < 200 && s.data[i] != '\n'; i++)
                if (s.data[i] == quote)
                        return i + 1;
        return 0;
}

static size_t word_len(struct span s, size_t *ret_n_digits, bool *ret_is_hex) {
        size_t len = 0;
        *ret_n_digits = 0;
        *ret_is_hex = true;
        while (len < s.len &&
               (is_word(s.data[len]) || (len > 0 && (s.data[len] == '-' || s.data[len] == '.' || s.data[len] == ':') &&
                                         len + 1 < s.len && is_hex(s.data[len + 1]) && *ret_n_digits > 0))) {
                *ret_n_digits += is_digit(s.data[len]);
                *ret_is_hex &= is_hex(s.data[len]) || s.data[len] == '-' || s.data[len] == '_';
                len++;
        }
        return len;
}

static void put_normalised(struct buf *to, struct span s, size_t max) {
        size_t until = to->len + max;
        while (s.len > 0 && s.data[0] != '\n' && to->len < until) {
                size_t n = 1, n_digits;
                bool is_id;
                if ((s.data[0] == '"' || s.data[0] == '\'') && (n = quoted_len(s)) > 0) {
                        buf_put_str(to, "<text>");
                } else if (is_word(s.data[0])) {
                        n = word_len(s, &n_digits, &is_id);
                        if (n_digits > 0)
                                buf_put_str(to, is_id && n >= 16 ? "<id>" : "<n>");
                        else
                                buf_put(to, s.data, n);
                } else {
                        n = 1;
                        buf_put(to, s.data, 1);
                }
                s = (struct span){s.data + n, s.len - n};
        }
}

void fingerprint_put(struct buf *to, struct span exception_class, struct span message, struct span frame) {
        buf_put(to, exception_class.data, exception_class.len < 160 ? exception_class.len : 160);
        if (message.len > 0) {
                buf_put_str(to, exception_class.len > 0 ? ": " : "");
                put_normalised(to, span_trim(message), 160);
        }
        if (frame.len > 0) {
                buf_put_str(to, " @ ");
                buf_put(to, frame.data, frame.len < 160 ? frame.len : 160);
        }
}

uint64_t fingerprint_hash(struct span text) {
        uint64_t hash = 14695981039346656037u;
        for (size_t i = 0; i < text.len; i++)
                hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
        return hash ? hash : 1;
}
