/* SPDX-License-Identifier: Apache-2.0 */
/* The one screen at 03:00: what is wrong, since when, why, what to do; then how each application is. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/spark.h"
#include "ctl/status.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { SPARK_MAX = 60, SPARK_NARROW = 12, WIDE = 120, TOLD_MAX = 3, LISTED_MAX = 12, PROGRESS_COLUMNS = 20 };

/* Nagios: a target whose newest poll failed for longer than this is not known. */
static int64_t patience_s(const cJSON *result) {
        int64_t interval_s = value_count(value_member(result, "daemon"), "interval_s");
        return interval_s > 0 ? 5 * interval_s : 300;
}

static bool is_target_blind(const cJSON *result, const cJSON *target, int64_t now_s) {
        int64_t polled_at_s = value_time(target, "polled_at");
        return (value_text(target, "error")[0] && now_s - polled_at_s > patience_s(result)) || polled_at_s == 0;
}

struct status_summary status_summarise(const cJSON *result, int64_t now_s) {
        struct status_summary sum = {0};
        const cJSON *item;
        cJSON_ArrayForEach(item, value_member(result, "incidents")) {
                const char *severity = value_text(item, "severity");
                sum.n_quiet += value_flag(item, "quiet");
                if (value_flag(item, "quiet"))
                        continue;
                sum.n_critical += strcmp(severity, "critical") == 0;
                sum.n_warning += strcmp(severity, "warning") == 0;
                sum.n_info += strcmp(severity, "info") == 0;
        }
        cJSON_ArrayForEach(item, value_member(result, "targets")) {
                sum.n_targets++;
                sum.n_blind += is_target_blind(result, item, now_s);
        }
        sum.n_applications = (size_t)cJSON_GetArraySize(value_member(result, "applications"));
        return sum;
}

int status_exit_code(const struct status_summary *sum) {
        if (sum->n_critical > 0)
                return STATUS_CRITICAL;
        if (sum->n_warning > 0)
                return STATUS_WARNING;
        return sum->n_blind > 0 || sum->n_applications == 0 ? STATUS_UNKNOWN : STATUS_OK;
}

static void put_count(struct screen *s, size_t n, enum style style, const char *one, const char *many,
                      const char *before) {
        if (n == 0)
                return;
        screen_put(s, STYLE_PLAIN, before);
        screen_printf(s, style, "%zu %s", n, n == 1 ? one : many);
}

/* Nagios shows this line alone. */
static void draw_verdict(struct screen *s, const struct status_summary *sum) {
        static const struct {
                const char *word;
                enum style style;
        } words[] = {
                {"OK", STYLE_GREEN}, {"WARNING", STYLE_YELLOW}, {"CRITICAL", STYLE_ALARM}, {"UNKNOWN", STYLE_YELLOW}};
        int code = status_exit_code(sum);
        screen_put(s, words[code].style, words[code].word);
        screen_put(s, STYLE_PLAIN, ":");
        if (sum->n_critical + sum->n_warning + sum->n_info == 0)
                screen_put(s, STYLE_PLAIN, " nothing open");
        put_count(s, sum->n_critical, STYLE_ALARM, "critical", "critical", " ");
        put_count(s, sum->n_warning, STYLE_YELLOW, "warning", "warnings", sum->n_critical ? ", " : " ");
        if (sum->n_critical + sum->n_warning == 0)
                put_count(s, sum->n_info, STYLE_CYAN, "info", "info", " ");
        screen_printf(s, STYLE_PLAIN, " in %zu application%s", sum->n_applications,
                      sum->n_applications == 1 ? "" : "s");
        if (sum->n_blind > 0) {
                screen_put(s, STYLE_PLAIN, "; ");
                screen_printf(s, STYLE_ALARM, "%zu of %zu target%s not read", sum->n_blind, sum->n_targets,
                              sum->n_targets == 1 ? "" : "s");
        }
        screen_line(s);
}

static void draw_daemon(struct screen *s, const cJSON *daemon) {
        char up[WORDS_MAX];
        int64_t started_at_s = value_time(daemon, "started_at");
        words_span(started_at_s ? s->now_s - started_at_s : 0, up);
        screen_printf(s, STYLE_DIM, "flinkwatchd %s, pid %lld, up %s, polls every %lld s",
                      value_text(daemon, "version"), (long long)value_count(daemon, "pid"), up,
                      (long long)value_count(daemon, "interval_s"));
        screen_line(s);
}

static void draw_told(struct screen *s, const char *label, const char *text) {
        if (!text[0])
                return;
        screen_item(s, label, 12, text);
}

