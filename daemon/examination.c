/* SPDX-License-Identifier: Apache-2.0 */
/* A list of trials, one per collector: each asks its question once, or once for each application, and says of each of its actions
 * whether it was answered. */
#include <errno.h>

#include "daemon/examination_inner.h"
#include "util/glob.h"
#include "util/list.h"
#include "util/text.h"

enum {
        ALL = EXAMINED_APPLICATIONS_MAX,
        SOME = 10, /* not each application has had an operation lately */
        DISCOVERY_PAGES = 20,
        METRICS_SPAN_S = 15 * 60,
        LOGS_SPAN_S = 60
};

static const char no_application[] = "no application is known to ask about";

static void advance(struct examination *x);

static struct examined *current(struct examination *x) {
        return &x->applications_seen[x->turn];
}

/* Each prepares the question: NULL, or why it cannot be asked. */

static const char *prepare_nothing(struct examination *x, struct collect_job *job) {
        (void)x;
        (void)job;
        return NULL;
}

static const char *prepare_current(struct examination *x, struct collect_job *job) {
        job->application = current(x)->name;
        return NULL;
}

static const char *prepare_chosen(struct examination *x, struct collect_job *job) {
        if (!x->chosen)
                return no_application;
        job->application = x->chosen->name;
        return NULL;
}

static const struct metric *cheapest_metric(int version) {
        for (size_t i = 0; i < n_metrics; i++)
                if (metrics[i].tier == TIER_SENTINEL && metric_is_published(&metrics[i], version, LEVEL_APPLICATION))
                        return &metrics[i];
        return &metrics[0];
}

/* A single metric; one that does not exist is answered as well. */
static const char *prepare_metrics(struct examination *x, struct collect_job *job) {
        int version = x->chosen ? flink_version(x->chosen->facts.runtime) : 0;
        const struct metric *m = cheapest_metric(version > 0 ? version : 120);
        int64_t to_s = job->now_s - job->now_s % m->period_s;
        x->query = (struct metric_query){
                .series_id = 1,
                .application = x->chosen ? x->chosen->name : "none",
                .metric = m,
                .dimensions = "",
                .from_s = to_s -
                          (m->period_s > METRICS_SPAN_S ? m->period_s : METRICS_SPAN_S / m->period_s * m->period_s),
                .to_s = to_s,
        };
        job->queries = &x->query;
        job->n_queries = 1;
        return NULL;
}

static const char *prepare_series_list(struct examination *x, struct collect_job *job) {
        job->application = x->chosen ? x->chosen->name : NULL;
        return NULL;
}

static const char *prepare_log_streams(struct examination *x, struct collect_job *job) {
        const struct application *a = &current(x)->facts;
        if (!a->log_group)
                return "no application with a logging option is known";
        job->log_group = a->log_group;
        job->log_stream = a->log_stream;
        return NULL;
}

static const char *prepare_logs(struct examination *x, struct collect_job *job) {
        const struct examined *best = NULL;
        for (size_t i = 0; i < x->n_seen; i++) {
                const struct examined *e = &x->applications_seen[i];
                if (e->facts.log_group && e->group != GROUP_MISSING && (!best || e->group > best->group))
                        best = e;
        }
        if (!best)
                return "no application with an existing log group is known";
        job->application = best->name;
        job->log_group = best->facts.log_group;
        job->log_stream = best->group == GROUP_GOOD ? best->facts.log_stream : NULL;
        job->from_ms = (job->now_s - LOGS_SPAN_S) * 1000;
        job->to_ms = job->now_s * 1000;
        job->log_filter = "\"flinkwatch doctor\""; /* matches little: the answer stays small */
        return NULL;
}

/* Each looks at one answer. */

static void judge_identity(struct examination *x, const struct probe_result *r) {
        const struct identity *found = &r->batch->identity;
        if (r->result == 0 && (text_replace(&x->account, found->account) < 0 || text_replace(&x->arn, found->arn) < 0))
                x->lines.failed = -ENOMEM;
        check_credentials(x, r);
}

static int add_seen(struct examination *x, struct span name) {
        for (size_t i = 0; i < x->n_seen; i++)
                if (span_is(name, x->applications_seen[i].name))
                        return 0;
        char *copy = span_dup(name);
        bool is_watched = copy && glob_list_matches(x->applications, copy);
        x->n_matching += is_watched;
        if (copy && (!is_watched || x->n_seen == EXAMINED_APPLICATIONS_MAX)) {
                free(copy);
                return 0;
        }
        struct examined *e = copy ? LIST_ADD(x->applications_seen, x->n_seen, x->seen_size) : NULL;
        if (!e) {
                free(copy);
                return -ENOMEM;
        }
        e->name = copy;
        return 0;
}

/* Whole names of the configuration: one that is not listed is looked for all the same. */
static int add_whole_names(struct examination *x) {
        struct span rest = span_of(text_or_empty(x->applications));
        int r = 0;
        while (r == 0 && rest.data) {
                struct span item = span_trim(span_split(&rest, ','));
                bool is_whole = item.len > 0 && item.data[0] != '!' && !memchr(item.data, '*', item.len) &&
                                !memchr(item.data, '?', item.len);
                if (is_whole)
                        r = add_seen(x, item);
        }
        return r;
}

