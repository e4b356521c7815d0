/* SPDX-License-Identifier: Apache-2.0 */
/* The phases of a round that judge what was read, and judging again, between rounds, what has got its cause. */
#include <string.h>

#include "daemon/hindsight.h"
#include "daemon/log.h"
#include "daemon/poller_inner.h"

enum { JUDGE_SLICE_MS = 10, NEWS_AGAIN_MS = 100 };

static bool investigate(void *arg, const char *application, const struct want *want) {
        struct poller *p = arg;
        const struct watched *w = plan_find(&p->plan, application);
        /* Without the operations nobody knows which change it followed; they are read in a moment. */
        return w && w->asked_at_s[FACT_OPERATIONS] > 0 && investigations_ask(p->investigations, application, want);
}

static int begin_judge(struct poller *p, struct watched *w, enum judge_set set, int64_t at_s, struct judge **ret) {
        struct judge_job job = {
                .store = p->host.store,
                .config = p->host.config,
                .target = p->target->name,
                .application = w->name,
                .application_arn = w->arn,
                .from_s = w->judged_until_s,
                .now_s = at_s,
                .set = set,
                .investigate = investigate,
                .arg = p,
                /* Before the operations were read nobody knows whether a restart was meant. */
                .is_quiet = w->asked_at_s[FACT_OPERATIONS] == 0,
        };
        return judge_new(&job, ret);
}

/* What is over has time: one episode after the other, each when the last one is known. */
static void look_back(struct poller *p, struct watched *w) {
        struct hindsight h = {
                .target = p->target->name,
                .application = w->name,
                .since_s = poller_now_s(p) - p->host.config->backfill_s,
                .now_s = poller_now_s(p),
        };
        struct hindsight_result past;
        if (w->asked_at_s[FACT_OPERATIONS] == 0 || h.now_s < w->look_back_at_s)
                return;
        int r = hindsight_look(p->host.store, &h, &past);
        if (r < 0)
                log_error("%s: %s: what is over cannot be looked into: %s", p->tag, w->name,
                          store_error(p->host.store));
        w->look_back_at_s = r == 0 ? past.again_s : h.now_s;
        if (r == 1)
                investigations_ask_past(p->investigations, w->name, &past.want, past.over_s);
        if (r >= 0 && past.has_news)
                poller_on_news(p, w->name);
}

static void end_judge(struct poller *p, struct watched *w, enum judge_set set, int64_t at_s,
                      const struct judge_result *result) {
        w->is_suspicious = result->is_suspicious;
        if (result->n_told > 0)
                p->host.told(p->host.arg);
        if (set == JUDGE_EARLY)
                return;
        if (!result->is_held)
                w->judged_until_s = at_s;
        else if (result->judged_until_s > 0)
                w->judged_until_s = result->judged_until_s;
        w->is_new = false;
        w->has_news = false;
        watched_note_judged(w, at_s, result->is_calm);
        if (result->n_wanted == 0)
                investigations_drop(p->investigations, w->name);
        look_back(p, w);
}

/* Nothing came that could tell more than the last time. */
static void pass_over(struct poller *p, struct watched *w) {
        w->judged_until_s = p->round_at_s;
        look_back(p, w);
}

/* Takes up the application at the cursor, when it has to be judged. */
static int take_up(struct poller *p, struct watched *w, enum judge_set set) {
        struct plan_times times = poller_times(p);
        if (w->described_at_s == 0 || p->judge)
                return 0;
        if (set == JUDGE_EARLY || watched_is_to_be_judged(w, &times))
                return begin_judge(p, w, set, p->round_at_s, &p->judge);
        pass_over(p, w);
        return 0;
}

/* A slice of judging, so that polls and clients of others are served in between. */
static bool judge_applications(struct poller *p, enum judge_set set) {
        int64_t until_ms = loop_monotonic_ms(p->host.loop) + JUDGE_SLICE_MS;
        while (p->cursor < p->plan.n_applications) {
                struct watched *w = &p->plan.applications[p->cursor];
                int r = take_up(p, w, set);
                if (r == 0 && p->judge)
                        r = judge_step(p->judge);
                if (r < 0) {
                        log_error("%s: %s: cannot be judged: %s: %s", p->tag, w->name, strerror(-r),
                                  store_error(p->host.store));
                        judge_free(TAKE(p->judge));
                }
                if (r == 0 && p->judge) {
                        end_judge(p, w, set, p->round_at_s, judge_result(p->judge));
                        judge_free(TAKE(p->judge));
                }
                if (r <= 0)
                        p->cursor++;
                if (loop_monotonic_ms(p->host.loop) >= until_ms) {
                        timer_start(&p->resume, p->host.loop, 0, poller_go_on, p);
                        return false;
                }
        }
        return true;
}

/* Between two rounds: what waited for its cause, or has got one. It was judged up to a moment ago. */
static void judge_again(struct poller *p, struct watched *w) {
        SCOPED(judge_free) struct judge *judge = NULL;
        int64_t at_s = poller_now_s(p);
        w->has_news = false;
        int r = begin_judge(p, w, JUDGE_ALL, at_s, &judge);
        while (r >= 0 && (r = judge_step(judge)) > 0)
                ;
        if (r < 0)
                log_error("%s: %s: cannot be judged: %s: %s", p->tag, w->name, strerror(-r),
                          store_error(p->host.store));
        else
                end_judge(p, w, JUDGE_ALL, at_s, judge_result(judge));
}

static void take_news(void *arg) {
        struct poller *p = arg;
        bool is_judging = p->phase == PHASE_JUDGE_EARLY || p->phase == PHASE_JUDGE;
        size_t i = 0;
        while (i < p->plan.n_applications && !p->plan.applications[i].has_news)
                i++;
        if (i < p->plan.n_applications && is_judging) {
                timer_start(&p->news, p->host.loop, NEWS_AGAIN_MS, take_news, p);
        } else if (i < p->plan.n_applications) {
                judge_again(p, &p->plan.applications[i]);
                timer_start(&p->news, p->host.loop, 0, take_news, p);
        } else if (p->phase == PHASE_EXPLAIN) {
                poller_go_on(p);
        }
}

void poller_on_news(void *poller, const char *application) {
        struct poller *p = poller;
        struct watched *w = plan_find(&p->plan, application);
        if (w && !w->is_new)
                w->has_news = true;
        timer_start(&p->news, p->host.loop, 0, take_news, p);
}

bool poller_explain(struct poller *p) {
        return p->is_repeating || (investigations_pending(p->investigations) == 0 && !timer_is_running(&p->news));
}

bool poller_judge_early(struct poller *p) {
        return !p->is_backfilling || judge_applications(p, JUDGE_EARLY);
}

bool poller_judge_whole(struct poller *p) {
        return judge_applications(p, p->is_backfilling ? JUDGE_THE_REST : JUDGE_ALL);
}
