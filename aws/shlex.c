/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/shlex.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

enum { WORD_MAX = 64 << 10, WORDS_MAX = 1024 };

void shlex_free(char **words) {
        for (char **p = words; p && *p; p++)
                text_wipe_free(*p);
        free(words);
}

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads up to the closing quote; a backslash counts only in double quotes, before '"' and itself. NULL when it stays open. */
static const char *read_quoted(const char *s, struct buf *word) {
        char quote = *s++;
        for (; *s != quote; s++) {
                if (!*s)
                        return NULL;
                if (quote == '"' && *s == '\\') {
                        if (!s[1])
                                return NULL;
                        if (s[1] == '"' || s[1] == '\\')
                                s++;
                }
                buf_put_char(word, *s);
        }
        return s + 1;
}

/* One word from its first character on; NULL when it is malformed. */
static const char *read_word(const char *s, struct buf *word) {
        while (s && *s && !is_blank(*s)) {
                if (*s == '"' || *s == '\'') {
                        s = read_quoted(s, word);
                } else if (*s == '\\') {
                        if (!s[1])
                                return NULL;
                        buf_put_char(word, s[1]);
                        s += 2;
                } else {
                        buf_put_char(word, *s++);
                }
        }
        return s;
}

static int split(const char *s, char **words) {
        size_t n = 0;
        while (*(s += strspn(s, " \t\r\n"))) {
                SCOPED(buf_wipe) struct buf word = BUF_INIT(WORD_MAX);
                s = read_word(s, &word);
                if (!s || n == WORDS_MAX)
                        return -EINVAL;
                words[n] = buf_steal(&word);
                if (!words[n++])
                        return word.failed == -EMSGSIZE ? -EINVAL : -ENOMEM;
        }
        return n > 0 ? 0 : -EINVAL;
}

int shlex_split(const char *line, char ***ret) {
        char **words = calloc(WORDS_MAX + 1, sizeof *words);
        if (!words)
                return -ENOMEM;
        int r = split(line, words);
        if (r < 0) {
                shlex_free(words);
                return r;
        }
        *ret = words;
        return 0;
}

void shlex_quote(struct buf *out, const char *word) {
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
        if (word[0] && word[strspn(word, plain)] == '\0') {
                buf_put_str(out, word);
                return;
        }
        buf_put_char(out, '\'');
        for (; *word; word++)
                if (*word == '\'')
                        buf_put_str(out, "'\"'\"'");
                else
                        buf_put_char(out, *word);
        buf_put_char(out, '\'');
}
