/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/explain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/investigation.h"
#include "diagnosers/first_fault.h"
#include "diagnosers/statistics.h"
#include "util/list.h"
#include "util/text.h"

enum {
        SINCE_STANDARD_S = 3600,
        QUIET_S = 3600, /* without a restart: what comes after it is another episode */
        PROGRESS_MAX_LINES = 500,
};

struct explain_work {
        struct rpc_work base;
        void (*wake)(void *waiter);
        void *waiter;
        char *target, *application, *tag;
        struct client *client;
        struct investigation *investigation; /* NULL: over */
        int64_t onset_s;
        char **lines; /* of progress */
        size_t n_lines, lines_size, n_told;
        struct finding report;
        bool has_report, is_healthy;
        int failed;
};

static void add_line(void *arg, const char *text) {
        struct explain_work *x = arg;
        char *copy = x->n_lines < PROGRESS_MAX_LINES ? strdup(text) : NULL, **slot = NULL;
        if (copy)
                slot = LIST_ADD(x->lines, x->n_lines, x->lines_size);
        if (slot)
                *slot = copy;
        else
                free(copy);
        x->wake(x->waiter);
}

static void on_done(void *arg, const struct explanation *e) {
        struct explain_work *x = arg;
        x->investigation = NULL;
        if (e) {
                const struct root_cause *c = e->report.root_cause;
                x->failed = finding_dup(&e->report, &x->report);
                x->has_report = x->failed == 0;
                x->is_healthy = !c->exception_class && !c->message && e->report.n_evidence == 0 && e->again_at_s == 0;
                x->onset_s = e->onset_s;
        }
        x->wake(x->waiter);
}

static void write_report(const struct explain_work *x, struct jsonw *w) {
        const struct finding *f = &x->report;
        jsonw_object(w);
        jsonw_key(w, "report");
        jsonw_object(w);
        jsonw_member_string(w, "target", x->target);
        jsonw_member_string(w, "application", x->application);
        jsonw_member_time(w, "onset_at", x->onset_s);
        jsonw_member_string(w, "title", f->title);
        jsonw_member_string(w, "confidence", confidence_name(f->confidence));
        jsonw_member_string(w, "completeness", f->root_cause->completeness);
        jsonw_key(w, "root_cause");
        root_cause_write(w, x->is_healthy ? NULL : f->root_cause);
        finding_write_lists(w, f);
        jsonw_object_end(w);
        jsonw_object_end(w);
}

static void write_line(const char *name, const char *text, struct jsonw *w) {
        jsonw_object(w);
        jsonw_member_string(w, name, text);
        jsonw_object_end(w);
}

static int next(struct rpc_work *work, struct jsonw *w) {
        struct explain_work *x = (struct explain_work *)work;
        if (x->failed < 0)
                return x->failed;
        for (; x->n_told < x->n_lines; x->n_told++)
                write_line("progress", x->lines[x->n_told], w);
        if (x->investigation)
                return RPC_WAIT;
        if (x->has_report)
                write_report(x, w);
        else
                write_line("error", "the store could not be read or written: see the daemon's log", w);
        return 0;
}

static void release(struct rpc_work *work) {
        struct explain_work *x = (struct explain_work *)work;
        investigation_cancel(x->investigation);
        client_free(x->client);
        for (size_t i = 0; i < x->n_lines; i++)
                free(x->lines[i]);
        free(x->lines);
        finding_done(&x->report);
        free(x->target);
        free(x->application);
        free(x->tag);
        free(x);
}

/* The earliest onset of what is open, 0: nothing is. */
static int find_incident(struct store *s, const struct inquiry *q, int64_t *ret_onset_s) {
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter filter = {
                .target = q->target, .application = q->application, .only_open = true, .only_heads = true};
        int r = store_list_incidents(s, &filter, &rows);
        *ret_onset_s = 0;
        for (size_t i = 0; r == 0 && i < rows.n_rows; i++) {
                const struct incident *known = &rows.rows[i];
                if (strcmp(known->application, q->application) == 0 && first_fault_explains(known->finding.diagnoser) &&
                    (*ret_onset_s == 0 || known->finding.onset_s < *ret_onset_s))
                        *ret_onset_s = known->finding.onset_s;
        }
        return r;
}

