/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the log stream that an application writes to exists: if not, its logs are dropped silently, and that is to be known before they are
 * needed. Asked for rarely, a few applications in a round. */
#include <errno.h>

#include "daemon/log.h"
#include "daemon/poller_inner.h"
#include "util/text.h"

enum {
        LOOK_EVERY_S = 6 * 3600,
        LOOK_AGAIN_S = 600, /* for one that was missing */
        AT_MOST = 20,       /* in a round: the account's quota is for those who read logs */
};

static bool is_due(const struct poller *p, const struct watched *w) {
        int64_t every_s = w->is_log_missing ? LOOK_AGAIN_S : LOOK_EVERY_S;
        /* What pages comes first: not in the first round, unless that is the only one. */
        if (w->gone_at_s > 0 || !w->is_running || w->described_at_s == 0 || (w->is_new && p->is_repeating))
                return false;
        return w->log_asked_at_s == 0 || p->round_at_s - w->log_asked_at_s >= every_s;
}

/* False when there is nothing to ask. */
static bool ask(struct poller *p, struct watched *w) {
        SCOPED(application_done) struct application a = {0};
        struct slot *s = &p->log_slot;
        w->log_asked_at_s = p->round_at_s;
        if (store_application(p->host.store, p->target->name, w->name, &a) != 0 || !a.log_group || !a.log_stream) {
                w->is_log_missing = false;
                return false;
        }
        s->log_group = TAKE(a.log_group);
        s->log_stream = TAKE(a.log_stream);
        struct collect_job job = {.log_group = s->log_group, .log_stream = s->log_stream};
        return poller_start_in(p, s, &collector_log_streams, w->name, &job) == 0;
}

/* One at a time, in a place of its own: a log service that does not answer holds up neither the round nor what it reads. */
static void ask_next(struct poller *p) {
        for (; !p->log_slot.task && p->log_cursor < p->plan.n_applications; p->log_cursor++) {
                struct watched *w = &p->plan.applications[p->log_cursor];
                if (is_due(p, w) && (p->n_logs_asked < AT_MOST || !p->is_repeating))
                        p->n_logs_asked += ask(p, w);
        }
}

bool poller_find_logs(struct poller *p) {
        if (p->cursor++ == 0) {
                p->log_cursor = p->n_logs_asked = 0;
                ask_next(p);
        }
        return true;
}

/* With the facts that are there: the next description carries it on. */
static int store_answer(struct poller *p, struct watched *w) {
        SCOPED(application_done) struct application a = {0};
        SCOPED(batch_done) struct batch b = {0};
        int r = store_application(p->host.store, p->target->name, w->name, &a);
        if (r != 0)
                return r < 0 ? r : 0;
        a.is_log_missing = w->is_log_missing;
        b.collected_at_s = a.seen_at_s;
        r = batch_add_application_take(&b, &a);
        if (r == 0)
                r = store_put(p->host.store, &b);
        if (r == 0)
                plan_note_news(&p->plan, &b);
        return r;
}

void poller_keep_log(struct poller *p, const struct application *described) {
        struct watched *w = plan_find(&p->plan, described->name);
        if (w && w->is_log_missing != described->is_log_missing && store_answer(p, w) < 0)
                log_error("%s: %s", p->tag, store_error(p->host.store));
}

void poller_end_log(struct poller *p, int result) {
        struct slot *s = &p->log_slot;
        struct watched *w = plan_find(&p->plan, s->application);
        bool is_missing = result == -ENOENT || (result == 0 && !s->is_log_there);
        /* That it may not be asked is what doctor is for: nothing is said of a stream that nobody saw. */
        if (w && (result == 0 || result == -ENOENT) && w->is_log_missing != is_missing) {
                w->is_log_missing = is_missing;
                if (store_answer(p, w) < 0)
                        log_error("%s: %s", p->tag, store_error(p->host.store));
        }
        poller_clear_slot(s);
        ask_next(p);
}
