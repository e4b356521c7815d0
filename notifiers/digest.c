/* SPDX-License-Identifier: Apache-2.0 */
#include "notifiers/digest.h"

#include <errno.h>
#include <inttypes.h>

#include "notifiers/figures.h"
#include "util/text.h"

enum { LINES_MAX = 30, NAME_CHARS = 60, TITLE_NAME_CHARS = 20, WHAT_CHARS = 100, ADVICE_CHARS = 500 };

struct summary {
        const struct delivery **items; /* last event of each incident, in the order of digest_list */
        size_t n_items, n_open, n_by_severity[SEVERITY_CRITICAL + 1];
        size_t n_applications,
                n_failing; /* named at all; with something open that is no mere remark, when anything is */
        int64_t onset_s;   /* of the earliest of these */
};

static bool is_over(const struct delivery *d) {
        return d->incident.state == INCIDENT_RESOLVED;
}

/* Above zero when b comes before a; what is equal keeps its order. */
static int compare(const struct delivery *a, const struct delivery *b) {
        if (is_over(a) != is_over(b))
                return is_over(a) ? 1 : -1;
        return (int)b->incident.finding.severity - (int)a->incident.finding.severity;
}

static bool is_last_of_incident(const struct delivery *d, size_t i) {
        for (size_t k = i + 1; k < d->n_parts; k++)
                if (d->parts[k].incident.id == d->parts[i].incident.id)
                        return false;
        return true;
}

int digest_list(const struct delivery *d, const struct delivery ***ret, size_t *ret_n) {
        const struct delivery **list = calloc(d->n_parts + 1, sizeof *list);
        size_t n = 0;
        if (!list)
                return -ENOMEM;
        for (size_t i = 0; i < d->n_parts; i++) {
                size_t k = n;
                if (!is_last_of_incident(d, i))
                        continue;
                for (; k > 0 && compare(list[k - 1], &d->parts[i]) > 0; k--)
                        list[k] = list[k - 1];
                list[k] = &d->parts[i];
                n++;
        }
        *ret = list;
        *ret_n = n;
        return 0;
}

static bool is_same_application(const struct delivery *a, const struct delivery *b) {
        return text_same(a->incident.application, b->incident.application) &&
               text_same(a->incident.target, b->incident.target);
}

/* Whether no earlier item is of the same application. */
static bool is_first_of_application(const struct summary *s, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (is_same_application(s->items[k], s->items[i]))
                        return false;
        return true;
}

static bool is_remark(const struct delivery *d) {
        return d->incident.finding.severity == SEVERITY_INFO;
}

static void count(struct summary *s) {
        bool are_remarks_all = s->n_items > 0 && (is_over(s->items[0]) || is_remark(s->items[0]));
        for (size_t i = 0; i < s->n_items; i++) {
                const struct incident *incident = &s->items[i]->incident;
                bool is_first = is_first_of_application(s, i);
                s->n_applications += is_first;
                if (is_over(s->items[i]))
                        continue;
                s->n_open++;
                s->n_by_severity[incident->finding.severity]++;
                if (is_remark(s->items[i]) && !are_remarks_all)
                        continue;
                s->n_failing += is_first;
                if (incident->finding.onset_s > 0 && (!s->onset_s || incident->finding.onset_s < s->onset_s))
                        s->onset_s = incident->finding.onset_s;
        }
}

static const char *loud(const struct delivery *d) {
        static const char *const names[] = {"INFO", "WARNING", "CRITICAL"};
        return is_over(d) ? "RESOLVED" : names[d->incident.finding.severity];
}

static void put_how_many(struct buf *to, const struct delivery *d, const struct summary *s) {
        size_t n = s->n_open ? s->n_failing : s->n_applications;
        buf_printf(to, "%zu", n);
        if (d->n_watched >= (int64_t)n)
                buf_printf(to, " of %" PRId64, d->n_watched);
        buf_put_str(to, n == 1 && d->n_watched < (int64_t)n ? " app" : " apps");
}