/* The first restart of the newest run of restarts since from_s, 0: there was none. */
static int find_restarts(struct store *s, const struct inquiry *q, int64_t from_s, int64_t now_s,
                         int64_t *ret_onset_s) {
        static const char *const counters[] = {"fullRestarts", "numRestarts"};
        SCOPED(window_free) struct window *w = NULL;
        struct window_need needs[ELEMENTS(counters)];
        struct window_spec spec = {.target = q->target,
                                   .application = q->application,
                                   .now_s = now_s,
                                   .settled_before_s = now_s,
                                   .needs = needs,
                                   .n_needs = ELEMENTS(needs)};
        for (size_t i = 0; i < ELEMENTS(counters); i++)
                needs[i] = (struct window_need){.metric = metric_find(counters[i], NULL), .span_s = now_s - from_s};
        int r = store_read_window(s, &spec, &w);
        *ret_onset_s = 0;
        for (size_t i = 0; r == 0 && i < ELEMENTS(counters); i++) {
                const struct series_view *v = window_find(w, counters[i], NULL);
                int64_t onset_s = 0;
                for (size_t k = v ? v->n_samples : 0; k-- > 1;) {
                        if (onset_s > 0 && onset_s - v->samples[k].at_s > QUIET_S)
                                break;
                        if (counter_step(v, k) > 0)
                                onset_s = v->samples[k].at_s;
                }
                if (onset_s > *ret_onset_s)
                        *ret_onset_s = onset_s;
        }
        return r;
}

/* An open incident's onset, else the restarts of the time that is asked for, else all of that time. */
static int find_inquiry(struct store *s, int64_t since_s, int64_t now_s, struct inquiry *q) {
        int64_t from_s = now_s - (since_s > 0 ? since_s : SINCE_STANDARD_S), onset_s = 0;
        int r = since_s > 0 ? 0 : find_incident(s, q, &onset_s);
        q->is_aside = onset_s == 0;
        if (r == 0 && onset_s == 0)
                r = find_restarts(s, q, from_s, now_s, &onset_s);
        q->is_fixed = onset_s == 0;
        q->onset_s = q->is_fixed ? from_s : onset_s;
        q->from_s = q->is_fixed ? from_s : onset_s - FIRST_FAULT_BEFORE_S;
        q->to_s = q->is_fixed ? now_s : onset_s + FIRST_FAULT_AFTER_S;
        return r;
}

static int open_client(struct explain_work *x, const struct work_order *order) {
        const struct config *config = order->host->config;
        SCOPED(buf_done) struct buf tag = BUF_INIT(512);
        buf_printf(&tag, "explain: target %s", order->target);
        x->tag = buf_steal(&tag);
        if (!x->tag || text_replace(&x->target, order->target) < 0 ||
            text_replace(&x->application, order->application) < 0)
                return -ENOMEM;
        for (size_t i = 0; i < config->n_targets; i++) {
                const struct config_target *t = &config->targets[i];
                struct client_options options = {x->tag, t->region, t->profile, t->role_arn, t->external_id};
                if (strcmp(t->name, order->target) == 0)
                        return client_new(order->host->exchange, &options, &x->client);
        }
        return -ENOENT;
}

static int begin(struct explain_work *x, const struct work_order *order) {
        const struct work_host *from = order->host;
        struct inquiry q = {.target = x->target, .application = x->application};
        struct investigation_host host = {.loop = from->loop,
                                          .exchange = from->exchange,
                                          .store = from->store,
                                          .quotas = from->quotas,
                                          .client = x->client,
                                          .tag = x->tag,
                                          .settle_s = from->config->settle_s,
                                          .arg = x,
                                          .progress = add_line,
                                          .done = on_done};
        int r = find_inquiry(from->store, order->since_s, loop_now_s(from->loop), &q);
        return r < 0 ? r : investigation_start(&host, &q, &x->investigation);
}

int explain_begin(const struct work_order *order, struct rpc_work **ret, struct err *reterr) {
        struct explain_work *x = calloc(1, sizeof *x);
        if (!x)
                return -ENOMEM;
        x->base = (struct rpc_work){next, release};
        x->wake = order->wake;
        x->waiter = order->waiter;
        int r = open_client(x, order);
        if (r == 0)
                r = begin(x, order);
        if (r < 0) {
                release(&x->base);
                return err_set(reterr, r, "%s: the cause cannot be looked for: %s", order->application, strerror(-r));
        }
        *ret = &x->base;
        return 0;
}
