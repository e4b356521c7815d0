/* SPDX-License-Identifier: Apache-2.0 */
/* Span after span of the log is read until the first failure of the episode lies inside one; then, for a symptom, the metrics before it. */
#include "daemon/investigation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "collectors/collectors.h"
#include "daemon/investigation_report.h"
#include "daemon/investigation_spans.h"
#include "daemon/log.h"
#include "daemon/task.h"
#include "util/text.h"

enum {
        LOGS_TURN_MS = 225, /* FilterLogEvents: 5 a second for the account and region; a person may read logs as well */
        CONTROL_TURN_MS = 300,    /* ListApplicationSnapshots: beside what the polls ask */
        READ_MAX = 64 << 20,      /* bytes of messages, over all spans; */
        READ_PAST_MAX = 16 << 20, /* of an episode that is over */
        EDGE_S = 60,
        WORDY_S = 6 * 3600, /* in a span as long as that only failures are asked for */
        AGAIN_S = 3600,     /* after what was refused; */
        AGAIN_SOON_S = 600, /* after what may be there by then */
        FRESH_S = 900,      /* lines of the last minutes may still be on their way */
        TRIES_MAX = 4,      /* of one span, with what it had given before */
        PROGRESS_MAX = 400,
};
static const int64_t retry_ms[TRIES_MAX] = {2000, 8000, 20000, 40000};

/* An analysis of one span. */
struct passage {
        struct fault_analysis *analysis; /* NULL: none */
        struct log_span span;
        int64_t n_pages, n_events;
        bool is_cut;
        enum found found;
};

struct investigation {
        struct investigation_host host;
        char *target, *application;
        struct application facts;
        struct log_search search;
        struct passage now, best;
        struct window *window;
        struct timer timer;
        struct task *task;
        struct quota *logs, *control; /* whose turns requests wait for */
        int n_tries;
        int64_t newest_ms; /* of the events of this span, */
        size_t n_newest;   /* how many of them have it; */
        size_t n_known;    /* how many of them come again after a retry */
        int64_t n_bytes, bytes_max;
        int64_t fault_s; /* of the best passage; 0: none */
        struct metric_query queries[PIVOT_METRICS_MAX];
        bool has_asked_metrics, is_aside;
        int64_t again_s;     /* 0: final */
        char blindness[640]; /* why there are no lines; "" */
        int failed;
};

static void passage_done(struct passage *r) {
        fault_analysis_free(r->analysis);
        *r = (struct passage){0};
}

static void release(struct investigation *i) {
        timer_stop(&i->timer);
        passage_done(&i->now);
        passage_done(&i->best);
        window_free(i->window);
        application_done(&i->facts);
        free(i->target);
        free(i->application);
        free(i);
}

void investigation_cancel(struct investigation *i) {
        if (!i)
                return;
        task_cancel(i->task);
        release(i);
}

static int64_t now_s(const struct investigation *i) {
        return loop_now_s(i->host.loop);
}

static void __attribute__((format(printf, 2, 3))) progress(struct investigation *i, const char *format, ...) {
        char text[PROGRESS_MAX];
        va_list args;
        if (!i->host.progress)
                return;
        va_start(args, format);
        vsnprintf(text, sizeof text, format, args);
        va_end(args);
        i->host.progress(i->host.arg, text);
}

static void set_context(struct investigation *i, struct passage *r) {
        struct fault_context context = {
                .log_from_ms = r->span.from_ms,
                .log_to_ms = r->span.to_ms,
                .n_pages = r->n_pages,
                .is_truncated = r->is_cut,
                .blindness = i->blindness[0] && r->n_events == 0 ? i->blindness : NULL,
        };
        report_context(i->host.store, i->target, i->window, i->search.onset_s, &context);
        fault_analysis_set_context(r->analysis, &context);
}

static int look_around(struct investigation *i, int64_t at_s) {
        window_free(TAKE(i->window));
        return report_window(i->host.store, i->target, i->application, at_s, now_s(i), &i->window);
}

/* The end, good or bad: the caller returns at once. */
static void finish(struct investigation *i, int result, const struct explanation *e) {
        struct investigation_host host = i->host;
        if (result < 0)
                log_error("%s: %s: the cause cannot be looked for: %s", host.tag, i->application,
                          result == -ENOMEM ? "out of memory" : store_error(host.store));
        i->host.done = NULL;
        host.done(host.arg, result < 0 ? NULL : e);
        release(i);
}

