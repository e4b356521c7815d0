/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/errand.h"

#include <inttypes.h>

#include "incidents/parcels.h"
#include "util/text.h"

enum {
        MINUTE_S = 60,
        HOUR_S = 3600,
        FAILING_AFTER = 3,     /* failures in a row: not the message, the receiver */
        WAIT_LONGEST_S = 1000, /* more than any wait between two tries, Retry-After's too */
};

static int64_t sooner(int64_t a_s, int64_t b_s) {
        return !a_s || (b_s && b_s < a_s) ? b_s : a_s;
}

static int64_t rate_of(const struct config_notifier *n, enum bundling bundling) {
        if (n->rate_limit >= 0)
                return n->rate_limit;
        return bundling == BUNDLE_WHEN_MANY && n->type->is_for_people ? NOTIFIER_RATE_DEFAULT : 0;
}

/* What a clock wrote that was set back since does not wait until that time comes again. */
static void take_from_the_future(struct waiting_rows *rows, int64_t now_s) {
        for (size_t i = 0; i < rows->n_rows; i++) {
                struct waiting *w = &rows->rows[i];
                if (w->next_try_s > now_s + WAIT_LONGEST_S)
                        w->next_try_s = now_s;
                if (w->created_at_s <= now_s)
                        continue;
                w->created_at_s = now_s - MINUTE_S;
                w->next_try_s = now_s;
        }
}

/* Of a receiver that gives each incident a page for life, who is tried alone keeps a page alone: then and only then it is another's turn,
 * so that neither an outage nor one message that it cannot take makes a page of each. */
static bool spares_new(enum bundling bundling, int64_t n_failures) {
        return bundling == BUNDLE_OPENINGS && (n_failures & (n_failures - 1)) != 0;
}

static int list_waiting(struct store *s, const char *notifier, enum bundling bundling, struct waiting_rows *rows) {
        int r = store_list_waiting(s, notifier, rows);
        if (r < 0 || bundling != BUNDLE_OPENINGS)
                return r;
        r = store_mark_told(s, notifier, rows);
        parcel_keep_to_openings(rows->rows, rows->n_rows);
        return r;
}

static int take(struct store *s, enum bundling bundling, const struct parcel *p, struct delivery *ret) {
        return bundling == BUNDLE_OPENINGS ? store_take_page(s, p->ids, p->n, ret)
                                           : store_take_delivery(s, p->ids, p->n, ret);
}

static int choose_from_outbox(struct store *s, const struct config_notifier *n, int64_t n_failures, int64_t now_s,
                              struct delivery *ret, int64_t *ret_due_s) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        int64_t n_sent = 0, newest_s = 0;
        enum bundling bundling = notifier_bundling(n->type, &n->channel);
        struct parcel_rules rules = {
                .bundling = bundling,
                .digest_applications = n->digest_applications,
                .digest_window_s = n->digest_window_s,
                .enough = n->type->is_for_people ? DIGEST_PARTS_MAX : n->digest_applications,
                .is_failing = n_failures >= FAILING_AFTER,
                .spares_new = spares_new(bundling, n_failures),
        };
        int64_t per_hour = rate_of(n, bundling);
        int r = list_waiting(s, n->name, bundling, &rows);
        if (r < 0 || rows.n_rows == 0)
                return r < 0 ? r : 1;
        take_from_the_future(&rows, now_s);
        if (per_hour > 0)
                r = store_sent(s, n->name, now_s - HOUR_S, &n_sent, &newest_s);
        if (r < 0)
                return r;
        int64_t free_s = newest_s > now_s ? 0 : parcel_rate_s(per_hour, n_sent, newest_s);
        r = store_sent(s, n->name, now_s - MINUTE_S, &rules.n_in_last_minute, &newest_s);
        if (r < 0)
                return r;
        if (free_s > now_s) {
                *ret_due_s = free_s;
                return 1;
        }
        struct parcel parcel;
        rules.is_limited = free_s > 0;
        parcel_choose(rows.rows, rows.n_rows, &rules, now_s, &parcel);
        *ret_due_s = parcel.due_at_s;
        return parcel.n == 0 ? 1 : take(s, bundling, &parcel, ret);
}

