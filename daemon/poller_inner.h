/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the poller share: poller.c (a target's rounds), poller_tasks.c (what is under way), poller_questions.c (the phases that
 * ask AWS), poller_logs.c (whether log streams exist) and poller_judge.c (those that judge). */
#pragma once

#include "daemon/census.h"
#include "daemon/client.h"
#include "daemon/investigations.h"
#include "daemon/judge.h"
#include "daemon/plan.h"
#include "daemon/poller.h"
#include "daemon/task.h"
#include "daemon/troubles.h"

enum { POLLER_SLOTS = 4, POLLER_CONTROL_BURST = 60 };

enum phase {
        PHASE_IDLE,
        PHASE_DISCOVER,
        PHASE_DESCRIBE,
        PHASE_EARLY,
        PHASE_JUDGE_EARLY,
        PHASE_SERIES,
        PHASE_METRICS,
        PHASE_LIST,
        PHASE_LOGS,
        PHASE_JUDGE,
        PHASE_EXPLAIN
};

struct slot {
        struct poller *poller;
        struct task *task;
        const struct collector *collector;
        bool is_log_there;            /* DescribeLogStreams named the stream */
        char *application;            /* NULL: the whole target */
        char *log_group, *log_stream; /* of a question about logs */
        struct metric_query *queries;
        size_t n_queries;
};

struct poller {
        struct poller_host host;
        const struct config_target *target;
        char *tag;
        struct client *client;
        struct plan plan;
        struct troubles troubles;
        struct timer tick, resume;
        enum phase phase;
        struct slot slots[POLLER_SLOTS];
        struct slot log_slot; /* no round waits for it, but a single one */
        size_t log_cursor, n_logs_asked;
        size_t cursor; /* of the phase: application, or application and collector */
        struct judge *judge;
        struct investigations *investigations;
        struct timer news; /* applications wait to be judged again, out of turn */
        struct target_state state;
        struct census census;
        int64_t series_due_at_s; /* ListMetrics is to be asked */
        int64_t discovered_at_s, round_at_s, tokens_at_ms, round_began_ms;
        double control_tokens;
        size_t n_good, n_bad; /* tasks of this round */
        bool is_repeating, is_backfilling, has_skipped;
};

/* The round goes on: a task has ended, or a wait is over. */
void poller_go_on(void *poller);
int64_t poller_now_s(const struct poller *p);

/* Tasks. */
size_t poller_n_running(const struct poller *p);
struct slot *poller_free_slot(struct poller *p); /* NULL: none is free */
void poller_clear_slot(struct slot *s);
/* In a free slot; negative when it cannot be started, which was said. */
int poller_start_task(struct poller *p, const struct collector *collector, const char *application,
                      struct collect_job *collect);
int poller_start_in(struct poller *p, struct slot *s, const struct collector *collector, const char *application,
                    struct collect_job *collect);

/* Phases: each returns true when it is over, but for tasks that are under way. */
bool poller_discover(struct poller *p);
bool poller_read_facts(struct poller *p);
bool poller_find_series(struct poller *p);
bool poller_find_logs(struct poller *p);
/* What came of a question about logs, by its slot: 0 or -errno. Asks the next one. */
void poller_end_log(struct poller *p, int result);
/* A description that was under way meanwhile does not know the answer. */
void poller_keep_log(struct poller *p, const struct application *described);
/* Another request of the same question. */
void poller_asks_again(struct poller *p, const struct collector *collector);
/* What a task asked for was answered whole: the next one goes on from there. */
void poller_note_answer(struct poller *p, const struct slot *s);
struct plan_times poller_times(const struct poller *p);
bool poller_read_early(struct poller *p);
bool poller_read_metrics(struct poller *p);
bool poller_judge_early(struct poller *p);
bool poller_judge_whole(struct poller *p);
/* A single round waits for the causes of what it has found. */
bool poller_explain(struct poller *p);
/* The investigations tell that an application is to be judged again. */
void poller_on_news(void *poller, const char *application);
