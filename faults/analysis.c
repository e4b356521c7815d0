/* SPDX-License-Identifier: Apache-2.0 */
/* Lines in, episodes out. Only the episode before the last healthy spell and the one since are kept: each of fixed size. */
#include "faults/analysis.h"

#include <errno.h>

#include "util/text.h"

enum { PYTHON_MAX_BYTES = 64 << 10, NEAR_MS = 3600 * 1000, HINT_WITHIN_MS = 10 * 1000, SKEW_MS = 120 * 1000 };

int fault_analysis_new(const struct fault_context *context, struct fault_analysis **ret) {
        struct fault_analysis *a = calloc(1, sizeof *a);
        if (!a)
                return -ENOMEM;
        a->context = *context;
        a->python = BUF_INIT(PYTHON_MAX_BYTES);
        *ret = a;
        return 0;
}

void fault_analysis_set_context(struct fault_analysis *a, const struct fault_context *context) {
        a->context = *context;
}

void fault_analysis_free(struct fault_analysis *a) {
        if (!a)
                return;
        joiner_done(&a->joiner);
        record_scratch_done(&a->scratch);
        episode_done(&a->before);
        episode_done(&a->now);
        fault_done(&a->declined);
        fault_done(&a->expired);
        fault_done(&a->hint);
        fault_done(&a->first_error);
        buf_done(&a->python);
        free(a);
}

/* Whether the episode since the healthy spell is the old trouble again. */
static bool is_same_trouble(const struct fault_analysis *a) {
        const struct fault *old = episode_cause(&a->before), *new = episode_cause(&a->now);
        bool is_near = a->now.first_ms - a->before.last_ms < NEAR_MS;
        if (!old || !new || !is_near || fault_rank(old) < RANK_SUSTAINER)
                return false;
        if (fault_rank(new) < RANK_PLAIN)
                return true;
        return new->print == old->print &&text_same(new->exception_class, old->exception_class);
}

static void settle(struct fault_analysis *a) {
        if (a->before.n_failures > 0 && a->now.n_failures > 0 && is_same_trouble(a)) {
                episode_merge_take(&a->before, &a->now);
                return;
        }
        if (a->now.n_failures == 0)
                return;
        episode_done(&a->before);
        a->before = a->now;
        a->now = (struct episode){0};
}

static void begin(struct fault_analysis *a) {
        a->now.healthy_ms = a->has_checkpoint ? a->checkpoint_ms : a->running_ms;
        a->now.has_checkpoint = a->has_checkpoint;
        a->now.is_from_start = !a->has_checkpoint && !a->has_running;
}

static void add_fault_take(struct fault_analysis *a, struct fault *f) {
        /* A long run between two different failures is a healthy spell even if no checkpoint is in the log. */
        bool has_quiet = a->has_running && f->at_ms > 0 && a->now.last_ms > 0 && a->running_ms >= a->now.last_ms &&
                         f->at_ms - a->running_ms > NEAR_MS && fault_rank(f) >= RANK_SYMPTOM;
        const struct fault *old = has_quiet ? episode_cause(&a->now) : NULL;
        has_quiet = has_quiet && old && old->print != f->print;
        if (a->now.n_failures > 0 && (a->has_healed || has_quiet))
                settle(a);
        a->has_healed = false;
        if (a->now.n_failures == 0) {
                begin(a);
                /* An error just before may say what the failure does not. */
                int64_t before_ms = f->at_ms - a->hint.at_ms;
                if (a->hint.n > 0 && before_ms >= 0 && before_ms <= HINT_WITHIN_MS && !fault_is_soft(f))
                        episode_add_take(&a->now, &a->hint);
                fault_done(&a->hint);
        }
        episode_add_take(&a->now, f);
}

static void judge(struct span text, bool is_service, struct trace *trace, struct verdict *v) {
        if (text.data && trace_parse(text, trace) == 0)
                verdict_of_trace(trace, v);
        else if (!verdict_of_text(text, is_service, v))
                *v = (struct verdict){.role = ROLE_WRAPPER, .category = "unknown"};
}

/* The lines of a loop's later rounds are not kept, but that of the first that may be a cause. */
static bool is_kept(const struct fault_analysis *a, const struct verdict *v) {
        bool is_later = a->now.n_failures > 0 && !a->has_healed && (a->now.burst > 0 || a->now.burst_is_over);
        return !is_later || (v->role == ROLE_TRIGGER && a->now.later.n == 0);
}

