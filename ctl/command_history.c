/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/chart.h"
#include "ctl/command.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"
#include "util/number.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { TABLE_ROWS = 200, SPAN_STANDARD_S = 3 * 3600, NAMED_MARKS = 26 };

static const char *const folds[] = {"min", "max", "mean", "sum", "count", "last", NULL};
static const char *const formats[] = {"table", "plot", "csv", "json", NULL};

static const struct option options[] = {
        {.name = "app",
         .kind = VALUE_TEXT,
         .value_name = "NAME",
         .source = SOURCE_APPLICATION,
         .is_required = true,
         .help = "the application"},
        {.name = "metric",
         .kind = VALUE_TEXT,
         .value_name = "METRIC",
         .source = SOURCE_METRIC,
         .is_required = true,
         .help = "CloudWatch's name of the metric; `metrics` lists what is stored"},
        {.name = "stat",
         .kind = VALUE_TEXT,
         .value_name = "STAT",
         .help = "the statistic, where the metric is stored with several"},
        {.name = "dim",
         .kind = VALUE_PAIR,
         .value_name = "K=V",
         .is_repeated = true,
         .help = "a dimension, such as Task=NAME; without: the application as a whole"},
        {.name = "since",
         .kind = VALUE_INSTANT,
         .value_name = "DUR",
         .help = "how far back, as 2h, 14d or a time (3h)"},
        {.name = "until",
         .kind = VALUE_INSTANT,
         .value_name = "TIME",
         .help = "where to end, as a time or as 2h before now (now)"},
        {.name = "step",
         .kind = VALUE_DURATION,
         .value_name = "DUR",
         .help = "one value for so long (as fits the output)"},
        {.name = "fold",
         .kind = VALUE_CHOICE,
         .value_name = "WHAT",
         .choices = folds,
         .help = "what that value says of the samples of a step (as suits the statistic)"},
        {.name = "format",
         .kind = VALUE_CHOICE,
         .value_name = "FORMAT",
         .choices = formats,
         .is_local = true,
         .help = "table, a chart, for a spreadsheet, or JSON (table)"},
        {0},
};

static void draw_title(struct screen *s, const cJSON *result) {
        char from[WORDS_MAX], to[WORDS_MAX], step[WORDS_MAX];
        const cJSON *d;
        words_local(value_time(result, "from"), s->now_s, from);
        words_local(value_time(result, "to"), s->now_s, to);
        words_span(value_count(result, "step_s"), step);
        screen_put(s, STYLE_BOLD, value_text(result, "metric"));
        screen_printf(s, STYLE_PLAIN, " %s of ", value_text(result, "statistic"));
        screen_put(s, STYLE_BOLD, value_text(result, "application"));
        screen_printf(s, STYLE_DIM, " (%s)", value_text(result, "target"));
        cJSON_ArrayForEach(d, value_member(result, "dimensions"))
                screen_printf(s, STYLE_PLAIN, " %s=%s", d->string, cJSON_IsString(d) ? d->valuestring : "");
        screen_line(s);
        screen_printf(s, STYLE_DIM, "%s to %s, one value per %s", from, to, step);
        screen_line(s);
}

static void draw_none(struct screen *s) {
        screen_wrap(s, 0, STYLE_PLAIN,
                    "Nothing is stored for that span. `flinkwatchctl metrics --app NAME` shows what there is.");
}

static void draw_table(struct screen *s, const cJSON *result, const struct chart_points *series) {
        static const struct column columns[] = {{"TIME", false, 0, 0}, {"VALUE", true, 0, 0}, {"", false, 0, 0}};
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        double threshold = value_number(result, "threshold");
        draw_title(s, result);
        screen_line(s);
        for (size_t i = 0; i < series->n; i++) {
                char at[WORDS_MAX], value[WORDS_MAX];
                bool is_over = series->items[i].value >= threshold;
                words_local_exact(series->items[i].at_s, at);
                words_value(series->items[i].value, value_text(result, "unit"), value);
                table_cell(t, STYLE_PLAIN, at);
                table_cell(t, is_over ? STYLE_RED : STYLE_PLAIN, value);
                if (is_over)
                        table_cell(t, STYLE_RED, "at or over the threshold");
                else
                        table_empty(t);
        }
        table_draw(t, s);
}

