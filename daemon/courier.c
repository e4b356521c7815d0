/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/courier.h"

#include <errno.h>
#include <string.h>

#include "daemon/carrier.h"
#include "daemon/log.h"
#include "daemon/notifier_watch.h"
#include "util/text.h"

enum { WATCH_EVERY_MS = 30 * 1000, DROP_SLICE_MS = 10, DROP_PAUSE_MS = 5 };

struct courier {
        struct courier_host host;
        struct carrier **carriers;
        size_t n_carriers;
        struct timer wake, watch;
        struct timer drop; /* runs while what waits for notifiers that are no more is dropped, piece by piece */
        bool has_dropped;
};

static void on_rested(void *arg) {
        struct courier *c = arg;
        if (timer_is_running(&c->drop))
                return;
        for (size_t i = 0; i < c->n_carriers; i++)
                if (carrier_is_busy(c->carriers[i]))
                        return;
        c->host.idle(c->host.arg);
}

static void on_watch(void *arg) {
        struct courier *c = arg;
        int r = notifier_watch(c->host.store, c->host.config, loop_now_s(c->host.loop));
        if (r < 0)
                log_error("the notifiers cannot be judged: %s", store_error(c->host.store));
        if (r > 0)
                courier_told(c);
        timer_start(&c->watch, c->host.loop, WATCH_EVERY_MS, on_watch, c);
}

int courier_new(const struct courier_host *host, struct courier **ret) {
        SCOPED(courier_free) struct courier *c = calloc(1, sizeof *c);
        if (!c || !(c->carriers = calloc(host->config->n_notifiers + 1, sizeof *c->carriers)))
                return -ENOMEM;
        c->host = *host;
        struct carrier_host carrier = {.loop = host->loop,
                                       .exchange = host->exchange,
                                       .store = host->store,
                                       .vitals = host->vitals,
                                       .arg = c,
                                       .rested = on_rested};
        for (size_t i = 0; i < host->config->n_notifiers; i++) {
                int r = carrier_new(&carrier, &host->config->notifiers[i], &c->carriers[i]);
                if (r < 0)
                        return r;
                c->n_carriers++;
        }
        timer_start(&c->watch, c->host.loop, WATCH_EVERY_MS, on_watch, c);
        *ret = TAKE(c);
        return 0;
}

void courier_free(struct courier *c) {
        if (!c)
                return;
        timer_stop(&c->wake);
        timer_stop(&c->watch);
        timer_stop(&c->drop);
        for (size_t i = 0; i < c->n_carriers; i++)
                carrier_free(c->carriers[i]);
        free(c->carriers);
        free(c);
}

static bool is_configured(const struct courier *c, const char *notifier) {
        for (size_t i = 0; i < c->host.config->n_notifiers; i++)
                if (text_same(c->host.config->notifiers[i].name, notifier))
                        return true;
        return false;
}

static bool is_abandoned(const struct courier *c, const struct notifier_state *n) {
        return n->pending > 0 && !is_configured(c, n->name);
}

/* Each is a commit that waits for the disk: 1 when the time is over before they are done. */
static int drop(struct courier *c, const char *notifier, int64_t until_ms) {
        for (;;) {
                SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
                int r = store_list_waiting(c->host.store, notifier, &rows);
                for (size_t i = 0; i < rows.n_rows && r == 0; i++) {
                        r = store_settle_delivery(c->host.store, rows.rows[i].id, OUTCOME_REFUSED,
                                                  loop_now_s(c->host.loop), 0, "the notifier is configured no more");
                        if (r == 0 && loop_monotonic_ms(c->host.loop) >= until_ms)
                                return 1;
                }
                if (r < 0 || rows.n_rows == 0) /* a digest falls apart first and goes in the next round */
                        return r;
        }
}

static int drop_some(struct courier *c, bool is_first) {
        SCOPED(notifier_states_done) struct notifier_states states = {0};
        int64_t until_ms = loop_monotonic_ms(c->host.loop) + DROP_SLICE_MS;
        int r = store_list_notifiers(c->host.store, &states);
        for (size_t i = 0; i < states.n_rows && r == 0 && is_first; i++)
                if (is_abandoned(c, &states.rows[i]))
                        log_warning("notifier %s is configured no more: %lld messages are dropped", states.rows[i].name,
                                    (long long)states.rows[i].pending);
        for (size_t i = 0; i < states.n_rows && r == 0; i++)
                if (is_abandoned(c, &states.rows[i]))
                        r = drop(c, states.rows[i].name, until_ms);
        return r;
}

static void drop_slice(struct courier *c, bool is_first);

static void on_drop(void *arg) {
        drop_slice(arg, false);
        on_rested(arg);
}

static void drop_slice(struct courier *c, bool is_first) {
        int r = drop_some(c, is_first);
        c->has_dropped = r == 0;
        if (r < 0)
                log_error("the outbox cannot be read or written: %s", store_error(c->host.store));
        if (r == 1)
                timer_start(&c->drop, c->host.loop, DROP_PAUSE_MS, on_drop, c);
}

static void on_wake(void *arg) {
        struct courier *c = arg;
        if (!c->has_dropped && !timer_is_running(&c->drop))
                drop_slice(c, true);
        for (size_t i = 0; i < c->n_carriers; i++)
                carrier_wake(c->carriers[i]);
        on_rested(c);
}

void courier_wake(struct courier *c) {
        timer_start(&c->wake, c->host.loop, 0, on_wake, c);
}

void courier_told(struct courier *c) {
        for (size_t i = 0; i < c->n_carriers; i++)
                carrier_told(c->carriers[i]);
}