static int make(struct fault_analysis *a, const struct record *r, const struct event *e, struct fault *ret) {
        SCOPED(trace_done) struct trace trace = {0};
        struct verdict v;
        struct span text = e->trace.data ? e->trace : r->message;
        judge(text, r->is_service, &trace, &v);
        if (trace.scratch.failed == -ENOMEM)
                return -ENOMEM;
        /* The message around the exception may say more: "... while handling subtask 2 recovery". */
        struct verdict around;
        if (e->trace.data && e->kind == EVENT_COORDINATOR && v.role != ROLE_SUSTAINER &&
            verdict_of_text(r->message, false, &around) && around.role == ROLE_SUSTAINER)
                v.role = ROLE_SUSTAINER;
        SCOPED(buf_done) struct buf line = BUF_INIT(FAULT_LINE_MAX + 4096);
        size_t room = is_kept(a, &v) ? FAULT_LINE_MAX : 0;
        buf_put(&line, r->message.data, r->message.len < room ? r->message.len : room);
        room -= line.len;
        if (r->throwable.data && room > 1) {
                buf_put_char(&line, '\n');
                buf_put(&line, r->throwable.data, r->throwable.len < room - 1 ? r->throwable.len : room - 1);
        }
        return fault_make(e, &v, r->at_ms, buf_span(&line), ret);
}

/* The thread of a failing task carries its name: "Source Data Fetcher for Source: A (1/4)#0". */
static void name_by_thread(const struct record *r, struct event *e) {
        static const struct span fetcher = {"Source Data Fetcher for ", 24};
        struct span name = r->thread;
        int64_t attempt = -1;
        if (e->task.len > 0 || name.len == 0)
                return;
        if (span_starts(name, fetcher))
                name = (struct span){name.data + fetcher.len, name.len - fetcher.len};
        const char *hash = memrchr(name.data, '#', name.len);
        if (!hash || hash == name.data || hash[-1] != ')')
                return;
        for (const char *p = hash + 1; p < name.data + name.len && *p >= '0' && *p <= '9' && attempt < 1000000; p++)
                attempt = (attempt < 0 ? 0 : attempt * 10) + (*p - '0');
        e->task = (struct span){name.data, (size_t)(hash - name.data)};
        e->attempt = attempt;
}

static int note(struct fault_analysis *a, const char *key, const char *relation, enum fault_role role,
                const struct record *r) {
        struct span first_line = r->message;
        const char *end = first_line.len > 0 ? memchr(first_line.data, '\n', first_line.len) : NULL;
        if (end)
                first_line.len = (size_t)(end - first_line.data);
        return a->now.n_failures > 0 ? episode_note(&a->now, key, relation, role, first_line, 0, r->at_ms) : 0;
}

/* A failed checkpoint is no failure of the job yet, but it may be what the job fails of. */
static int take_checkpoint(struct fault_analysis *a, const struct record *r, struct event *e) {
        struct fault f;
        int failed = make(a, r, e, &f);
        if (failed)
                return failed;
        bool is_cause = fault_rank(&f) >= RANK_WEAK;
        struct fault *slot = e->kind == EVENT_CHECKPOINT_EXPIRED || !is_cause ||
                                             (f.rule && strcmp(f.rule->name, "checkpoint-expired") == 0)
                                     ? &a->expired
                                     : &a->declined;
        if (f.role == ROLE_CONSEQUENCE || slot->n > 0) {
                slot->n += f.role != ROLE_CONSEQUENCE;
                fault_done(&f);
                return 0;
        }
        *slot = f;
        return 0;
}

static bool is_threshold(const struct fault *f) {
        return (f->rule && (strcmp(f->rule->name, "checkpoint-threshold") == 0 ||
                            strcmp(f->rule->name, "checkpoint-expired") == 0)) ||
               (f->message && strstr(f->message, "checkpoint tolerable failure threshold"));
}

/* The job failed of its failed checkpoints: the first of them tells why. */
static void look_back(struct fault_analysis *a, struct fault *f) {
        struct fault *why = a->declined.n > 0 ? &a->declined : a->expired.n > 0 ? &a->expired : NULL;
        if (!is_threshold(f) || !why)
                return;
        char *class = f->exception_class;
        enum event_kind source = f->source;
        f->exception_class = NULL;
        fault_done(f);
        *f = *why;
        *why = (struct fault){0};
        f->source = source;
        if (f->role != ROLE_TRIGGER) {
                f->role = ROLE_TRIGGER;
                f->category = "checkpoint";
                f->strength = STRENGTH_RULE;
        }
        if (f->exception_class)
                free(class);
        else
                f->exception_class = class;
}

