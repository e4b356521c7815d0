/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps failing at a target: said once, not at each poll; refused requests are not repeated for minutes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

enum { REFUSED_PAUSE_S = 300 };

struct trouble {
        const char *operation; /* collector name: static text */
        char *subject;         /* "": the target as a whole */
        char text[sizeof((struct err){0}.text)];
        int64_t retry_at_s;
        int64_t said_at_s, failed_at_s;
        int64_t n_failures;
};

struct troubles {
        const char *tag; /* "target prod-eu": borrowed */
        struct trouble *items;
        size_t n_items, items_size;
};

void troubles_done(struct troubles *t);
/* Logs what is new: once per operation, subject and text, again every hour. `subject` (an application) may be NULL. Returns when to try
 * again: now_s unless the request was refused (-EACCES, -EINVAL). */
int64_t troubles_failed(struct troubles *t, const char *operation, const char *subject, const struct err *err,
                        int64_t now_s);
/* Logs the recovery when there was a failure of the same subject. */
void troubles_ended(struct troubles *t, const char *operation, const char *subject);
/* Forgets, silently, the troubles of subjects that are gone. */
void troubles_keep(struct troubles *t, bool (*is_known)(void *arg, const char *subject), void *arg);
/* Whether the operation as a whole is paused. */
bool troubles_is_paused(const struct troubles *t, const char *operation, int64_t now_s);
void troubles_pause(struct troubles *t, const char *operation, int64_t until_s);
/* The newest failure that still stands, NULL when there is none; valid until the next change. */
const char *troubles_text(const struct troubles *t);
