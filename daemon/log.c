/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/scope.h"

static enum log_level threshold = LOG_LEVEL_INFO;
static bool has_priorities;

static const struct {
        const char *name;
        enum log_level level;
} levels[] = {
        {"debug", LOG_LEVEL_DEBUG},     {"info", LOG_LEVEL_INFO},   {"notice", LOG_LEVEL_NOTICE},
        {"warning", LOG_LEVEL_WARNING}, {"error", LOG_LEVEL_ERROR},
};

void log_open(enum log_level level) {
        has_priorities = getenv("JOURNAL_STREAM") != NULL;
        threshold = level;
}

void log_set_level(enum log_level level) {
        threshold = level;
}

int log_level_parse(struct span text, enum log_level *ret) {
        for (size_t i = 0; i < ELEMENTS(levels); i++)
                if (span_is(text, levels[i].name)) {
                        *ret = levels[i].level;
                        return 0;
                }
        return -EINVAL;
}

static const char *level_name(enum log_level level) {
        for (size_t i = 0; i < ELEMENTS(levels); i++)
                if (levels[i].level == level)
                        return levels[i].name;
        return "";
}

void log_line(enum log_level level, const char *format, ...) {
        if (level > threshold)
                return;
        char line[1024];
        int n = has_priorities ? snprintf(line, sizeof line, "<%d>", (int)level)
                               : snprintf(line, sizeof line, "%s: ", level_name(level));
        va_list args;
        va_start(args, format);
        int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
        va_end(args);
        size_t len = (size_t)n + (m < 0 ? 0 : (size_t)m);
        if (len > sizeof line - 2)
                len = sizeof line - 2;
        for (size_t i = 0; i < len; i++)
                if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
                        line[i] = ' ';
        line[len++] = '\n';
        ssize_t written = write(STDERR_FILENO, line, len);
        (void)written; /* nobody is left to be told */
}