/* What the store knows, as polling does it while ListApplications fails. */
static int add_stored(struct examination *x) {
        SCOPED(application_rows_done) struct application_rows known = {0};
        int r = store_list_applications(x->host.store, x->name, &known);
        for (size_t i = 0; r == 0 && i < known.n_rows; i++)
                r = add_seen(x, span_of(known.rows[i].name));
        return r;
}

static void judge_discovery(struct examination *x, const struct probe_result *r) {
        const struct batch *b = r->batch;
        int failed = 0;
        for (size_t i = 0; failed == 0 && i < b->n_names; i++)
                failed = add_seen(x, span_of(b->names[i].name));
        size_t n_matching = x->n_matching;
        if (failed == 0)
                failed = add_whole_names(x);
        x->n_matching = n_matching;
        if (r->result < 0 && failed == 0)
                failed = add_stored(x);
        if (failed < 0)
                x->lines.failed = failed;
        x->n_listed = b->n_names;
        x->is_listed = r->result == 0;
}

static void end_discovery(struct examination *x) {
        if (x->is_listed)
                check_applications(x);
}

static void judge_application(struct examination *x, const struct probe_result *r) {
        struct examined *e = current(x);
        if (r->result == 0 && r->batch->n_applications > 0) {
                e->is_described = true;
                if (fields_dup(application_fields, &r->batch->applications[0], &e->facts, sizeof e->facts) < 0)
                        x->lines.failed = -ENOMEM;
        } else if (r->result == -ENOENT) {
                e->is_missing = true;
        } else if (store_application(x->host.store, x->name, e->name, &e->facts) != 0) {
                e->facts = (struct application){0};
        }
}

static void judge_log_streams(struct examination *x, const struct probe_result *r) {
        struct examined *e = current(x);
        if (r->result == 0)
                e->group = r->batch->n_log_streams > 0 ? GROUP_GOOD : GROUP_HAS_NO_STREAM;
        else if (r->result == -ENOENT)
                e->group = GROUP_MISSING;
}

static void end_log_streams(struct examination *x) {
        for (size_t i = 0; i < x->n_seen; i++)
                check_logging(x, &x->applications_seen[i]);
}

static void end_applications(struct examination *x) {
        for (size_t i = 0; i < x->n_seen; i++) {
                const struct examined *e = &x->applications_seen[i];
                check_application(x, e);
                if (!x->chosen || (application_is_running(&e->facts) && !application_is_running(&x->chosen->facts)))
                        x->chosen = e;
        }
        check_region(x);
}

static const struct trial {
        const struct collector *collector;
        const char *service; /* signing name */
        size_t n_turns; /* 0: once; ALL: for each application; else for so many, until each action was answered or refused */
        size_t n_replies; /* enough */
        const char *(*prepare)(struct examination *x, struct collect_job *job);
        void (*judge)(struct examination *x, const struct probe_result *r); /* NULL: the permission is all */
        void (*end)(struct examination *x);                                 /* after the last; NULL */
} trials[] = {
        {&collector_identity, "sts", 0, 1, prepare_nothing, judge_identity, NULL},
        {&collector_discovery, "kinesisanalytics", 0, DISCOVERY_PAGES, prepare_nothing, judge_discovery, end_discovery},
        {&collector_applications, "kinesisanalytics", ALL, 1, prepare_current, judge_application, end_applications},
        {&collector_operations, "kinesisanalytics", SOME, 2, prepare_current, NULL, NULL},
        {&collector_snapshots, "kinesisanalytics", 0, 1, prepare_chosen, NULL, NULL},
        {&collector_metrics, "monitoring", 0, 1, prepare_metrics, NULL, NULL},
        {&collector_series_list, "monitoring", 0, 1, prepare_series_list, NULL, NULL},
        {&collector_log_streams, "logs", ALL, 2, prepare_log_streams, judge_log_streams, end_log_streams},
        {&collector_logs, "logs", 0, 1, prepare_logs, NULL, NULL},
};

static size_t n_trials(const struct examination *x) {
        return x->topic_arn ? 1 : ELEMENTS(trials);
}

static size_t n_turns(const struct examination *x, const struct trial *t) {
        if (t->n_turns == 0)
                return 1;
        return x->n_seen < t->n_turns ? x->n_seen : t->n_turns;
}

static bool is_settled(const struct examination *x, const struct trial *t) {
        for (size_t i = 0; t->collector->actions[i] && i < TALLIES_MAX; i++)
                if (x->tallies[i].n_good == 0 && x->tallies[i].n_bad == 0)
                        return false;
        return t->n_turns > 0 && t->n_turns < ALL;
}

static bool is_unreachable(const struct examination *x, const char *service) {
        for (size_t i = 0; i < x->n_unreachable; i++)
                if (strcmp(x->unreachable[i], service) == 0)
                        return true;
        return false;
}

