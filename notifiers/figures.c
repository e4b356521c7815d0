/* SPDX-License-Identifier: Apache-2.0 */
#include "notifiers/figures.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>

#include "notifiers/message.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { CHART_POINTS_MAX = 24, EVIDENCE_MAX = 500, NAME_CHARS = 100, TEXT_CHARS = 200 };

/* 3.14159 -> "3.14", 61234 -> "61234": what a person compares with a threshold. */
static void put_plain(double value, const char *unit, char to[48]) {
        int decimals = fabs(value) >= 1000 || value == floor(value) ? 0 : fabs(value) >= 10 ? 1 : 2;
        if (fabs(value) >= 1e15)
                snprintf(to, 48, "%.3g%s%s", value, unit[0] ? " " : "", unit);
        else
                snprintf(to, 48, "%.*f%s%s", decimals, value, unit[0] ? " " : "", unit);
}

static void put_ms(double ms, char to[48]) {
        char span[TIME_TEXT_MAX];
        if (fabs(ms) < 1000) {
                put_plain(ms, "ms", to);
        } else if (fabs(ms) < 600000) {
                put_plain(ms / 1000, "s", to);
        } else if (fabs(ms) < 1e15) {
                time_span_text((int64_t)(fabs(ms) / 1000), span);
                snprintf(to, 48, "%s%.40s", ms < 0 ? "-" : "", span);
        } else {
                put_plain(ms, "ms", to);
        }
}

static void put_bytes(double bytes, char to[48]) {
        static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        size_t i = 0;
        while (i < 4 && fabs(bytes) >= 1024) {
                bytes /= 1024;
                i++;
        }
        put_plain(bytes, units[i], to);
}

void figure_value(enum metric_unit unit, double value, char to[48]) {
        char instant[TIME_TEXT_MAX];
        to[0] = '\0';
        if (!isfinite(value))
                return;
        if (unit == UNIT_MS) {
                put_ms(value, to);
        } else if (unit == UNIT_BYTES) {
                put_bytes(value, to);
        } else if (unit == UNIT_EPOCH_MS && value > 0 && value < 2.5e14) {
                time_rfc3339((int64_t)(value / 1000), instant);
                snprintf(to, 48, "%.40s", instant);
        } else {
                put_plain(value, metric_unit_name(unit), to);
        }
}

static bool split_time(int64_t at_s, struct tm *ret) {
        time_t t = (time_t)at_s;
        return gmtime_r(&t, ret) != NULL;
}

void figure_day(int64_t at_s, char to[48]) {
        static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        struct tm tm;
        if (split_time(at_s, &tm))
                snprintf(to, 48, "%d %s", tm.tm_mday, months[tm.tm_mon]);
        else
                snprintf(to, 48, "-");
}

void figure_time(int64_t at_s, int64_t now_s, char to[48]) {
        char day[48] = "";
        struct tm tm;
        if (at_s / 86400 != now_s / 86400)
                figure_day(at_s, day);
        if (split_time(at_s, &tm))
                snprintf(to, 48, "%.24s%s%02d:%02d UTC", day, day[0] ? " " : "", tm.tm_hour, tm.tm_min);
        else
                snprintf(to, 48, "-");
}

static bool is_metric(const struct evidence *e) {
        return strcmp(text_or_empty(e->kind), "metric") == 0 && e->metric;
}

static bool is_same_series(const struct evidence *a, const struct evidence *b) {
        return is_metric(a) && is_metric(b) && text_same(a->metric, b->metric) &&
               text_same(a->statistic, b->statistic) && text_same(a->dimensions, b->dimensions);
}

/* Whether an earlier piece of evidence has drawn this series already. */
static bool is_drawn(const struct finding *f, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (is_same_series(&f->evidence[k], &f->evidence[i]))
                        return true;
        return false;
}

/* Evidence of one series in the order of time, the newest CHART_POINTS_MAX. */
static size_t gather(const struct finding *f, size_t first, const struct evidence *points[CHART_POINTS_MAX]) {
        size_t n = 0;
        for (size_t i = first; i < f->n_evidence; i++) {
                const struct evidence *e = &f->evidence[i];
                if (!is_same_series(&f->evidence[first], e) || !isfinite(e->value))
                        continue;
                size_t k = n;
                while (k > 0 && points[k - 1]->at_s > e->at_s)
                        k--;
                if (n == CHART_POINTS_MAX) {
                        if (k == 0)
                                continue;
                        memmove(points, points + 1, (k - 1) * sizeof *points);
                        points[k - 1] = e;
                } else {
                        memmove(points + k + 1, points + k, (n - k) * sizeof *points);
                        points[k] = e;
                        n++;
                }
        }
        return n;
}

