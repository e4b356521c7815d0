/* SPDX-License-Identifier: Apache-2.0 */
/* The reason of a failure for a human: one line that names the input and the way out, never a secret. */
#pragma once

struct err {
        int code;       /* negative errno */
        char text[240]; /* one line, cut with "..." when longer */
};

/* Fills err (NULL is allowed) and returns `code`, so that a failing function can `return err_set(...)`.
 * Control characters in the text become spaces: the text is safe to log. */
int err_set(struct err *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the text that is there. */
void err_prefix(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Puts ": way_out" behind it: what is too long before it is cut, never the way out. */
void err_advise(struct err *err, const char *way_out);