static void draw_csv(struct screen *s, const struct chart_points *series) {
        buf_put_str(&s->out, "time,value\n");
        for (size_t i = 0; i < series->n; i++) {
                char at[TIME_TEXT_MAX], value[32];
                time_rfc3339(series->items[i].at_s, at);
                number_format(series->items[i].value, value);
                buf_printf(&s->out, "%s,%s\n", at, value);
        }
}

/* The letters in a chart, and what each means: operations are A to Z, incidents a to z. */
struct legend {
        struct chart_mark marks[2 * NAMED_MARKS];
        char *texts[2 * NAMED_MARKS];
        size_t n;
};

static void legend_done(struct legend *l) {
        while (l->n > 0)
                free(l->texts[--l->n]);
}

SCOPED_DEFINE_VALUE(struct legend, legend_done)

static void add_mark(struct legend *l, int64_t at_s, char symbol, enum style style, struct buf *text) {
        if (l->n == ELEMENTS(l->marks))
                return;
        l->texts[l->n] = buf_steal(text);
        l->marks[l->n++] = (struct chart_mark){at_s, symbol, style};
}

static void collect_operations(const cJSON *result, struct legend *l) {
        const cJSON *o;
        int n = 0;
        cJSON_ArrayForEach(o, value_member(result, "operations")) {
                SCOPED(buf_done) struct buf text = BUF_INIT(4096);
                char lasted[WORDS_MAX];
                int64_t from_s = value_time(o, "started_at"), to_s = value_time(o, "ended_at");
                if (n == NAMED_MARKS)
                        return;
                words_span(to_s - from_s, lasted);
                buf_printf(&text, "%s %s%s%s", value_text(o, "kind"), value_text(o, "status"), to_s ? ", took " : "",
                           to_s ? lasted : "");
                add_mark(l, from_s, (char)('A' + n++), STYLE_CYAN, &text);
        }
}

static void collect_incidents(const cJSON *result, struct legend *l) {
        const cJSON *i;
        int n = 0;
        cJSON_ArrayForEach(i, value_member(result, "incidents")) {
                SCOPED(buf_done) struct buf text = BUF_INIT(4096);
                int64_t onset_s = value_time(i, "onset_at");
                if (onset_s < value_time(result, "from") || n == NAMED_MARKS)
                        continue;
                buf_printf(&text, "incident %lld, %s %s%s", (long long)value_count(i, "id"), value_text(i, "severity"),
                           value_text(i, "diagnoser"), value_time(i, "resolved_at") ? ", resolved" : "");
                add_mark(l, onset_s, (char)('a' + n++), style_of(value_text(i, "severity")), &text);
        }
}

static void draw_legend(struct screen *s, const struct legend *l) {
        for (size_t i = 0; i < l->n; i++) {
                char at[WORDS_MAX];
                words_local(l->marks[i].at_s, s->now_s, at);
                screen_put(s, l->marks[i].style, (char[]){' ', l->marks[i].symbol, ' ', '\0'});
                screen_printf(s, STYLE_PLAIN, "%s  %s", at, text_or_empty(l->texts[i]));
                screen_line(s);
        }
}

static void draw_summary(struct screen *s, const cJSON *result, const struct chart_points *series) {
        double low = INFINITY, high = -INFINITY, sum = 0, threshold = value_number(result, "threshold");
        const char *unit = value_text(result, "unit");
        char texts[4][WORDS_MAX];
        SCOPED(buf_done) struct buf text = BUF_INIT(1024);
        for (size_t i = 0; i < series->n; i++) {
                low = fmin(low, series->items[i].value);
                high = fmax(high, series->items[i].value);
                sum += series->items[i].value / (double)series->n;
        }
        words_value(series->items[series->n - 1].value, unit, texts[0]);
        words_value(low, unit, texts[1]);
        words_value(sum, unit, texts[2]);
        words_value(high, unit, texts[3]);
        buf_printf(&text, "last %s", texts[0]);
        if (strcmp(unit, "epoch ms") != 0)
                buf_printf(&text, ", smallest %s, mean %s, largest %s", texts[1], texts[2], texts[3]);
        if (isfinite(threshold)) {
                words_value(threshold, unit, texts[0]);
                buf_printf(&text, ", threshold %s", texts[0]);
        }
        screen_wrap(s, 0, STYLE_PLAIN, buf_str(&text));
}

