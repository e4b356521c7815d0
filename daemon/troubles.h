/* SPDX-License-Identifier: Apache-2.0 */
/* What keeps failing at a target: said once, not at each poll; refused requests are not repeated for minutes. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

enum { TROUBLES_MAX = 16, REFUSED_PAUSE_S = 300 };

struct trouble {
        const char *operation; /* collector name: static text */
        char text[sizeof((struct err){0}.text)];
        int64_t retry_at_s;
        int64_t said_at_s;
        int64_t n_failures;
};

struct troubles {
        const char *tag; /* "target prod-eu": borrowed */
        struct trouble items[TROUBLES_MAX];
        int n_items;
};

/* Logs what is new: once per operation and text, again every hour. `subject` (an application) may be NULL. Returns when to try again: now_s
 * unless the request was refused (-EACCES, -EINVAL). */
int64_t troubles_failed(struct troubles *t, const char *operation, const char *subject, const struct err *err,
                        int64_t now_s);
/* Logs the recovery when there was a failure. */
void troubles_ended(struct troubles *t, const char *operation);
/* Whether the operation as a whole is paused. */
bool troubles_is_paused(const struct troubles *t, const char *operation, int64_t now_s);
void troubles_pause(struct troubles *t, const char *operation, int64_t until_s);
/* The newest failure that still stands, NULL when there is none. */
const char *troubles_text(const struct troubles *t);