static bool is_worth_it(const struct fault *f) {
        switch (f->source) {
        case EVENT_ERROR:
                return f->role == ROLE_TRIGGER || f->role == ROLE_SYMPTOM || f->role == ROLE_SUSTAINER;
        case EVENT_HEARTBEAT:
        case EVENT_WORKER_GONE:
                return f->rule != NULL;
        default:
                return true;
        }
}

static int take_hint_take(struct fault_analysis *a, struct fault *f) {
        int failed = a->first_error.n == 0 && fault_rank(f) >= RANK_HINT ? fault_dup(f, &a->first_error) : 0;
        fault_done(&a->hint);
        a->hint = *f;
        return failed;
}

static int take_fault(struct fault_analysis *a, const struct record *r, struct event *e) {
        struct fault f;
        name_by_thread(r, e);
        int failed = make(a, r, e, &f);
        if (failed)
                return failed;
        bool is_warning = e->kind == EVENT_ERROR && r->level != LOG_ERROR && !(r->is_text && r->level == LOG_UNKNOWN);
        if (!is_worth_it(&f) || is_warning) {
                failed = is_warning && f.rule ? note(a, f.rule->name, f.rule->reason, f.role, r) : 0;
                fault_done(&f);
                return failed;
        }
        if (e->kind == EVENT_ERROR && (a->now.n_failures == 0 || a->has_healed || a->now.burst_is_over)) {
                return take_hint_take(a, &f);
        }
        look_back(a, &f);
        add_fault_take(a, &f);
        return 0;
}

static int take_python(struct fault_analysis *a, const struct record *r) {
        if (span_find(r->message, SPAN("Traceback (most recent call last)")) >= 0 ||
            a->python.len + r->message.len + 2 > PYTHON_MAX_BYTES) {
                buf_clear(&a->python);
                a->python_at_ms = r->at_ms;
        }
        if (a->python.len + r->message.len + 2 > PYTHON_MAX_BYTES)
                return 0;
        buf_put_span(&a->python, r->message);
        if (r->message.len == 0 || r->message.data[r->message.len - 1] != '\n')
                buf_put_char(&a->python, '\n');
        return a->python.failed;
}

/* The traceback that PythonDriver wrote line by line, as one failure. */
static int end_python(struct fault_analysis *a) {
        struct record r = {.at_ms = a->python_at_ms, .level = LOG_ERROR, .message = buf_span(&a->python)};
        struct event e = {.kind = EVENT_STARTUP, .attempt = -1, .trace = r.message};
        if (span_find(r.message, SPAN("Traceback (most recent call last)")) < 0)
                return 0;
        int failed = take_fault(a, &r, &e);
        buf_clear(&a->python);
        return failed;
}

static int take_restart(struct fault_analysis *a, const struct record *r, struct event *e) {
        if (e->trace.data || a->now.n_failures == 0 || a->now.burst_is_over || a->has_healed)
                return take_fault(a, r, e);
        return 0;
}

static void heal(struct fault_analysis *a, int64_t at_ms) {
        /* No checkpoint completes between a failure and its restart: the clock of the TaskManager that failed is behind. */
        bool is_skewed = a->now.n_failures > 0 && !a->now.was_restarted && !episode_is_soft(&a->now) && at_ms > 0 &&
                         at_ms - a->now.last_ms < SKEW_MS;
        a->checkpoint_ms = at_ms;
        a->has_checkpoint = true;
        if (is_skewed)
                return;
        a->has_healed = a->now.n_failures > 0;
        fault_done(&a->declined);
        fault_done(&a->expired);
        fault_done(&a->hint);
        fault_done(&a->first_error);
}

static int take_event(struct fault_analysis *a, const struct record *r, struct event *e) {
        switch (e->kind) {
        case EVENT_NOISE:
        case EVENT_BENIGN:
        case EVENT_JOB_ENDED:
                return 0;
        case EVENT_CHECKPOINT_DONE:
                heal(a, r->at_ms);
                return 0;
        case EVENT_JOB_RUNNING:
                episode_run(&a->now);
                a->now.was_restarted = true;
                a->has_running = true;
                a->running_ms = r->at_ms;
                return 0;
        case EVENT_TASK_RUNNING:
                a->now.was_restarted = true;
                a->has_running = true;
                a->running_ms = r->at_ms;
                return 0;
        case EVENT_PAUSE:
                snprintf(a->pause, sizeof a->pause, "%.*s", (int)(r->message.len < 190 ? r->message.len : 190),
                         r->message.data);
                a->pause_ms = r->at_ms;
                return 0;
        case EVENT_RECOVERY:
                if (a->now.n_failures == 0 || a->has_healed)
                        return take_fault(a, r, e);
                return note(a, "mechanics", "it is what a restart does", ROLE_CONSEQUENCE, r);
        case EVENT_MECHANICS:
                return note(a, "mechanics", "it is what a restart does", ROLE_CONSEQUENCE, r);
        case EVENT_TASK_CANCELLED:
                return note(a, "cancelled", "the other tasks are cancelled when one has failed", ROLE_CONSEQUENCE, r);
        case EVENT_CHECKPOINT_DECLINED:
        case EVENT_CHECKPOINT_EXPIRED:
        case EVENT_CHECKPOINT_FAILED:
                return take_checkpoint(a, r, e);
        case EVENT_JOB_RESTARTING:
        case EVENT_JOB_FAILED:
                return take_restart(a, r, e);
        case EVENT_PYTHON_LINE:
                return take_python(a, r);
        case EVENT_STARTUP:
                if (a->python.len > 0) {
                        int failed = end_python(a);
                        if (failed)
                                return failed;
                }
                return take_fault(a, r, e);
        default:
                return take_fault(a, r, e);
        }
}

