/* SPDX-License-Identifier: Apache-2.0 */
/* What a carrier is sent with: something of the outbox, what stands at a receiver that forgets, or a sign of life. */
#pragma once

#include "daemon/config.h"
#include "store/store.h"

enum errand_kind { ERRAND_OUTBOX, ERRAND_REFRESH, ERRAND_HEARTBEAT };

struct errand {
        enum errand_kind kind;
        struct delivery delivery;
};

/* When the signs of life are due; kept in memory: after a start they are. */
struct errand_times {
        int64_t heartbeat_s, refresh_s;
        int64_t refreshed_id; /* the last incident of this round of refreshing; 0: a round begins */
};

/* n_failures: in a row, until now. 0: *ret is to be sent; 1: nothing is due before *ret_due_s (0: nothing at all); -errno of the store. */
int errand_choose(struct errand_times *times, struct store *s, const struct config_notifier *n, int64_t n_failures,
                  int64_t now_s, struct errand *ret, int64_t *ret_due_s);
/* Stores how it went. */
int errand_settle(const struct errand *e, struct store *s, const struct config_notifier *n, enum outcome outcome,
                  int64_t now_s, int64_t retry_at_s, const char *reason);
/* When the next sign of life is due after this one. */
void errand_note(struct errand_times *times, const struct errand *e, const struct config_notifier *n,
                 enum outcome outcome, int64_t now_s);
/* "incident 17 (orders restart_loop) opened" */
void errand_describe(const struct errand *e, char to[256]);
void errand_done(struct errand *e);
