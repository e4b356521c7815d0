/* SPDX-License-Identifier: Apache-2.0 */
/* The investigations of one target: one for each application that asks, a few at a time, gone when nobody asks any more. */
#pragma once

#include "daemon/investigation.h"
#include "model/finding.h"

struct investigations;

struct investigations_host {
        struct investigation_host each; /* without arg and callbacks */
        const char *target;
        void *arg;
        /* The application can be judged better now: there is an explanation, or there will be none soon. */
        void (*news)(void *arg, const char *application);
};

/* Everything is borrowed. NULL: out of memory. */
struct investigations *investigations_new(const struct investigations_host *host);
void investigations_free(struct investigations *s);
/* Sees to it that the want is met; asking again for the same episode changes nothing. True while the answer is worth waiting for: at most
 * HOLD_S from the first time. */
bool investigations_ask(struct investigations *s, const char *application, const struct want *want);
/* Of an episode that is over, which nobody waits for: one at a time, when no other waits for its turn. */
void investigations_ask_past(struct investigations *s, const char *application, const struct want *want,
                             int64_t over_s);
/* Nothing is wanted for that application any more: what is under way is given up, but for what is over anyway. */
void investigations_drop(struct investigations *s, const char *application);
/* Gives up those of applications that are not known any more. */
void investigations_keep(struct investigations *s, bool (*is_known)(void *arg, const char *application), void *arg);
size_t investigations_pending(const struct investigations *s);

SCOPED_DEFINE(struct investigations, investigations_free)