/* Whoever answers says what time it is; whoever keeps silent once is not asked for each application. */
static void note_reach(struct examination *x, const struct trial *t, int result) {
        bool has_answered = client_service(x->client, t->service)->skew.is_known && result != -ETIMEDOUT;
        if (result < 0 && x->has_keys && !has_answered && !is_unreachable(x, t->service) &&
            x->n_unreachable < SERVICES_EXAMINED_MAX)
                x->unreachable[x->n_unreachable++] = t->service;
}

static void on_probed(void *arg, const struct probe_result *r) {
        struct examination *x = arg;
        const struct trial *t = &trials[x->trial];
        x->probe = NULL;
        x->has_keys = client_keys(x->client) != NULL;
        note_reach(x, t, r->result);
        tallies_note(x, t->collector, t->n_turns > 0 ? current(x) : x->chosen, r);
        if (t->judge)
                t->judge(x, r);
        x->turn++;
        advance(x);
        x->host.changed(x->host.arg);
}

static const char *why_not(const struct examination *x, const struct trial *t) {
        if (t != &trials[0] && !x->has_keys)
                return "there are no keys to ask with";
        return is_unreachable(x, t->service) ? "the service does not answer, as said above" : NULL;
}

/* True when a question is under way. */
static bool ask(struct examination *x, const struct trial *t) {
        struct collect_job job = {.target = x->name, .now_s = loop_now_s(x->host.loop)};
        const char *reason = why_not(x, t);
        if (!reason)
                reason = t->prepare(x, &job);
        struct probe_job probe = {
                .collector = t->collector, .collect = job, .n_replies = t->n_replies, .arg = x, .done = on_probed};
        int r = reason ? 0 : probe_start(x->host.exchange, x->client, &probe, &x->probe);
        if (!reason && r == 0)
                return true;
        for (size_t i = 0; i < TALLIES_MAX; i++)
                x->tallies[i].why_not = reason ? reason : "the question cannot be put into words";
        if (r == -ENOMEM)
                x->lines.failed = r;
        return false;
}

static void end_trial(struct examination *x, const struct trial *t) {
        tallies_say(x, t->collector, t->service);
        if (t->end)
                t->end(x);
        x->trial++;
        x->turn = 0;
}

static void advance(struct examination *x) {
        while (x->trial < n_trials(x)) {
                const struct trial *t = &trials[x->trial];
                while (x->turn < n_turns(x, t) && !is_settled(x, t)) {
                        if (ask(x, t))
                                return;
                        x->turn++;
                }
                end_trial(x, t);
        }
        if (x->topic_arn)
                check_publish(x);
        else
                check_clock(x);
        x->is_over = true;
}

static void begin(void *arg) {
        struct examination *x = arg;
        advance(x);
        x->host.changed(x->host.arg);
}

static int copy_examinee(struct examination *x, const struct examinee *who) {
        SCOPED(buf_done) struct buf tag = BUF_INIT(512);
        buf_printf(&tag, "doctor: %s %s", who->topic_arn ? "notifier" : "target", who->name);
        x->tag = buf_steal(&tag);
        if (!x->tag || text_replace(&x->name, who->name) < 0 || text_replace(&x->topic_arn, who->topic_arn) < 0 ||
            text_replace(&x->region, who->region) < 0 || text_replace(&x->profile, who->profile) < 0 ||
            text_replace(&x->role_arn, who->role_arn) < 0 || text_replace(&x->external_id, who->external_id) < 0)
                return -ENOMEM;
        return text_replace(&x->applications, who->applications);
}

int examination_new(const struct examination_host *host, const struct examinee *who, struct examination **ret) {
        SCOPED(examination_free) struct examination *x = calloc(1, sizeof *x);
        if (!x)
                return -ENOMEM;
        x->host = *host;
        int r = copy_examinee(x, who);
        struct client_options options = {x->tag, x->region, x->profile, x->role_arn, x->external_id};
        if (r == 0)
                r = client_new(host->exchange, &options, &x->client);
        if (r < 0)
                return r;
        timer_start(&x->begin, host->loop, 0, begin, x);
        *ret = TAKE(x);
        return 0;
}

void examination_free(struct examination *x) {
        if (!x)
                return;
        timer_stop(&x->begin);
        probe_cancel(x->probe);
        client_free(x->client);
        tallies_clear(x);
        for (size_t i = 0; i < x->n_seen; i++) {
                free(x->applications_seen[i].name);
                application_done(&x->applications_seen[i].facts);
        }
        free(x->applications_seen);
        doctor_lines_done(&x->lines);
        free(x->name);
        free(x->tag);
        free(x->topic_arn);
        free(x->region);
        free(x->profile);
        free(x->role_arn);
        text_wipe_free(x->external_id);
        free(x->applications);
        free(x->account);
        free(x->arn);
        free(x);
}

const char *examination_target(const struct examination *x) {
        return x->topic_arn ? NULL : x->name;
}

const char *examination_notifier(const struct examination *x) {
        return x->topic_arn ? x->name : NULL;
}

const struct doctor_lines *examination_lines(const struct examination *x) {
        return &x->lines;
}

bool examination_is_over(const struct examination *x) {
        return x->is_over;
}