/* As many names as fit into `room` characters, and how many are left out. */
static void put_names(struct buf *to, const struct summary *s, size_t room) {
        size_t n = s->n_open ? s->n_failing : s->n_applications, shown = 0, used = 0;
        for (size_t i = 0; i < s->n_items && shown < n; i++) {
                SCOPED(buf_done) struct buf name = BUF_INIT(256);
                if (!is_first_of_application(s, i))
                        continue;
                message_put(&name, text_or_empty(s->items[i]->incident.application), TITLE_NAME_CHARS);
                if (name.failed)
                        to->failed = name.failed;
                size_t tail = shown + 1 < n ? sizeof " and 9 more" - 1 : 0, chars = message_chars(buf_str(&name));
                if (used + 2 + chars + tail > room && shown > 0)
                        break;
                buf_printf(to, "%s%s", shown ? ", " : "", buf_str(&name));
                used += chars + (shown ? 2 : 0);
                shown++;
        }
        if (shown < n)
                buf_printf(to, " and %zu more", n - shown);
}

static int make_title(const struct delivery *d, const struct summary *s, char to[4 * MESSAGE_TITLE_CHARS + 1]) {
        SCOPED(buf_done) struct buf title = BUF_INIT(4 * MESSAGE_TITLE_CHARS), since = BUF_INIT(64);
        char when[48];
        buf_printf(&title, "[%s] ", loud(s->items[0]));
        put_how_many(&title, d, s);
        buf_put_str(&title, s->n_open == 0           ? " well again: "
                            : is_remark(s->items[0]) ? " with remarks: "
                            : s->n_failing == 1      ? " fails: "
                                                     : " fail: ");
        if (s->onset_s > 0) {
                figure_time(s->onset_s, message_at_s(d), when);
                buf_printf(&since, ", since %s", when);
        }
        put_names(&title, s, MESSAGE_TITLE_CHARS - title.len - since.len);
        buf_put_span(&title, buf_span(&since));
        text_copy(to, 4 * MESSAGE_TITLE_CHARS + 1, buf_str(&title));
        return title.failed == -ENOMEM || since.failed ? -ENOMEM : 0;
}

static void put_counts(struct buf *to, const struct delivery *d, const struct summary *s) {
        const char *comma = "";
        char from[48], until[48];
        for (int k = SEVERITY_CRITICAL; k >= SEVERITY_INFO; k--)
                if (s->n_by_severity[k]) {
                        buf_printf(to, "%s%zu %s", comma, s->n_by_severity[k], severity_name((enum severity)k));
                        comma = ", ";
                }
        if (s->n_open)
                buf_printf(to, " incident%s open", s->n_open == 1 ? "" : "s");
        if (s->n_open < s->n_items)
                buf_printf(to, "%s%zu resolved", s->n_open ? ", " : "", s->n_items - s->n_open);
        figure_time(d->parts[0].created_at_s, message_at_s(d), from);
        figure_time(message_at_s(d), message_at_s(d), until);
        buf_printf(to, ": %zu events from %s", d->n_parts, from);
        if (strcmp(from, until) != 0)
                buf_printf(to, " to %s", until);
        buf_put_str(to, ", told together.");
}

/* Whether no earlier item is of the same application and diagnoser. */
static bool is_first_of_group(const struct summary *s, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (is_same_application(s->items[k], s->items[i]) &&
                    text_same(s->items[k]->incident.finding.diagnoser, s->items[i]->incident.finding.diagnoser))
                        return false;
        return true;
}

static void put_group(struct buf *to, const struct summary *s, const char *diagnoser) {
        size_t n = 0;
        for (size_t i = 0; i < s->n_items; i++)
                n += text_same(s->items[i]->incident.finding.diagnoser, diagnoser) && is_first_of_group(s, i);
        buf_printf(to, "\n%.60s (%zu): ", text_or_empty(diagnoser), n);
        n = 0;
        for (size_t i = 0; i < s->n_items; i++) {
                if (!text_same(s->items[i]->incident.finding.diagnoser, diagnoser) || !is_first_of_group(s, i))
                        continue;
                buf_put_str(to, n++ ? ", " : "");
                message_put(to, text_or_empty(s->items[i]->incident.application), NAME_CHARS);
        }
}