static int explain(struct investigation *i, struct explanation *e) {
        SCOPED(fault_report_done) struct fault_report report = {0};
        int r = look_around(i, i->fault_s > 0 ? i->fault_s : i->search.onset_s);
        if (r == 0 && !i->best.analysis) {
                struct fault_context nothing = {0};
                r = fault_analysis_new(&nothing, &i->best.analysis);
        }
        if (r < 0)
                return r;
        set_context(i, &i->best);
        r = fault_analysis_report(i->best.analysis, &report);
        if (r == 0 && (text_replace(&e->target, i->target) < 0 || text_replace(&e->application, i->application) < 0))
                r = -ENOMEM;
        if (r < 0)
                return r;
        e->onset_s = i->search.onset_s;
        e->made_at_s = now_s(i);
        bool is_fresh = e->made_at_s - e->onset_s < FRESH_S && i->best.found < FOUND_CAUSE;
        if (i->again_s > 0 || is_fresh)
                e->again_at_s = e->made_at_s + (i->again_s > 0 ? i->again_s : AGAIN_SOON_S);
        r = report_keep(i->host.store, i->window, &report, e);
        return r == 0 && !i->is_aside ? report_store(i->host.store, e) : r;
}

static void conclude(struct investigation *i) {
        SCOPED(explanation_done) struct explanation e = {0};
        int r = explain(i, &e);
        if (r == 0)
                log_info("%s: %s: first fault: %s, %s, confidence %s (%" PRId64 " pages, %" PRId64 " bytes%s%s)",
                         i->host.tag, i->application, e.report.root_cause->role,
                         e.report.title ? e.report.title : "cause not known", confidence_name(e.report.confidence),
                         i->best.n_pages, i->n_bytes, i->blindness[0] ? "; " : "", i->blindness);
        finish(i, r, &e);
}

/* Metrics. */

static void on_metrics(void *arg, int result, const struct err *err) {
        struct investigation *i = arg;
        i->task = NULL;
        if (result < 0)
                log_notice("%s: %s: the metrics before the fault cannot be read: %s", i->host.tag, i->application,
                           err->text);
        conclude(i);
}

static void start(struct investigation *i, struct task_job *job) {
        job->collect.target = i->target;
        job->collect.application = i->application;
        job->collect.now_s = now_s(i);
        job->collect.settle_s = i->host.settle_s;
        job->arg = i;
        i->failed = task_start(i->host.exchange, i->host.client, i->host.store, job, &i->task);
}

/* A symptom is told from its metrics: those that the plan reads rarely, or has not come to yet, are asked for now. */
static bool ask_metrics(struct investigation *i) {
        if (i->best.found != FOUND_SYMPTOM || i->has_asked_metrics || look_around(i, i->fault_s) < 0)
                return false;
        int n = report_missing(i->host.store, i->target, i->window, i->fault_s, i->queries);
        i->has_asked_metrics = true;
        if (n <= 0)
                return false;
        progress(i, "asking for %d metrics of the hour before", n);
        struct task_job job = {
                .collector = &collector_metrics,
                .collect = {.queries = i->queries, .n_queries = (size_t)n},
                .is_aside = true,
                .done = on_metrics,
        };
        start(i, &job);
        return i->failed == 0;
}

static void end_search(struct investigation *i) {
        if (!ask_metrics(i))
                conclude(i);
}

/* Lines. */

static void read_span(struct investigation *i);

/* What a report of this span is worth. */
static enum found weigh(const struct passage *r, const struct fault_report *report) {
        static const struct {
                const char *role;
                enum found found;
        } roles[] = {
                {"trigger", FOUND_CAUSE},
                {"symptom_needs_metrics", FOUND_SYMPTOM},
                {"sustainer_only", FOUND_SUSTAINER},
        };
        const struct root_cause *c = report->root_cause;
        for (size_t k = 0; c && c->role && k < ELEMENTS(roles); k++)
                if (strcmp(c->role, roles[k].role) == 0) {
                        bool is_edge = c->first_fault_at_s > 0 && c->first_fault_at_s - r->span.from_ms / 1000 < EDGE_S;
                        return roles[k].found == FOUND_CAUSE && is_edge ? FOUND_AT_EDGE : roles[k].found;
                }
        return FOUND_NOTHING;
}

