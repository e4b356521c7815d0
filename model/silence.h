/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody does not want to be told of for a while. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/jsonw.h"
#include "util/scope.h"

struct silence {
        int64_t id;
        char *target;       /* NULL: any */
        char *applications; /* globs */
        char *diagnoser;    /* NULL: any */
        int64_t created_at_s, ends_at_s;
        char *created_by, *comment;
        char *ended_by; /* who ended it early; NULL: nobody */
};

bool silence_is_active(const struct silence *s, int64_t at_s);
/* Whether it is active and about that diagnoser's findings on that application. */
bool silence_covers(const struct silence *s, const char *target, const char *application, const char *diagnoser,
                    int64_t at_s);
void silence_done(struct silence *s);
/* The members of an object that is open. */
void silence_write_members(struct jsonw *w, const struct silence *s, int64_t now_s);
void silence_write(struct jsonw *w, const struct silence *s, int64_t now_s);

SCOPED_DEFINE_VALUE(struct silence, silence_done)