static void put_chart(struct buf *to, const struct evidence *const *points, size_t n) {
        static const char *const bars[] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                           "\u2585", "\u2586", "\u2587", "\u2588"};
        double low = points[0]->value, high = low;
        for (size_t i = 1; i < n; i++) {
                low = fmin(low, points[i]->value);
                high = fmax(high, points[i]->value);
        }
        if (!(high > low) || !isfinite(high - low))
                return;
        buf_put_str(to, "  ");
        for (size_t i = 0; i < n; i++)
                buf_put_str(to, bars[(int)lround((points[i]->value - low) / (high - low) * 7)]);
}

/* Whether an earlier part of the list has this value: a task of one operator is named like it. */
static bool is_named(struct span before, struct span value) {
        while (before.data && before.len > 0) {
                struct span other = span_split(&before, '\x1f');
                span_split(&other, '=');
                if (span_equals(other, value))
                        return true;
        }
        return false;
}

/* "Task=Source: a\x1fFlow=x" -> "Source: a, x"; "Parallelism=1" -> "subtask 1" */
static void put_dimensions(struct buf *to, const char *dimensions) {
        struct buf names = BUF_INIT(4096);
        struct span rest = span_of(dimensions);
        while (rest.data && rest.len > 0) {
                struct span value = span_split(&rest, '\x1f'), before = {dimensions, (size_t)(value.data - dimensions)};
                bool is_subtask = span_is(span_split(&value, '='), "Parallelism");
                if (is_named(before, value))
                        continue;
                if (names.len > 0)
                        buf_put_str(&names, ", ");
                buf_put_str(&names, is_subtask ? "subtask " : "");
                buf_put_span(&names, value);
        }
        if (names.failed == -ENOMEM)
                to->failed = -ENOMEM;
        if (names.len > 0) {
                buf_put_str(to, " of ");
                message_put(to, buf_str(&names), NAME_CHARS);
        }
        buf_done(&names);
}

/* When, and what is said of it, where there is no number. */
static void put_remark(struct buf *to, const struct evidence *e, int64_t now_s) {
        char text[48];
        if (e->at_s > 0) {
                figure_time(e->at_s, now_s, text);
                buf_printf(to, " at %s", text);
        }
        figure_value(UNIT_COUNT, e->value, text);
        if (text[0])
                buf_printf(to, ": %s", text);
        if (e->text) {
                buf_put_str(to, ": ");
                message_put(to, e->text, TEXT_CHARS);
        }
}

static void put_series(struct buf *to, const struct finding *f, size_t first, int64_t now_s) {
        const struct evidence *points[CHART_POINTS_MAX], *e = &f->evidence[first];
        const struct metric *metric = metric_find(e->metric, NULL);
        enum metric_unit unit = metric ? metric->unit : UNIT_COUNT;
        size_t n = gather(f, first, points);
        char text[48];
        message_put(to, e->metric, NAME_CHARS);
        if (e->statistic)
                buf_printf(to, " (%.40s)", e->statistic);
        put_dimensions(to, text_or_empty(e->dimensions));
        if (n == 0) {
                put_remark(to, e, now_s);
                return;
        }
        figure_value(unit, points[n - 1]->value, text);
        buf_printf(to, ": %s", text);
        figure_value(unit, points[n - 1]->threshold, text);
        if (text[0])
                buf_printf(to, ", threshold %s", text);
        if (points[n - 1]->at_s > 0) {
                figure_time(points[n - 1]->at_s, now_s, text);
                buf_printf(to, ", at %s", text);
        }
        if (n >= 3)
                put_chart(to, points, n);
}

static void put_said(struct buf *to, const struct evidence *e, int64_t now_s) {
        message_put(to, text_or_empty(e->kind), NAME_CHARS);
        if (e->metric) {
                buf_put_char(to, ' ');
                message_put(to, e->metric, NAME_CHARS);
        }
        put_remark(to, e, now_s);
}

void figures_put(struct buf *to, const struct finding *f, int64_t now_s) {
        size_t n = 0;
        for (size_t i = 0; i < f->n_evidence && i < EVIDENCE_MAX; i++) {
                if (is_metric(&f->evidence[i]) && is_drawn(f, i))
                        continue;
                if (n++ >= FIGURE_LINES_MAX)
                        continue;
                if (n > 1)
                        buf_put_char(to, '\n');
                if (is_metric(&f->evidence[i]))
                        put_series(to, f, i, now_s);
                else
                        put_said(to, &f->evidence[i], now_s);
        }
        if (n > FIGURE_LINES_MAX)
                buf_printf(to, "\nand %zu more", n - FIGURE_LINES_MAX);
}
