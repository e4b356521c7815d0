/* SPDX-License-Identifier: Apache-2.0 */
/* The one screen: the daemon, its targets and notifiers, what is open, and each application with its key figures. One application a
 * piece: its window is read and given back. */
#include <errno.h>

#include "rpc/figures.h"
#include "rpc/method.h"
#include "util/text.h"

/* exit_code is an option of the client; all that its exit status is made of is in the answer. */
static const struct rpc_param params[] = {{"target", RPC_KIND_TEXT, false}, {"exit_code", RPC_KIND_FLAG, false}, {0}};

enum stage { STAGE_HEAD, STAGE_INCIDENTS, STAGE_APPLICATIONS };
enum { PIECE = 8, OPEN_PIECE = 16 };

struct status {
        enum stage stage;
        struct target_states targets;
        struct notifier_states notifiers;
        struct incident_rows incidents;       /* open ones, their heads */
        struct application_rows applications; /* of all targets, or of the one asked for */
        size_t next;
};

static void status_free(void *state) {
        struct status *s = state;
        target_states_done(&s->targets);
        notifier_states_done(&s->notifiers);
        incident_rows_done(&s->incidents);
        application_rows_done(&s->applications);
        free(s);
}

static int status_start(struct rpc_question *q, void **ret_state) {
        const struct incident_filter filter = {.target = q->values[0].text, .only_open = true, .only_heads = true};
        int r = rpc_check_target(q, filter.target);
        if (r < 0)
                return r;
        struct status *s = calloc(1, sizeof *s);
        *ret_state = s;
        if (!s)
                return -ENOMEM;
        r = store_list_targets(q->host->store, &s->targets);
        if (r == 0)
                r = store_list_notifiers(q->host->store, &s->notifiers);
        if (r == 0)
                r = store_list_incidents(q->host->store, &filter, &s->incidents);
        return r < 0 ? r : store_list_applications(q->host->store, filter.target, &s->applications);
}

static void write_daemon(struct rpc_question *q, struct jsonw *w) {
        jsonw_key(w, "daemon");
        jsonw_object(w);
        jsonw_member_string(w, "version", q->host->version);
        jsonw_member_int(w, "pid", q->host->pid);
        jsonw_member_time(w, "started_at", q->host->started_at_s);
        jsonw_member_int(w, "interval_s", q->host->interval_s);
        jsonw_member_time(w, "at", q->now_s);
        jsonw_object_end(w);
}

static void write_progress(struct rpc_question *q, const char *target, struct jsonw *w) {
        const struct rpc_actions *actions = q->host->actions;
        struct rpc_progress progress;
        jsonw_key(w, "progress");
        if (!actions || !actions->progress || actions->progress(actions->arg, target, &progress) != 0) {
                jsonw_null(w);
                return;
        }
        jsonw_object(w);
        jsonw_member_int(w, "series", progress.n_series);
        jsonw_member_int(w, "series_read", progress.n_series_read);
        jsonw_member_int(w, "applications", progress.n_applications);
        jsonw_member_int(w, "applications_judged", progress.n_applications_judged);
        jsonw_object_end(w);
}

/* What the configuration has no more keeps its history; how it was at the end says nothing of now. */
static bool is_watched(const struct rpc_question *q, const char *target, const char *application) {
        const struct rpc_actions *actions = q->host->actions;
        return !actions || !actions->is_watched || actions->is_watched(actions->arg, target, application);
}

static bool is_told(const struct rpc_question *q, const char *notifier) {
        const struct rpc_actions *actions = q->host->actions;
        return !actions || !actions->is_told || actions->is_told(actions->arg, notifier);
}

