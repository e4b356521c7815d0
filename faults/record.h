/* SPDX-License-Identifier: Apache-2.0 */
/* One log event taken apart: MSF's JSON envelopes (log4j records and service records, nested or escaped), log4j's text layout, or
 * just text. */
#pragma once

#include <stdint.h>

#include "faults/json.h"
#include "util/buf.h"

enum log_level { LOG_UNKNOWN, LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct record {
        int64_t at_ms; /* 0: unknown */
        enum log_level level;
        bool is_service; /* written by the service: the stack trace is in the message */
        bool is_text;    /* no JSON around it */
        struct span logger, thread, message;
        struct span throwable; /* data NULL: none was logged */
};

/* Where unescaped text lives; zeroed before the first use. */
struct record_scratch {
        struct buf line[3], message, throwable, thread;
};

enum { RECORD_TEXT_MAX = 1 << 20 };

/* Texts point into `line` or `scratch`, until either changes. 0 or -ENOMEM. */
int record_parse(struct span line, int64_t at_ms, struct record_scratch *scratch, struct record *ret);
void record_scratch_done(struct record_scratch *s);
/* "2024-05-01 12:00:00,123" or with T, dot, Z: milliseconds since 1970 UTC and how long it is; 0 when there is none. */
int64_t record_time(struct span text, size_t *ret_len);
/* A timestamp as a member: milliseconds, or a time as text; 0 when it is neither. */
int64_t record_instant(struct json_member m);
/* The part of a logger after the last dot. */
struct span record_logger_name(const struct record *r);