static void take_time(struct fault_analysis *a, int64_t at_ms) {
        a->n_lines++;
        if (at_ms <= 0)
                return;
        if (a->last_ms > 0 && at_ms - a->last_ms > a->widest_gap_ms) {
                a->widest_gap_ms = at_ms - a->last_ms;
                a->gap_at_ms = a->last_ms;
        }
        if (a->first_ms == 0 || at_ms < a->first_ms)
                a->first_ms = at_ms;
        if (at_ms > a->last_ms)
                a->last_ms = at_ms;
}

static int take_line(struct fault_analysis *a, int64_t at_ms, struct span line) {
        struct record r;
        struct event e;
        int failed = record_parse(line, at_ms, &a->scratch, &r);
        if (failed)
                return failed;
        take_time(a, r.at_ms);
        a->n_routine += r.level == LOG_INFO || r.level == LOG_DEBUG;
        event_read(&r, &e);
        return take_event(a, &r, &e);
}

int fault_analysis_feed(struct fault_analysis *a, int64_t at_ms, struct span message) {
        struct joined joined;
        int failed = joiner_add(&a->joiner, at_ms, message, &joined);
        for (size_t i = 0; i < joined.n && !failed; i++)
                failed = take_line(a, joined.at_ms[i], joined.lines[i]);
        return failed;
}

static int finish(struct fault_analysis *a) {
        struct joined joined;
        joiner_end(&a->joiner, &joined);
        int failed = joined.n > 0 ? take_line(a, joined.at_ms[0], joined.lines[0]) : 0;
        if (!failed && a->python.len > 0)
                failed = end_python(a);
        return failed;
}

/* Checkpoints that fail, while the job itself still runs. */
static const struct episode *failed_checkpoints(struct fault_analysis *a) {
        struct fault *why = a->declined.n > 0 ? &a->declined : &a->expired;
        if (a->declined.n == 0 && a->expired.n < 2)
                return NULL;
        if (why->role != ROLE_TRIGGER) {
                why->role = ROLE_TRIGGER;
                why->category = "checkpoint";
                why->strength = STRENGTH_RULE;
        }
        struct fault f = *why;
        *why = (struct fault){0};
        episode_done(&a->now);
        begin(a);
        episode_add_take(&a->now, &f);
        return &a->now;
}

/* A log of errors alone does not show that tasks fail, and of a job that never ran none did: the first error is all there is. */
static const struct episode *lone_error(struct fault_analysis *a) {
        bool is_all = a->n_routine == 0 || (!a->has_checkpoint && !a->has_running);
        if (a->first_error.n == 0 || !is_all)
                return NULL;
        struct fault f = a->first_error;
        a->first_error = (struct fault){0};
        episode_done(&a->now);
        begin(a);
        episode_add_take(&a->now, &f);
        return &a->now;
}

static const struct episode *choose_episode(struct fault_analysis *a) {
        if (a->now.n_failures > 0 && a->before.n_failures > 0 && is_same_trouble(a)) {
                episode_merge_take(&a->before, &a->now);
                return &a->before;
        }
        bool is_harmless = a->now.n_failures > 0 && a->has_healed && episode_is_soft(&a->now);
        if (a->now.n_failures > 0 && !is_harmless)
                return &a->now;
        if (a->before.n_failures > 0 && !episode_is_soft(&a->before))
                return &a->before;
        const struct episode *checkpoints = failed_checkpoints(a);
        return checkpoints ? checkpoints : lone_error(a);
}

int analysis_episode(struct fault_analysis *a, const struct episode **ret) {
        int failed = finish(a);
        *ret = failed ? NULL : choose_episode(a);
        return failed;
}
