/* SPDX-License-Identifier: Apache-2.0 */
#include "util/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/text.h"

static void finish(char *text, size_t size, int written) {
        if (written >= (int)size) {
                text_cut(text, size - 4);
                size_t n = strlen(text);
                memcpy(text + n, "...", 4);
        }
        for (char *p = text; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        *p = ' ';
}

int err_set(struct err *err, int code, const char *format, ...) {
        if (!err)
                return code;
        va_list args;
        va_start(args, format);
        int n = vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
        finish(err->text, sizeof err->text, n);
        err->code = code;
        return code;
}

void err_prefix(struct err *err, const char *format, ...) {
        if (!err)
                return;
        char prefix[sizeof err->text], whole[sizeof err->text];
        va_list args;
        va_start(args, format);
        vsnprintf(prefix, sizeof prefix, format, args);
        va_end(args);
        int n = snprintf(whole, sizeof whole, "%s: %s", prefix, err->text);
        finish(whole, sizeof whole, n);
        memcpy(err->text, whole, sizeof whole);
}

void err_advise(struct err *err, const char *way_out) {
        if (!err)
                return;
        size_t others = strlen(way_out) + strlen(": ");
        if (others + 1 < sizeof err->text)
                text_shorten(err->text, sizeof err->text - others - 1);
        size_t len = strlen(err->text);
        snprintf(err->text + len, sizeof err->text - len, ": %s", way_out);
}
