/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/investigations.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "util/text.h"

enum {
        HOLD_S = 75,         /* a page waits no longer for its cause */
        ACTIVE_MAX = 16,     /* each holds a page of log while it reads it */
        FAILED_PAUSE_S = 600 /* after one that could not be stored */
};

struct entry {
        struct entry *next;
        struct investigations *owner;
        char *application;
        struct want want;
        int64_t over_s;                      /* the episode was over then; 0: it goes on, and is served first */
        int64_t not_before_ms;               /* it failed: try again then */
        struct timer hold;                   /* runs while a page may wait */
        struct investigation *investigation; /* NULL: waits for its turn, or is over */
        bool is_over;
};

struct investigations {
        struct investigations_host host;
        struct entry *entries; /* oldest first */
        size_t n_active;
};

struct investigations *investigations_new(const struct investigations_host *host) {
        struct investigations *s = calloc(1, sizeof *s);
        if (s)
                s->host = *host;
        return s;
}

static void release(struct entry *e) {
        if (e->investigation)
                e->owner->n_active--;
        investigation_cancel(e->investigation);
        timer_stop(&e->hold);
        free(e->application);
        free(e);
}

void investigations_free(struct investigations *s) {
        while (s && s->entries) {
                struct entry *e = s->entries;
                s->entries = e->next;
                release(e);
        }
        free(s);
}

/* That of the episode that began at onset_s. */
static struct entry **find(struct investigations *s, const char *application, int64_t onset_s) {
        struct entry **link = &s->entries;
        while (*link && (strcmp((*link)->application, application) != 0 ||
                         llabs((*link)->want.onset_s - onset_s) > EXPLANATION_NEAR_S))
                link = &(*link)->next;
        return link;
}

static void remove_at(struct entry **link) {
        struct entry *e = *link;
        *link = e->next;
        release(e);
}

static void start_waiting(struct investigations *s);

static void on_done(void *arg, const struct explanation *explanation) {
        struct entry *e = arg;
        struct investigations *s = e->owner;
        e->investigation = NULL;
        e->is_over = true;
        e->not_before_ms = explanation ? 0 : loop_monotonic_ms(s->host.each.loop) + FAILED_PAUSE_S * 1000;
        s->n_active--;
        timer_stop(&e->hold);
        s->host.news(s->host.arg, e->application);
        start_waiting(s);
}

static void on_hold_over(void *arg) {
        struct entry *e = arg;
        log_notice("%s: %s: its cause is still being looked for: what is open is told without it",
                   e->owner->host.each.tag, e->application);
        e->owner->host.news(e->owner->host.arg, e->application);
}

static void start(struct entry *e) {
        struct investigations *s = e->owner;
        struct investigation_host host = s->host.each;
        struct inquiry q = {.target = s->host.target,
                            .application = e->application,
                            .onset_s = e->want.onset_s,
                            .from_s = e->want.from_s,
                            .to_s = e->want.to_s,
                            .over_s = e->over_s};
        host.arg = e;
        host.done = on_done;
        if (investigation_start(&host, &q, &e->investigation) == 0)
                s->n_active++;
        else
                log_error("%s: %s: out of memory", host.tag, e->application);
}

static bool is_waiting(const struct entry *e, bool is_past) {
        return !e->investigation && !e->is_over && (e->over_s > 0) == is_past;
}

static void start_waiting(struct investigations *s) {
        for (struct entry *e = s->entries; e && s->n_active < ACTIVE_MAX; e = e->next)
                if (is_waiting(e, false))
                        start(e);
        for (struct entry *e = s->entries; e && s->n_active == 0; e = e->next)
                if (is_waiting(e, true))
                        start(e);
}

static struct entry *add(struct investigations *s, const char *application, const struct want *want, int64_t over_s) {
        struct entry *e = calloc(1, sizeof *e), **link = &s->entries;
        if (!e || text_replace(&e->application, application) < 0) {
                free(e);
                return NULL;
        }
        e->owner = s;
        e->want = *want;
        e->over_s = over_s;
        if (over_s == 0)
                timer_start(&e->hold, s->host.each.loop, HOLD_S * 1000, on_hold_over, e);
        while (*link)
                link = &(*link)->next;
        *link = e;
        return e;
}

/* The entry of that episode, which is to be served from now on; NULL: not now, or out of memory. */
static struct entry *ask(struct investigations *s, const char *application, const struct want *want, int64_t over_s) {
        struct entry **link = find(s, application, want->onset_s), *e = *link;
        if (e && e->is_over && loop_monotonic_ms(s->host.each.loop) < e->not_before_ms)
                return NULL;
        /* Over and wanted again: its explanation said when to try once more. What was past and goes on is begun anew. */
        bool is_stale = e && (e->is_over || (e->over_s > 0 && over_s == 0));
        if (is_stale)
                remove_at(link);
        if (!e || is_stale)
                e = add(s, application, want, over_s);
        if (e)
                start_waiting(s);
        return e;
}

bool investigations_ask(struct investigations *s, const char *application, const struct want *want) {
        struct entry *e = ask(s, application, want, 0);
        return e && timer_is_running(&e->hold);
}

void investigations_ask_past(struct investigations *s, const char *application, const struct want *want,
                             int64_t over_s) {
        ask(s, application, want, over_s);
}

void investigations_drop(struct investigations *s, const char *application) {
        for (struct entry **link = &s->entries; *link;) {
                struct entry *e = *link;
                bool is_past = e->over_s > 0 && !e->is_over;
                if (is_past || strcmp(e->application, application) != 0) {
                        link = &e->next;
                        continue;
                }
                if (e->investigation)
                        log_info("%s: %s: its cause is not looked for any more", s->host.each.tag, application);
                remove_at(link);
        }
        start_waiting(s);
}

void investigations_keep(struct investigations *s, bool (*is_known)(void *arg, const char *application), void *arg) {
        for (struct entry **link = &s->entries; *link;)
                if (is_known(arg, (*link)->application))
                        link = &(*link)->next;
                else
                        remove_at(link);
        start_waiting(s);
}

size_t investigations_pending(const struct investigations *s) {
        size_t n = 0;
        for (const struct entry *e = s->entries; e; e = e->next)
                n += !e->is_over;
        return n;
}