static void write_targets(struct rpc_question *q, const struct status *s, struct jsonw *w) {
        jsonw_key(w, "targets");
        jsonw_array(w);
        for (size_t i = 0; i < s->targets.n_rows; i++) {
                const struct target_state *t = &s->targets.rows[i];
                if ((q->values[0].text && strcmp(q->values[0].text, t->name) != 0) || !is_watched(q, t->name, NULL))
                        continue;
                jsonw_object(w);
                jsonw_member_string(w, "name", t->name);
                jsonw_member_string(w, "region", t->region);
                jsonw_member_time(w, "polled_at", t->polled_at_s);
                jsonw_member_time(w, "failed_at", t->failed_at_s);
                jsonw_member_string(w, "error", t->error);
                jsonw_member_int(w, "metrics_requested", t->metrics_requested);
                write_progress(q, t->name, w);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void write_notifiers(const struct rpc_question *q, const struct status *s, struct jsonw *w) {
        jsonw_key(w, "notifiers");
        jsonw_array(w);
        for (size_t i = 0; i < s->notifiers.n_rows; i++) {
                const struct notifier_state *n = &s->notifiers.rows[i];
                if (n->pending == 0 && !is_told(q, n->name))
                        continue;
                jsonw_object(w);
                jsonw_member_string(w, "name", n->name);
                jsonw_member_time(w, "delivered_at", n->delivered_at_s);
                jsonw_member_time(w, "failed_at", n->failed_at_s);
                jsonw_member_time(w, "failing_since", n->failing_since_s);
                jsonw_member_int(w, "pending", n->pending);
                jsonw_member_string(w, "error", n->error);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

/* With all that belongs to it; n_rows 0: it is over since. */
static int load_whole(struct rpc_question *q, const struct incident *head, struct incident_rows *ret) {
        const struct incident_filter filter = {.id = head->id, .only_open = true};
        return store_list_incidents(q->host->store, &filter, ret);
}

static void write_open(struct jsonw *w, const struct incident *i) {
        jsonw_object(w);
        jsonw_member_int(w, "id", i->id);
        jsonw_member_string(w, "target", i->target);
        jsonw_member_string(w, "application", i->application);
        jsonw_member_string(w, "diagnoser", i->finding.diagnoser);
        jsonw_member_string(w, "severity", severity_name(i->finding.severity));
        jsonw_member_string(w, "state", incident_state_name(i->state));
        jsonw_member_bool(w, "quiet", i->is_quiet);
        jsonw_member_time(w, "onset_at", i->finding.onset_s);
        jsonw_member_string(w, "title", i->finding.title);
        const struct root_cause *cause = i->finding.root_cause;
        jsonw_member_string(w, "cause", !cause ? NULL : cause->message ? cause->message : cause->exception_class);
        jsonw_member_string(w, "advice", i->finding.n_advice > 0 ? i->finding.advice[0] : NULL);
        jsonw_object_end(w);
}

/* The application's own incidents: how many page, how many are quiet, and the worst that pages (else the worst). */
struct burden {
        size_t n_loud, n_quiet;
        const struct incident *worst;
};

static struct burden burden_of(const struct status *s, const struct application *a) {
        struct burden b = {0};
        for (size_t i = 0; i < s->incidents.n_rows; i++) {
                const struct incident *incident = &s->incidents.rows[i];
                if (!text_same(incident->application, a->name) || !text_same(incident->target, a->target))
                        continue;
                *(incident->is_quiet ? &b.n_quiet : &b.n_loud) += 1;
                bool is_louder = b.worst && b.worst->is_quiet && !incident->is_quiet;
                bool is_alike = !b.worst || b.worst->is_quiet == incident->is_quiet;
                if (!b.worst || is_louder || (is_alike && incident->finding.severity > b.worst->finding.severity))
                        b.worst = incident;
        }
        return b;
}

static int write_application(struct rpc_question *q, const struct status *s, const struct application *a,
                             struct jsonw *w) {
        SCOPED(incident_rows_done) struct incident_rows worst = {0};
        struct burden b = burden_of(s, a);
        int64_t kpus = rpc_kpus(a);
        int r = b.worst ? load_whole(q, b.worst, &worst) : 0;
        if (r < 0)
                return r;
        jsonw_object(w);
        jsonw_member_string(w, "target", a->target);
        jsonw_member_string(w, "name", a->name);
        jsonw_member_string(w, "status", a->status);
        jsonw_member_string(w, "runtime", a->runtime);
        jsonw_key(w, "kpus");
        if (kpus > 0)
                jsonw_int(w, kpus);
        else
                jsonw_null(w);
        jsonw_member_string(w, "severity", b.n_loud > 0 ? severity_name(b.worst->finding.severity) : NULL);
        jsonw_member_int(w, "incidents", (int64_t)b.n_loud);
        jsonw_member_int(w, "quiet", (int64_t)b.n_quiet);
        r = figures_write(q, a, worst.n_rows > 0 ? &worst.rows[0] : NULL, w);
        jsonw_object_end(w);
        return r;
}

static int applications_piece(struct rpc_question *q, struct status *s, struct jsonw *w) {
        for (size_t i = 0; i < PIECE && s->next < s->applications.n_rows; i++, s->next++) {
                const struct application *a = &s->applications.rows[s->next];
                int r = is_watched(q, a->target, a->name) ? write_application(q, s, a, w) : 0;
                if (r < 0)
                        return r;
        }
        if (s->next < s->applications.n_rows)
                return RPC_MORE;
        jsonw_array_end(w);
        jsonw_object_end(w);
        return 0;
}

static int incidents_piece(struct rpc_question *q, struct status *s, struct jsonw *w) {
        for (size_t i = 0; i < OPEN_PIECE && s->next < s->incidents.n_rows; i++, s->next++) {
                SCOPED(incident_rows_done) struct incident_rows whole = {0};
                int r = load_whole(q, &s->incidents.rows[s->next], &whole);
                if (r < 0)
                        return r;
                if (whole.n_rows > 0)
                        write_open(w, &whole.rows[0]);
        }
        if (s->next < s->incidents.n_rows)
                return RPC_MORE;
        jsonw_array_end(w);
        jsonw_key(w, "applications");
        jsonw_array(w);
        s->stage = STAGE_APPLICATIONS;
        s->next = 0;
        return RPC_MORE;
}

static int status_step(struct rpc_question *q, void *state, struct jsonw *w) {
        struct status *s = state;
        switch (s->stage) {
        case STAGE_HEAD:
                jsonw_object(w);
                write_daemon(q, w);
                write_targets(q, s, w);
                write_notifiers(q, s, w);
                jsonw_key(w, "incidents");
                jsonw_array(w);
                s->stage = STAGE_INCIDENTS;
                return RPC_MORE;
        case STAGE_INCIDENTS:
                return incidents_piece(q, s, w);
        case STAGE_APPLICATIONS:
                return applications_piece(q, s, w);
        }
        return -EINVAL;
}

const struct rpc_method rpc_status = {"status", RPC_READ, params, status_start, status_step, status_free};