/* "restart_loop (3): orders, clicks, billing": every application by name, whatever the room for its incident's line. */
static void put_groups(struct buf *to, const struct summary *s) {
        for (size_t i = 0; i < s->n_items; i++) {
                const char *diagnoser = s->items[i]->incident.finding.diagnoser;
                bool is_new = true;
                for (size_t k = 0; k < i && is_new; k++)
                        is_new = !text_same(s->items[k]->incident.finding.diagnoser, diagnoser);
                if (is_new)
                        put_group(to, s, diagnoser);
        }
}

/* "CRITICAL orders (prod-eu): 14 restarts in 10 min, since 03:04 UTC: flinkwatchctl show 17" */
static void put_line(struct buf *to, const struct delivery *item, int64_t now_s) {
        const struct incident *i = &item->incident;
        char when[48];
        buf_printf(to, "%s ", loud(item));
        message_put(to, text_or_empty(i->application), NAME_CHARS);
        buf_put_str(to, " (");
        message_put(to, text_or_empty(i->target), NAME_CHARS);
        buf_put_str(to, "): ");
        message_put(to,
                    i->finding.title && i->finding.title[0] ? i->finding.title : text_or_empty(i->finding.diagnoser),
                    WHAT_CHARS);
        if (is_over(item) && i->resolved_at_s > 0) {
                figure_time(i->resolved_at_s, now_s, when);
                buf_printf(to, ", until %s", when);
        } else if (i->finding.onset_s > 0) {
                figure_time(i->finding.onset_s, now_s, when);
                buf_printf(to, ", since %s", when);
        }
        buf_printf(to, ": flinkwatchctl show %" PRId64, i->id);
}

static void make_lines(const struct delivery *d, const struct summary *s, struct buf *to) {
        for (size_t i = 0; i < s->n_items && i < LINES_MAX; i++) {
                buf_put_str(to, i ? "\n" : "");
                put_line(to, s->items[i], message_at_s(d));
        }
        if (s->n_items > LINES_MAX)
                buf_printf(to, "\nand %zu more", s->n_items - LINES_MAX);
}

static void make_advice(const struct summary *s, struct buf *to) {
        const struct incident *first = &s->items[0]->incident;
        if (s->n_open == 0)
                return;
        if (s->n_failing > 1 && !is_remark(s->items[0]))
                buf_put_str(to,
                            "Look first for what they share: a source or sink, a network, a deploy, an AWS event.\n");
        message_put(to, text_or_empty(first->application), NAME_CHARS);
        buf_put_str(to, ": ");
        if (first->finding.n_advice > 0)
                message_put(to, first->finding.advice[0], ADVICE_CHARS);
        else
                buf_printf(to, "flinkwatchctl show %" PRId64, first->id);
}

static void make_context(const struct summary *s, struct buf *to) {
        size_t n = 0;
        for (size_t i = 0; i < s->n_items; i++) {
                bool is_new = true;
                for (size_t k = 0; k < i && is_new; k++)
                        is_new = !text_same(s->items[k]->incident.target, s->items[i]->incident.target);
                if (!is_new)
                        continue;
                buf_put_str(to, n++ ? ", " : "");
                message_put(to, text_or_empty(s->items[i]->incident.target), NAME_CHARS);
        }
        buf_printf(to, " \u00b7 digest of %zu incident%s", s->n_items, s->n_items == 1 ? "" : "s");
}

int digest_make(const struct delivery *d, struct message *m) {
        struct summary s = {0};
        int r = digest_list(d, &s.items, &s.n_items);
        if (r < 0)
                return r;
        count(&s);
        r = make_title(d, &s, m->title);
        put_counts(&m->cause, d, &s);
        put_groups(&m->cause, &s);
        make_lines(d, &s, &m->numbers);
        make_advice(&s, &m->advice);
        make_context(&s, &m->context);
        snprintf(m->command, sizeof m->command, "flinkwatchctl incidents --all");
        free(s.items);
        return r;
}
