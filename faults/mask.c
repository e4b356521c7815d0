/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets that log lines carry. Rather a word too many is masked than one too few. */
#include "faults/faults.h"

/* After these (any case) comes a value that nobody else should read. */
static const char *const secret_names[] = {
        "password",
        "passwd",
        "pwd",
        "secret",
        "secretkey",
        "secret_key",
        "secret-key",
        "secretaccesskey",
        "secret_access_key",
        "sessiontoken",
        "session_token",
        "session-token",
        "token",
        "apikey",
        "api_key",
        "api-key",
        "x-api-key",
        "access_token",
        "refresh_token",
        "client_secret",
        "clientsecret",
        "private_key",
        "privatekey",
        "authorization",
        "x-amz-signature",
        "x-amz-security-token",
        "x-amz-credential",
        "x-amz-credential",
        "signature",
        "credential",
        "accesskey",
        "access_key",
        "routing_key",
        "accountkey",
        "sharedaccesssignature",
        "passphrase",
};

static char lower(char c) {
        return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

static bool is_name(char c) {
        return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Whether the name that ends before `end` says that a secret follows: its last part is what counts ("spring.datasource.password"). */
static bool is_secret_name(const char *text, size_t end) {
        size_t start = end;
        while (start > 0 && is_name(text[start - 1]))
                start--;
        for (size_t i = 0; i < ELEMENTS(secret_names); i++) {
                size_t len = strlen(secret_names[i]);
                if (end - start < len)
                        continue;
                bool is_same = true;
                for (size_t k = 0; k < len && is_same; k++)
                        is_same = lower(text[end - len + k]) == secret_names[i][k];
                if (is_same)
                        return true;
        }
        return false;
}

static bool ends_value(char c, char quote) {
        return quote ? c == quote
                     : c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == ',' || c == ';' || c == '&' ||
                               c == '"' || c == '\'' || c == ')' || c == '}' || c == ']';
}

/* The secret value that begins at `at` or after blanks and a quote; *ret_end is where it ends. */
static size_t value_start(const char *text, size_t len, size_t at, size_t *ret_end) {
        char quote = 0;
        while (at < len && (text[at] == ' ' || text[at] == '\\'))
                at++;
        if (at < len && (text[at] == '"' || text[at] == '\''))
                quote = text[at++];
        static const char *const schemes[] = {"Bearer ", "Basic ", "AWS4-HMAC-SHA256 "};
        for (size_t i = 0; i < ELEMENTS(schemes); i++)
                if (len - at > strlen(schemes[i]) && strncasecmp(text + at, schemes[i], strlen(schemes[i])) == 0)
                        at += strlen(schemes[i]);
        size_t end = at;
        while (end < len && !ends_value(text[end], quote) && !(quote && text[end] == '\n'))
                end += text[end] == '\\' && quote && end + 1 < len && text[end + 1] != quote ? 2 : 1;
        *ret_end = end < len ? end : len;
        if (*ret_end > at && text[*ret_end - 1] == '\\')
                --*ret_end;
        return at;
}

/* AKIA..., ASIA...: 20 capitals and digits. */
static size_t access_key_len(const char *text, size_t len) {
        static const char *const heads[] = {"AKIA", "ASIA", "AROA", "AIDA"};
        size_t n = 0;
        bool is_head = false;
        for (size_t i = 0; i < ELEMENTS(heads); i++)
                is_head |= len >= 20 && memcmp(text, heads[i], 4) == 0;
        while (is_head && n < len && ((text[n] >= 'A' && text[n] <= 'Z') || (text[n] >= '0' && text[n] <= '9')))
                n++;
        return n >= 16 && n <= 128 ? n : 0;
}

/* What tokens begin with. */
static const char token_starts[] = "exhBgsI";

/* Tokens that show themselves: JSON web tokens, chat tokens, web hooks. */
static size_t token_len(const char *text, size_t len, size_t *ret_keep) {
        static const struct {
                const char *head;
                size_t keep;
        } heads[] = {{"eyJ", 3},     {"xoxb-", 5}, {"xoxp-", 5},    {"hooks.slack.com/services/", 25},
                     {"Bearer ", 7}, {"ghp_", 4},  {"sk_live_", 8}, {"IQoJb3JpZ2lu", 4}};
        for (size_t i = 0; i < ELEMENTS(heads); i++) {
                size_t n = strlen(heads[i].head);
                if (len < n + 12 || memcmp(text, heads[i].head, n) != 0)
                        continue;
                while (n < len && !ends_value(text[n], 0) && text[n] != '<' && text[n] != '\\')
                        n++;
                *ret_keep = heads[i].keep;
                return n >= strlen(heads[i].head) + 12 ? n : 0;
        }
        return 0;
}

/* "://user:password@host": where the password begins, and its length; 0 when there is none. */
static size_t url_password(const char *text, size_t len, size_t *ret_len) {
        size_t colon = 0;
        if (len < 6 || memcmp(text, "://", 3) != 0)
                return 0;
        for (size_t i = 3; i < len && i < 512; i++) {
                char c = text[i];
                if (c == '/' || c == ' ' || c == '\n' || c == '"')
                        return 0;
                if (c == ':' && colon == 0)
                        colon = i + 1;
                if (c == '@') {
                        *ret_len = colon ? i - colon : 0;
                        return colon && i > colon ? colon : 0;
                }
        }
        return 0;
}

static void put_key_blocks(struct buf *to, const char *text, size_t len, size_t *at) {
        static const struct span begin = {"-----BEGIN ", 11}, end = {"-----END ", 9};
        struct span rest = {text + *at, len - *at};
        ptrdiff_t stop = span_starts(rest, begin) && span_find((struct span){rest.data, rest.len < 64 ? rest.len : 64},
                                                               SPAN("PRIVATE KEY")) >= 0
                                 ? span_find(rest, end)
                                 : -1;
        if (!span_starts(rest, begin) ||
            (stop < 0 && span_find((struct span){rest.data, rest.len < 64 ? rest.len : 64}, SPAN("PRIVATE KEY")) < 0))
                return;
        buf_put_str(to, "-----BEGIN PRIVATE KEY----- *** ");
        *at = stop < 0 ? len : *at + (size_t)stop;
}

/* Where a secret, or the sign before one, can begin. */
static const char marks[] = "-A=:exhBgsI";

void fault_mask_secrets(struct buf *text) {
        struct buf to = BUF_INIT(text->cap + 256);
        const char *s = buf_str(text);
        size_t len = text->len, keep = 0;
        for (size_t at = 0; at < len;) {
                size_t end, n, start, dull = strcspn(s + at, marks);
                buf_put(&to, s + at, dull);
                at += dull;
                if (at >= len)
                        break;
                if (s[at] == '\0') {
                        buf_put_char(&to, s[at++]);
                        continue;
                }
                if (s[at] == '-')
                        put_key_blocks(&to, s, len, &at);
                if (at >= len)
                        break;
                if (s[at] == 'A' && (n = access_key_len(s + at, len - at)) > 0 && (at == 0 || !is_name(s[at - 1]))) {
                        buf_put(&to, s + at, 4);
                        buf_put_str(&to, "***");
                        at += n;
                } else if (memchr(token_starts, s[at], sizeof token_starts - 1) &&
                           (n = token_len(s + at, len - at, &keep)) > 0) {
                        buf_put(&to, s + at, keep);
                        buf_put_str(&to, "***");
                        at += n;
                } else if (s[at] == ':' && (start = url_password(s + at, len - at, &n)) > 0) {
                        buf_put(&to, s + at, start);
                        buf_put_str(&to, "***");
                        at += start + n;
                } else if ((s[at] == '=' || s[at] == ':') && at > 0 && s[at + 1] != ':') {
                        size_t name_end = at;
                        while (name_end > 0 && (s[name_end - 1] == '"' || s[name_end - 1] == '\'' ||
                                                s[name_end - 1] == ' ' || s[name_end - 1] == '\\'))
                                name_end--;
                        buf_put_char(&to, s[at++]);
                        if (!is_secret_name(s, name_end))
                                continue;
                        start = value_start(s, len, at, &end);
                        buf_put(&to, s + at, start - at);
                        if (end > start)
                                buf_put_str(&to, "***");
                        at = end > start ? end : start;
                } else {
                        buf_put_char(&to, s[at++]);
                }
        }
        /* What could not be masked is not shown. */
        buf_clear(text);
        if (!to.failed)
                buf_put(text, to.data ? to.data : "", to.len < text->cap ? to.len : text->cap);
        else
                text->failed = to.failed;
        buf_done(&to);
}
