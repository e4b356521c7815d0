/* SPDX-License-Identifier: Apache-2.0 */
/* Sample deliveries and channels, and golden files. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "notifiers/notifiers.h"

/* Incident 17: the application orders of prod-eu is in a restart loop since 2026-01-02 03:04 UTC because of a bad record. */
struct delivery delivery_loop(enum incident_event event);
/* Incident 18: checkpoints of an application with a long name take too long since the day before; no root cause, many points. */
struct delivery delivery_checkpoints(enum incident_event event);
/* Incident 19: markup, control characters, broken UTF-8 and far too much of everything. */
struct delivery delivery_hostile(void);

/* Seven events of six incidents of five applications: one resolved meanwhile, one escalated, one with a hostile name. */
struct delivery delivery_digest(void);
struct delivery delivery_heartbeat(void);

/* key, value, key, value ..., NULL; to be given to channel_done. */
struct channel channel_of(const struct notifier *notifier, ...);

/* Compares with tests/golden/NAME; JSON is compared with a member or element a line. With FLINKWATCH_GOLDEN=write the file is written
 * instead, for a person to read. */
void assert_golden(const char *name, struct span text);
/* The JSON text with line breaks and indentation. */
void json_indent(struct buf *to, struct span json);

/* A reply with that status, body and header lines, borrowed. */
struct http_reply reply_of(int status, const char *body, const char *headers);
const char *request_header(const struct http_request *r, const char *name);
void assert_text_in(const char *text, const char *part);
void assert_text_not_in(const char *text, const char *part);

static inline void channel_drop(struct channel *c) {
        channel_done(c);
}

SCOPED_DEFINE_VALUE(struct channel, channel_drop)