/* Keeps the better of two passages. */
static int compare(struct investigation *i) {
        SCOPED(fault_report_done) struct fault_report report = {0};
        int r = look_around(i, i->search.onset_s);
        if (r < 0)
                return r;
        set_context(i, &i->now);
        r = fault_analysis_report(i->now.analysis, &report);
        if (r < 0)
                return r;
        i->now.found = weigh(&i->now, &report);
        if (i->best.analysis && i->now.found <= i->best.found)
                return 0;
        passage_done(&i->best);
        i->best = i->now;
        i->now = (struct passage){0};
        i->fault_s = report.root_cause ? report.root_cause->first_fault_at_s : 0;
        return 0;
}

static void next_span(struct investigation *i, bool was_cut) {
        struct fault_context nothing = {0};
        passage_done(&i->now);
        bool is_full = i->n_bytes >= i->bytes_max;
        if (is_full || !log_search_next(&i->search, i->best.found, was_cut, &i->now.span)) {
                end_search(i);
                return;
        }
        i->n_tries = 0;
        i->newest_ms = 0;
        i->n_newest = i->n_known = 0;
        i->failed = fault_analysis_new(&nothing, &i->now.analysis);
        if (i->failed < 0)
                finish(i, i->failed, NULL);
        else
                read_span(i);
}

/* After a retry the events of the newest millisecond come again. */
static bool is_known(struct investigation *i, const struct log_event *e) {
        if (i->n_known == 0 || e->at_ms != i->newest_ms)
                return false;
        i->n_known--;
        return true;
}

static void on_page(void *arg, const struct batch *b) {
        struct investigation *i = arg;
        struct passage *r = &i->now;
        r->n_pages++;
        r->is_cut = r->is_cut || b->notice[0] != '\0';
        for (size_t k = 0; k < b->n_log_events && i->failed == 0; k++) {
                const struct log_event *e = &b->log_events[k];
                struct span message = span_of(e->message);
                if (is_known(i, e))
                        continue;
                i->n_newest = e->at_ms == i->newest_ms ? i->n_newest + 1 : 1;
                i->newest_ms = e->at_ms;
                i->n_bytes += (int64_t)message.len;
                r->n_events++;
                i->failed = fault_analysis_feed(r->analysis, e->at_ms, message);
        }
        progress(i, "page %" PRId64 ": %zu lines, %" PRId64 " kB so far", r->n_pages, b->n_log_events,
                 i->n_bytes / 1024);
}

static void retry(void *arg) {
        struct investigation *i = arg;
        if (i->newest_ms > 0)
                i->n_known = i->n_newest;
        read_span(i);
}

/* What refuses to be read is said once and not asked for again at once. */
static void note_blindness(struct investigation *i, int result, const struct err *err) {
        const char *group = text_or_empty(i->facts.log_group), *stream = text_or_empty(i->facts.log_stream);
        bool is_stream = result == -ENOENT && strstr(err->text, "log stream");
        i->again_s = result == -EAGAIN || result == -EIO ? AGAIN_SOON_S : AGAIN_S;
        if (is_stream)
                snprintf(i->blindness, sizeof i->blindness, "the log stream %s does not exist in log group %s", stream,
                         group);
        else if (result == -ENOENT)
                snprintf(i->blindness, sizeof i->blindness, "the log group %s does not exist", group);
        else if (result == -EACCES)
                snprintf(
                        i->blindness, sizeof i->blindness,
                        "this identity may not read log group %s (logs:FilterLogEvents is denied): flinkwatchctl doctor prints what allows it",
                        group);
        else
                snprintf(i->blindness, sizeof i->blindness, "the log cannot be read: %s", err->text);
}

static bool may_pass(int result) {
        return result == -EAGAIN || result == -EIO || result == -EPROTO || result == -EKEYREJECTED;
}

static void on_read(void *arg, int result, const struct err *err) {
        struct investigation *i = arg;
        i->task = NULL;
        if (i->failed < 0) {
                finish(i, i->failed, NULL);
                return;
        }
        if (result < 0 && may_pass(result) && i->n_tries < TRIES_MAX) {
                progress(i, "trying again in %" PRId64 " s: %s", retry_ms[i->n_tries] / 1000, err->text);
                timer_start(&i->timer, i->host.loop, retry_ms[i->n_tries++], retry, i);
                return;
        }
        if (result < 0)
                note_blindness(i, result, err);
        i->now.is_cut = i->now.is_cut || (result < 0 && i->now.n_events > 0);
        bool was_cut = i->now.is_cut;
        int r = compare(i);
        if (r < 0)
                finish(i, r, NULL);
        else if (result < 0)
                end_search(i);
        else
                next_span(i, was_cut);
}