static void draw_plot(struct screen *s, const cJSON *result, const struct chart_points *series) {
        SCOPED(legend_done) struct legend legend = {.n = 0};
        collect_operations(result, &legend);
        collect_incidents(result, &legend);
        const struct chart chart = {
                .unit = value_text(result, "unit"),
                .from_s = value_time(result, "from"),
                .to_s = value_time(result, "to"),
                .step_s = value_count(result, "step_s"),
                .points = series->items,
                .n_points = series->n,
                .is_minimum = strcmp(value_text(result, "statistic"), "Minimum") == 0,
                .threshold = value_number(result, "threshold"),
                .marks = legend.marks,
                .n_marks = legend.n,
        };
        draw_title(s, result);
        if (chart.to_s <= chart.from_s)
                return;
        screen_line(s);
        chart_draw(&chart, s);
        draw_summary(s, result, series);
        draw_legend(s, &legend);
}

static const char *format_of(const struct arguments *a) {
        const char *format = a ? arguments_value(a, "format") : NULL;
        return format ? format : "table";
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        SCOPED(chart_points_done) struct chart_points series = {0};
        const char *format = format_of(a);
        chart_points_read(value_member(result, "points"), &series);
        if (strcmp(format, "csv") == 0)
                draw_csv(s, &series);
        else if (series.n == 0)
                draw_none(s);
        else if (strcmp(format, "plot") == 0)
                draw_plot(s, result, &series);
        else
                draw_table(s, result, &series);
}

/* A step that fits a table or the columns of a chart: whole minutes, or what people count in. */
static int64_t fitting_step(int64_t span_s, size_t n_values, bool is_chart) {
        static const int64_t steps_s[] = {60,   120,   300,   600,   900,   1800,     3600,
                                          7200, 10800, 21600, 43200, 86400, 7 * 86400};
        int64_t least_s = span_s / (int64_t)n_values + (span_s % (int64_t)n_values != 0);
        if (is_chart)
                return (least_s + 59) / 60 * 60;
        for (size_t i = 0; i < ELEMENTS(steps_s); i++)
                if (steps_s[i] >= least_s)
                        return steps_s[i];
        return 30 * 86400;
}

static void add_step(const struct session *session, const char *format, cJSON *params) {
        const char *since = arguments_value(session->arguments, "since"),
                   *until = arguments_value(session->arguments, "until");
        bool is_chart = strcmp(format, "plot") == 0;
        int64_t now_s = session->screen.now_s, to_s = now_s, from_s;
        if (until)
                words_parse_instant(until, now_s, &to_s);
        from_s = to_s - SPAN_STANDARD_S;
        if (since)
                words_parse_instant(since, now_s, &from_s);
        if (to_s > from_s)
                cJSON_AddNumberToObject(params, "step",
                                        (double)fitting_step(to_s - from_s,
                                                             is_chart ? chart_columns(&session->screen) : TABLE_ROWS,
                                                             is_chart));
}

static int run(struct session *session) {
        const char *format = format_of(session->arguments);
        cJSON *params = arguments_params(session->arguments, session->screen.now_s);
        SCOPED(answer_done) struct answer answer = {0};
        bool is_drawn = !session->is_json && (strcmp(format, "table") == 0 || strcmp(format, "plot") == 0);
        if (is_drawn && params && !arguments_has(session->arguments, "step"))
                add_step(session, format, params);
        enum exit_code code = session_ask(session, "history", params, &answer);
        if (code != EXIT_DONE)
                return code;
        session->is_json = session->is_json || strcmp(format, "json") == 0;
        if (session->is_json)
                session_print_json(session, &answer);
        else
                draw(&session->screen, answer.result, session->arguments);
        return session_show(session);
}

const struct command command_history = {
        .name = "history",
        .options = options,
        .takes_target = true,
        .help = "the samples of one metric of one application, as a table, a chart, CSV or JSON",
        .draw = draw,
        .run = run,
};
