/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/census.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "daemon/log.h"
#include "util/text.h"

/* What is stored as the status of an application that ListApplications does not name any more. */
static const char status_deleted[] = "DELETED";

void census_done(struct census *c) {
        batch_done(&c->names);
}

static bool is_long_gone(const struct application *a, int64_t now_s) {
        return text_same(a->status, status_deleted) && now_s - a->seen_at_s >= CENSUS_LINGER_S;
}

static int add_literals(const char *globs, struct batch *names) {
        struct span rest = span_of(globs);
        int r = 0;
        while (r == 0 && rest.data) {
                struct span item = span_trim(span_split(&rest, ','));
                bool is_literal = item.len > 0 && item.data[0] != '!' && !memchr(item.data, '*', item.len) &&
                                  !memchr(item.data, '?', item.len);
                if (is_literal)
                        r = batch_add_name(names, item, NULL, 0);
        }
        return r;
}

int census_load(struct census *c, int64_t now_s) {
        SCOPED(application_rows_done) struct application_rows known = {0};
        SCOPED(batch_done) struct batch names = {0};
        int r = store_list_applications(c->store, c->target, &known);
        for (size_t i = 0; r == 0 && i < known.n_rows; i++)
                if (!is_long_gone(&known.rows[i], now_s))
                        r = batch_add_name(&names, span_of(known.rows[i].name), NULL, 0);
        if (r == 0)
                r = add_literals(c->globs, &names);
        if (r == 0)
                r = plan_set_names(c->plan, names.names, names.n_names, c->globs, NULL, NULL);
        for (size_t i = 0; r == 0 && i < known.n_rows; i++)
                r = plan_describe(c->plan, c->store, &known.rows[i]);
        for (size_t i = 0; i < c->plan->n_applications; i++)
                c->plan->applications[i].described_at_s = 0;
        return r;
}

void census_begin(struct census *c) {
        batch_clear(&c->names);
}

int census_add(struct census *c, const struct batch *page) {
        int r = 0;
        for (size_t i = 0; r == 0 && i < page->n_names; i++) {
                const struct listed_application *a = &page->names[i];
                r = batch_add_name(&c->names, span_of(a->name), a->status, a->version_id);
        }
        return r;
}

/* Its history and its incidents stay; who asks sees that it runs no more. */
static int store_deleted(struct census *c, struct watched *w, int64_t now_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = now_s};
        SCOPED(application_done) struct application a = {0};
        int r = store_application(c->store, c->target, w->name, &a);
        if (r != 0)
                return r < 0 ? r : 0;
        a.seen_at_s = now_s;
        if (text_replace(&a.status, status_deleted) < 0 || text_replace(&w->status, status_deleted) < 0)
                return -ENOMEM;
        r = batch_add_application_take(&b, &a);
        return r < 0 ? r : store_put(c->store, &b);
}

static int note_gone(struct census *c, struct watched *w, int64_t now_s) {
        if (w->gone_at_s > 0)
                return 0;
        w->gone_at_s = now_s;
        w->is_running = false;
        w->described_at_s = now_s; /* nothing is to be waited for: it can be judged */
        if (text_same(w->status, status_deleted))
                return 0;
        log_notice("%s: %s: the application is gone; its history stays", c->tag, w->name);
        return store_deleted(c, w, now_s);
}

static void note_listed(struct census *c, struct watched *w, const struct listed_application *listed) {
        if (w->gone_at_s == 0 && !watched_has_changed(w, listed))
                return;
        w->gone_at_s = 0;
        log_info("%s: %s: version %" PRId64 " %s is now version %" PRId64 " %s", c->tag, w->name, w->version_id,
                 text_or_empty(w->status), listed->version_id, text_or_empty(listed->status));
        w->is_changed[FACT_APPLICATION] = w->is_changed[FACT_OPERATIONS] = true;
}

static int compare_listed(const void *a, const void *b) {
        return strcmp(((const struct listed_application *)a)->name, ((const struct listed_application *)b)->name);
}

static const struct listed_application *find_listed(const struct batch *sorted, size_t n, char *name) {
        struct listed_application key = {.name = name};
        return n > 0 ? bsearch(&key, sorted->names, n, sizeof key, compare_listed) : NULL;
}

/* Those who are gone are added to the list for a while. */
static int compare_with_plan(struct census *c, int64_t now_s) {
        size_t n_listed = c->names.n_names;
        if (n_listed > 0)
                qsort(c->names.names, n_listed, sizeof *c->names.names, compare_listed);
        for (size_t i = 0; i < c->plan->n_applications; i++) {
                struct watched *w = &c->plan->applications[i];
                const struct listed_application *listed = find_listed(&c->names, n_listed, w->name);
                bool was_ever_seen = w->status != NULL;
                int r = 0;
                if (listed)
                        note_listed(c, w, listed);
                else if (was_ever_seen)
                        r = note_gone(c, w, now_s);
                if (r == 0 && !listed && was_ever_seen && now_s - w->gone_at_s < CENSUS_LINGER_S)
                        r = batch_add_name(&c->names, span_of(w->name), NULL, 0);
                if (r < 0)
                        return r;
        }
        return 0;
}

static void say_new(const struct census *c) {
        for (size_t i = 0; i < c->plan->n_applications; i++)
                if (!c->plan->applications[i].status && c->plan->applications[i].asked_at_s[FACT_APPLICATION] == 0)
                        log_info("%s: %s: a new application", c->tag, c->plan->applications[i].name);
}

int census_take(struct census *c, int64_t now_s) {
        size_t added = 0, removed = 0;
        int r = compare_with_plan(c, now_s);
        if (r == 0)
                r = plan_set_names(c->plan, c->names.names, c->names.n_names, c->globs, &added, &removed);
        if (r < 0)
                return r;
        if (added > 0 && c->has_list)
                say_new(c);
        c->has_left_any = c->has_left_any || removed > 0 || !c->has_list;
        c->has_list = true;
        if (added || removed)
                log_info("%s: %zu applications watched (%zu new, %zu gone)", c->tag, c->plan->n_applications, added,
                         removed);
        return 0;
}