static void read_span(struct investigation *i) {
        const struct log_span *span = &i->now.span;
        struct task_job job = {
                .collector = &collector_logs,
                .collect = {.log_group = i->facts.log_group,
                            .log_stream = i->facts.log_stream,
                            .log_filter = span->filter,
                            .from_ms = i->newest_ms > 0 ? i->newest_ms : span->from_ms,
                            .to_ms = span->to_ms},
                .quota = i->logs,
                .seen = on_page,
                .done = on_read,
        };
        progress(i, "reading %" PRId64 " min of the log, from %" PRId64 " min before the onset on%s",
                 (span->to_ms - span->from_ms) / 60000, (i->search.onset_s - span->from_ms / 1000) / 60,
                 span->filter ? ", failures only" : "");
        start(i, &job);
        if (i->failed < 0)
                finish(i, i->failed, NULL);
}

/* "logs 111122223333 eu-west-1", from the ARN: two targets may be one account. */
static struct quota *find_quota(struct investigation *i, const char *service, int64_t turn_ms) {
        SCOPED(buf_done) struct buf name = BUF_INIT(256);
        struct span rest = span_of(text_or_empty(i->facts.arn)), parts[5] = {0};
        for (size_t k = 0; k < ELEMENTS(parts); k++)
                parts[k] = span_split(&rest, ':');
        buf_printf(&name, "%s %.*s %.*s", service, (int)parts[4].len, parts[4].len > 0 ? parts[4].data : "",
                   (int)parts[3].len, parts[3].len > 0 ? parts[3].data : "");
        return name.failed ? NULL : quotas_find(i->host.quotas, buf_str(&name), turn_ms);
}

static void read_log(struct investigation *i) {
        if (i->facts.log_group) {
                next_span(i, false);
                return;
        }
        snprintf(i->blindness, sizeof i->blindness, "the application has no CloudWatch logging option");
        i->again_s = AGAIN_S;
        conclude(i);
}

static void on_snapshots(void *arg, int result, const struct err *err) {
        struct investigation *i = arg;
        i->task = NULL;
        if (result < 0)
                log_notice("%s: %s: its snapshots are not known: %s", i->host.tag, i->application, err->text);
        read_log(i);
}

/* What the job could be started from is part of the report, and a poll reads it rarely. */
static void begin(void *arg) {
        struct investigation *i = arg;
        struct task_job job = {.collector = &collector_snapshots, .done = on_snapshots};
        int r = store_application(i->host.store, i->target, i->application, &i->facts);
        i->logs = r == 0 ? find_quota(i, "logs", LOGS_TURN_MS) : NULL;
        i->control = i->logs ? find_quota(i, "kinesisanalytics", CONTROL_TURN_MS) : NULL;
        if (!i->control) {
                finish(i, r < 0 ? r : r > 0 ? -ENOENT : -ENOMEM, NULL);
                return;
        }
        job.quota = i->control;
        start(i, &job);
        if (i->failed < 0)
                finish(i, i->failed, NULL);
}

int investigation_start(const struct investigation_host *host, const struct inquiry *q, struct investigation **ret) {
        struct investigation *i = calloc(1, sizeof *i);
        if (!i)
                return -ENOMEM;
        i->host = *host;
        if (text_replace(&i->target, q->target) < 0 || text_replace(&i->application, q->application) < 0) {
                release(i);
                return -ENOMEM;
        }
        i->search = (struct log_search){.onset_s = q->onset_s,
                                        .from_s = q->from_s,
                                        .to_s = q->to_s,
                                        .now_s = q->over_s > 0 ? q->over_s : loop_now_s(host->loop),
                                        .step = -1,
                                        .is_fixed = q->is_fixed,
                                        .is_wordy = q->to_s - q->from_s > WORDY_S};
        i->bytes_max = q->over_s > 0 ? READ_PAST_MAX : READ_MAX;
        i->is_aside = q->is_aside;
        timer_start(&i->timer, host->loop, 0, begin, i);
        *ret = i;
        return 0;
}
