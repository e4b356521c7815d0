/* SPDX-License-Identifier: Apache-2.0 */
/* One line per event on stderr, with syslog priorities when the journal listens. */
#pragma once

#include "util/span.h"

/* syslog's numbers */
enum log_level {
        LOG_LEVEL_ERROR = 3,
        LOG_LEVEL_WARNING = 4,
        LOG_LEVEL_NOTICE = 5,
        LOG_LEVEL_INFO = 6,
        LOG_LEVEL_DEBUG = 7
};

/* Reads JOURNAL_STREAM once. */
void log_open(enum log_level level);
void log_set_level(enum log_level level);
int log_level_parse(struct span text, enum log_level *ret);
/* Control characters become spaces: what AWS or an application wrote cannot forge a line. */
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...) log_line(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
