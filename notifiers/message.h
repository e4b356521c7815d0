/* SPDX-License-Identifier: Apache-2.0 */
/* How an event reads: what every receiver is told, as plain UTF-8 without markup. Private to this folder. */
#pragma once

#include "model/delivery.h"

enum { MESSAGE_TITLE_CHARS = 79 };

struct message {
        char title[4 * MESSAGE_TITLE_CHARS +
                   1];      /* how bad, application, what, since when: one line of 79 characters at most */
        struct buf cause;   /* paragraphs; what happened, the root cause first */
        struct buf numbers; /* a figure a line, of a digest an incident a line; "" when there is none */
        struct buf advice;  /* the first thing to do, then further ones, a line each */
        char command[48];   /* that shows more */
        struct buf context; /* one line: TARGET/APPLICATION, what kind, how sure, when (UTC) */
};

/* 0 or -ENOMEM */
int message_make(const struct delivery *d, struct message *ret);
void message_done(struct message *m);

/* When the event happened: what every retry says, whatever the clock. */
int64_t message_at_s(const struct delivery *d);

/* How many characters a text shows. */
size_t message_chars(const char *text);
/* Appends text as valid UTF-8 without control characters (line breaks become blanks), cut to `max_chars` with "..." at its end. */
void message_put(struct buf *to, const char *text, size_t max_chars);
/* The same in printable ASCII, cut to `max_chars`. */
void message_put_ascii(struct buf *to, const char *text, size_t max_chars);

/* The delivered JSON in at most `max_bytes`, by leaving out evidence, then symptoms, then further advice: never the cause. 0, -ENOMEM,
 * -EMSGSIZE (not even the cause fits). */
int message_json(const struct delivery *d, size_t max_bytes, struct buf *ret);
/* The same of its incident member alone. */
int message_incident_json(const struct delivery *d, size_t max_bytes, struct buf *ret);

SCOPED_DEFINE_VALUE(struct message, message_done)