static int make_heartbeat(struct store *s, const struct config_notifier *n, int64_t now_s, struct delivery *ret) {
        *ret = (struct delivery){.event = EVENT_HEARTBEAT, .created_at_s = now_s};
        snprintf(ret->delivery_id, sizeof ret->delivery_id, "%s-heartbeat-%" PRId64, store_instance(s), now_s);
        return text_replace(&ret->notifier, n->name);
}

/* A page of what stands; 1 when the round is over. */
static int choose_standing(struct errand_times *times, struct store *s, const struct config_notifier *n,
                           int64_t every_s, int64_t now_s, struct delivery *ret) {
        int r = store_standing(s, n->name, times->refreshed_id, ret);
        if (r == 1) {
                times->refreshed_id = 0;
                times->refresh_s = now_s + every_s;
        }
        return r;
}

int errand_choose(struct errand_times *times, struct store *s, const struct config_notifier *n, int64_t n_failures,
                  int64_t now_s, struct errand *ret, int64_t *ret_due_s) {
        int64_t refresh_every_s = notifier_refresh_s(n->type, &n->channel);
        *ret = (struct errand){.kind = ERRAND_OUTBOX};
        *ret_due_s = 0;
        int r = choose_from_outbox(s, n, n_failures, now_s, &ret->delivery, ret_due_s);
        if (r == 1 && n->heartbeat_s > 0 && times->heartbeat_s <= now_s) {
                ret->kind = ERRAND_HEARTBEAT;
                return make_heartbeat(s, n, now_s, &ret->delivery);
        }
        if (r == 1 && refresh_every_s > 0 && times->refresh_s <= now_s) {
                ret->kind = ERRAND_REFRESH;
                r = choose_standing(times, s, n, refresh_every_s, now_s, &ret->delivery);
        }
        if (r == 1)
                *ret_due_s = sooner(sooner(*ret_due_s, times->heartbeat_s), times->refresh_s);
        return r;
}

int errand_settle(const struct errand *e, struct store *s, const struct config_notifier *n, enum outcome outcome,
                  int64_t now_s, int64_t retry_at_s, const char *reason) {
        if (e->kind == ERRAND_OUTBOX)
                return store_settle_delivery(s, e->delivery.id, outcome, now_s, retry_at_s, reason);
        return store_note_notifier(s, n->name, now_s, outcome == OUTCOME_DELIVERED ? NULL : text_or_empty(reason));
}

void errand_note(struct errand_times *times, const struct errand *e, const struct config_notifier *n,
                 enum outcome outcome, int64_t now_s) {
        if (outcome == OUTCOME_RETRY)
                return;
        if (e->kind == ERRAND_HEARTBEAT)
                times->heartbeat_s = now_s + n->heartbeat_s;
        else if (e->kind == ERRAND_REFRESH && e->delivery.n_parts > 0)
                times->refreshed_id = e->delivery.parts[e->delivery.n_parts - 1].incident.id;
}

void errand_describe(const struct errand *e, char to[256]) {
        const struct delivery *d = &e->delivery;
        if (e->kind == ERRAND_HEARTBEAT)
                snprintf(to, 256, "heartbeat");
        else if (e->kind == ERRAND_REFRESH)
                snprintf(to, 256, "%zu alerts that stand", d->n_parts);
        else if (d->n_parts > 0)
                snprintf(to, 256, "digest of %zu events", d->n_parts);
        else
                snprintf(to, 256, "incident %" PRId64 " (%.100s %.60s) %s", d->incident.id,
                         text_or_empty(d->incident.application), text_or_empty(d->incident.finding.diagnoser),
                         incident_event_name(d->event));
}

void errand_done(struct errand *e) {
        delivery_done(&e->delivery);
}