static void draw_incident(struct screen *s, const cJSON *incident, bool is_told) {
        char ago[WORDS_MAX];
        words_ago(value_time(incident, "onset_at"), s->now_s, ago);
        screen_printf(s, STYLE_BOLD, "#%lld ", (long long)value_count(incident, "id"));
        screen_put(s, style_of(value_text(incident, "severity")), value_text(incident, "severity"));
        screen_put(s, STYLE_PLAIN, " ");
        screen_put(s, STYLE_BOLD, value_text(incident, "application"));
        screen_printf(s, STYLE_DIM, ", since %s%s", ago,
                      strcmp(value_text(incident, "state"), "acknowledged") == 0 ? ", acknowledged" : "");
        screen_line(s);
        draw_told(s, "    what", value_text(incident, "title"));
        if (!is_told)
                return;
        draw_told(s, "    cause", value_text(incident, "cause"));
        draw_told(s, "    do", value_text(incident, "advice"));
}

/* 3 critical, 2 warning, 1 info, 0 quiet */
static int loudness(const cJSON *incident) {
        const char *severity = value_text(incident, "severity");
        int level = strcmp(severity, "critical") == 0 ? 3 : strcmp(severity, "warning") == 0 ? 2 : 1;
        return value_flag(incident, "quiet") ? 0 : level;
}

/* What pages, worst first, the first ones with what to do; the rest is a number. */
static void draw_incidents(struct screen *s, const cJSON *incidents) {
        size_t n_listed = 0, n_all = (size_t)cJSON_GetArraySize(incidents);
        int64_t first_id = 0;
        const cJSON *item;
        for (int level = 3; level >= 2; level--)
                cJSON_ArrayForEach(item, incidents) {
                        if (loudness(item) != level || n_listed == LISTED_MAX)
                                continue;
                        if (n_listed == 0) {
                                screen_line(s);
                                first_id = value_count(item, "id");
                        }
                        draw_incident(s, item, n_listed < TOLD_MAX);
                        n_listed++;
                }
        if (n_listed > 0)
                screen_printf(s, STYLE_DIM, "all of it: flinkwatchctl show %lld", (long long)first_id);
        if (n_all > n_listed)
                screen_printf(s, STYLE_DIM, "%s%zu more: flinkwatchctl incidents", n_listed > 0 ? "; " : "",
                              n_all - n_listed);
        if (n_all > 0)
                screen_line(s);
}

/* Why something fails is worth its lines: a cut message hides the mend. */
static void draw_errors(struct screen *s, const cJSON *list, const char *what) {
        const cJSON *item;
        cJSON_ArrayForEach(item, list) {
                SCOPED(buf_done) struct buf text = BUF_INIT(8 << 10);
                if (!value_text(item, "error")[0])
                        continue;
                buf_printf(&text, "%s %s fails: %s", what, value_text(item, "name"), value_text(item, "error"));
                screen_wrap(s, 0, STYLE_RED, buf_str(&text));
        }
}

/* The first look back takes a while when there is much to look at. */
static void draw_progress(struct screen *s, const cJSON *targets) {
        const cJSON *item;
        cJSON_ArrayForEach(item, targets) {
                const cJSON *progress = value_member(item, "progress");
                int64_t n_series = value_count(progress, "series"), n_read = value_count(progress, "series_read"),
                        n_judged = value_count(progress, "applications_judged"),
                        n_all = value_count(progress, "applications");
                int64_t n_done = n_read + n_judged, n = n_series + n_all;
                if (!cJSON_IsObject(progress) || n <= 0 || n_done < 0 || n_done > n)
                        continue;
                SCOPED(buf_done) struct buf text = BUF_INIT(4096);
                buf_printf(&text, "%s: looking back ", value_text(item, "name"));
                for (int64_t i = 0; i < PROGRESS_COLUMNS; i++)
                        buf_put_str(&text, i * n < n_done * PROGRESS_COLUMNS ? screen_glyph(s, "\u2588", "#")
                                                                             : screen_glyph(s, "\u2591", "."));
                buf_printf(&text, " %lld of %lld series read, %lld of %lld applications judged", (long long)n_read,
                           (long long)n_series, (long long)n_judged, (long long)n_all);
                screen_wrap(s, 0, STYLE_CYAN, buf_str(&text));
        }
}

static void draw_targets(struct screen *s, const cJSON *result) {
        static const struct column columns[] = {
                {"TARGET", false, 8, 0}, {"REGION", false, 0, 0}, {"LAST POLL", false, 0, 0}};
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *targets = value_member(result, "targets"), *item;
        if (cJSON_GetArraySize(targets) == 0)
                return;
        cJSON_ArrayForEach(item, targets) {
                char ago[WORDS_MAX];
                words_ago(value_time(item, "polled_at"), s->now_s, ago);
                table_cell(t, STYLE_PLAIN, value_text(item, "name"));
                table_cell(t, STYLE_PLAIN, value_text(item, "region"));
                table_cell(t, is_target_blind(result, item, s->now_s) ? STYLE_ALARM : STYLE_PLAIN, ago);
        }
        screen_line(s);
        table_draw(t, s);
        draw_progress(s, targets);
        draw_errors(s, targets, "target");
}

static void draw_notifiers(struct screen *s, const cJSON *notifiers) {
        static const struct column columns[] = {
                {"NOTIFIER", false, 8, 0}, {"DELIVERED", false, 0, 0}, {"WAITING", true, 0, 0}};
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *item;
        if (cJSON_GetArraySize(notifiers) == 0)
                return;
        cJSON_ArrayForEach(item, notifiers) {
                char ago[WORDS_MAX];
                int64_t pending = value_count(item, "pending");
                words_ago(value_time(item, "delivered_at"), s->now_s, ago);
                table_cell(t, STYLE_PLAIN, value_text(item, "name"));
                table_cell(t, STYLE_PLAIN, ago);
                table_printf(t, pending > 0 ? STYLE_YELLOW : STYLE_PLAIN, "%lld", (long long)pending);
        }
        screen_line(s);
        table_draw(t, s);
        draw_errors(s, notifiers, "notifier");
}

static void cell_figure(struct table *t, double value, const char *unit, double warn_from) {
        char text[WORDS_MAX];
        words_value(value, unit, text);
        table_cell(t, value >= warn_from ? STYLE_YELLOW : STYLE_PLAIN, isfinite(value) ? text : NULL);
}

static void cell_records(struct table *t, double value) {
        char text[WORDS_MAX];
        words_number(value, text);
        table_printf(t, STYLE_PLAIN, "%s rec", text);
}

static void cell_spark(struct table *t, const struct screen *s, const cJSON *spark) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4 * SPARK_MAX + 1);
        double values[SPARK_MAX];
        size_t n = 0, shown = s->width && s->width < WIDE ? SPARK_NARROW : SPARK_MAX;
        const cJSON *item;
        cJSON_ArrayForEach(item, spark) if (n < SPARK_MAX) values[n++] = cJSON_IsNumber(item) ? item->valuedouble : NAN;
        size_t from = n > shown ? n - shown : 0;
        spark_put(&text, values + from, n - from, s->is_utf8);
        table_cell(t, STYLE_CYAN, buf_str(&text));
}

static void add_application(struct table *t, const struct screen *s, const cJSON *a) {
        const cJSON *figures = value_member(a, "figures");
        const char *severity = value_text(a, "severity");
        bool is_quiet = !severity[0] && value_count(a, "quiet") > 0;
        double lag_ms = value_number(figures, "lag_ms"), lag_records = value_number(figures, "lag_records");
        table_cell(t, STYLE_BOLD, value_text(a, "name"));
        table_cell(t, STYLE_PLAIN, value_text(a, "target"));
        table_cell(t, style_of(value_text(a, "status")), value_text(a, "status"));
        table_cell(t,
                   severity[0] ? style_of(severity)
                   : is_quiet  ? STYLE_DIM
                               : STYLE_GREEN,
                   severity[0] ? severity
                   : is_quiet  ? "quiet"
                               : "ok");
        cell_figure(t, value_number(figures, "checkpoint_ratio") * 100, "%", 50);
        cell_figure(t, value_number(figures, "restarts_1h"), "", 1);
        cell_figure(t, value_number(figures, "cpu_pct"), "%", 80);
        cell_figure(t, value_number(figures, "heap_pct"), "%", 80);
        if (isfinite(lag_ms) || !isfinite(lag_records))
                cell_figure(t, lag_ms, "ms", 60000);
        else
                cell_records(t, lag_records);
        cell_spark(t, s, value_member(a, "spark"));
        table_cell(t, STYLE_DIM, value_text(a, "spark_metric"));
}

static int rank(const cJSON *application) {
        const char *severity = value_text(application, "severity");
        return strcmp(severity, "critical") == 0 ? 3 : strcmp(severity, "warning") == 0 ? 2 : severity[0] ? 1 : 0;
}

static void draw_applications(struct screen *s, const cJSON *applications, bool has_targets) {
        const struct column columns[] = {
                {"APPLICATION", false, 12, 0}, {"TARGET", false, 8, has_targets ? 1 : 9},
                {"STATUS", false, 0, 0},       {"WORST", false, 0, 0},
                {"CHECKPT", true, 0, 2},       {"RESTARTS", true, 0, 3},
                {"CPU", true, 0, 5},           {"HEAP", true, 0, 6},
                {"LAG", true, 0, 4},           {"TREND", false, 0, 7},
                {"OF", false, 0, 8},
        };
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *item;
        screen_line(s);
        if (cJSON_GetArraySize(applications) == 0) {
                screen_wrap(
                        s, 0, STYLE_PLAIN,
                        "No application is known yet: the first poll may still run, or no name matches `applications` in the configuration.");
                return;
        }
        for (int level = 3; level >= 0; level--)
                cJSON_ArrayForEach(item, applications) if (rank(item) == level) add_application(t, s, item);
        table_draw(t, s);
}

void status_draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        struct status_summary sum = status_summarise(result, s->now_s);
        (void)a;
        draw_verdict(s, &sum);
        draw_daemon(s, value_member(result, "daemon"));
        draw_incidents(s, value_member(result, "incidents"));
        draw_applications(s, value_member(result, "applications"), sum.n_targets > 1);
        draw_targets(s, result);
        draw_notifiers(s, value_member(result, "notifiers"));
}
