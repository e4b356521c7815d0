/* SPDX-License-Identifier: Apache-2.0 */
/* One incident as a good colleague would hand it over: what, since when, why, what to do; then the numbers and the course of it. */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/first_fault.h"
#include "ctl/section.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { INDENT = 2, TIME_LABEL = 16 };

static void draw_title(struct screen *s, const cJSON *incident) {
        const char *severity = value_text(incident, "severity"), *subject = value_text(incident, "subject");
        screen_put(s, style_of(severity), severity);
        screen_put(s, STYLE_BOLD, " ");
        screen_put(s, STYLE_BOLD, value_text(incident, "application"));
        screen_put(s, STYLE_BOLD, ": ");
        screen_put(s, STYLE_BOLD, value_text(incident, "title"));
        screen_line(s);
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        buf_printf(&text, "#%lld, %s%s%s%s, target %s, %s, confidence %s%s", (long long)value_count(incident, "id"),
                   value_text(incident, "diagnoser"), subject[0] ? " (" : "", subject, subject[0] ? ")" : "",
                   value_text(incident, "target"), value_text(incident, "state"), value_text(incident, "confidence"),
                   value_flag(incident, "quiet") ? ", quiet: nobody was told" : "");
        screen_wrap(s, 0, STYLE_DIM, buf_str(&text));
        screen_line(s);
}

static void draw_times(struct screen *s, const cJSON *incident) {
        SCOPED(buf_done) struct buf who = BUF_INIT(4096);
        section_time(s, "since", value_time(incident, "onset_at"));
        section_time(s, "opened", value_time(incident, "opened_at"));
        if (value_time(incident, "updated_at") != value_time(incident, "opened_at"))
                section_time(s, "updated", value_time(incident, "updated_at"));
        section_time(s, "resolved", value_time(incident, "resolved_at"));
        section_time(s, "acknowledged", value_time(incident, "acknowledged_at"));
        buf_printf(&who, "%s%s%s", value_text(incident, "acknowledged_by"),
                   value_text(incident, "comment")[0] ? ": " : "", value_text(incident, "comment"));
        section_line(s, "by", buf_str(&who));
}

static void cell_or_nothing(struct table *t, enum style style, const char *text) {
        if (text[0])
                table_cell(t, style, text);
        else
                table_empty(t);
}

static bool has_numbers(const cJSON *evidence) {
        return isfinite(value_number(evidence, "value")) || isfinite(value_number(evidence, "threshold"));
}

static bool add_numbers(struct table *t, const struct screen *s, const cJSON *evidence) {
        bool has_any = false;
        const cJSON *e;
        cJSON_ArrayForEach(e, evidence) {
                char at[WORDS_MAX], value[WORDS_MAX], threshold[WORDS_MAX];
                SCOPED(buf_done) struct buf series = BUF_INIT(4096);
                const char *metric = value_text(e, "metric");
                if (!has_numbers(e))
                        continue;
                has_any = true;
                words_series(metric[0] ? metric : value_text(e, "kind"), value_text(e, "dimensions"), &series);
                words_local(value_time(e, "at"), s->now_s, at);
                words_value(value_number(e, "value"), words_unit_of(metric), value);
                words_value(value_number(e, "threshold"), words_unit_of(metric), threshold);
                table_printf(t, STYLE_PLAIN, "  %s", at);
                table_cell(t, STYLE_PLAIN, buf_str(&series));
                cell_or_nothing(t, STYLE_PLAIN, value_text(e, "statistic"));
                cell_or_nothing(t, STYLE_BOLD, isfinite(value_number(e, "value")) ? value : "");
                cell_or_nothing(t, STYLE_PLAIN, isfinite(value_number(e, "threshold")) ? threshold : "");
                cell_or_nothing(t, STYLE_PLAIN, value_text(e, "text"));
        }
        return has_any;
}

static bool is_log(const cJSON *evidence) {
        return strcmp(value_text(evidence, "kind"), "log") == 0;
}

/* Numbers as a table, the rest (operations, settings) in full; log lines have a part of their own. */
static void draw_evidence(struct screen *s, const cJSON *evidence) {
        static const struct column columns[] = {
                {"  AT", false, 0, 0}, {"WHAT", false, 14, 0},    {"STATISTIC", false, 0, 3},
                {"VALUE", true, 0, 0}, {"THRESHOLD", true, 0, 1}, {"", false, 16, 2},
        };
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *e;
        size_t n_others = 0;
        cJSON_ArrayForEach(e, evidence) n_others += !is_log(e);
        if (n_others == 0)
                return;
        section_heading(s, "Evidence");
        if (add_numbers(t, s, evidence))
                table_draw(t, s);
        cJSON_ArrayForEach(e, evidence) {
                SCOPED(buf_done) struct buf head = BUF_INIT(256), text = BUF_INIT(64 << 10);
                const char *kind = value_text(e, "kind"), *name = value_text(e, "metric"),
                           *said = value_text(e, "text");
                int64_t at_s = value_time(e, "at");
                char at[WORDS_MAX];
                if (has_numbers(e) || is_log(e))
                        continue;
                words_local(at_s, s->now_s, at);
                buf_printf(&head, "  %s", at_s ? at : "");
                buf_printf(&text, "%s%s%s%s%s", kind, name[0] ? " " : "", name, said[0] ? ": " : "", said);
                screen_item(s, buf_str(&head), TIME_LABEL, buf_str(&text));
        }
}

static void draw_suppressed(struct screen *s, const cJSON *suppressed) {
        static const struct column columns[] = {{"  DIAGNOSER", false, 0, 0}, {"SINCE", false, 0, 0}};
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *item;
        if (cJSON_GetArraySize(suppressed) == 0)
                return;
        section_heading(s, "Explained by it, not told apart");
        cJSON_ArrayForEach(item, suppressed) {
                char local[WORDS_MAX], ago[WORDS_MAX];
                words_local(value_time(item, "since"), s->now_s, local);
                words_ago(value_time(item, "since"), s->now_s, ago);
                table_printf(t, STYLE_PLAIN, "  %s", value_text(item, "diagnoser"));
                table_printf(t, STYLE_PLAIN, "%s (%s)", local, ago);
        }
        table_draw(t, s);
}

static void draw_timeline(struct screen *s, const cJSON *timeline) {
        const cJSON *item;
        if (cJSON_GetArraySize(timeline) == 0)
                return;
        section_heading(s, "Timeline");
        cJSON_ArrayForEach(item, timeline) {
                SCOPED(buf_done) struct buf head = BUF_INIT(256), text = BUF_INIT(16 << 10);
                char local[WORDS_MAX];
                words_local(value_time(item, "at"), s->now_s, local);
                buf_printf(&head, "  %s", local);
                buf_printf(&text, "%s%s%s", value_text(item, "kind"), value_text(item, "text")[0] ? ": " : "",
                           value_text(item, "text"));
                screen_item(s, buf_str(&head), TIME_LABEL, buf_str(&text));
        }
}

/* The chart that shows it: the first metric of the evidence, from before the onset. */
static void draw_more(struct screen *s, const cJSON *incident) {
        const cJSON *e;
        int64_t onset_s = value_time(incident, "onset_at"), back_s = s->now_s - onset_s + 3600;
        cJSON_ArrayForEach(e, value_member(incident, "evidence")) if (strcmp(value_text(e, "kind"), "metric") == 0 &&
                                                                      !value_text(e, "dimensions")[0]) break;
        if (!e || onset_s == 0)
                return;
        SCOPED(buf_done) struct buf head = BUF_INIT(4096), tail = BUF_INIT(4096);
        buf_printf(&head, "flinkwatchctl --target %s history --app %s --metric %s", value_text(incident, "target"),
                   value_text(incident, "application"), value_text(e, "metric"));
        buf_printf(&tail, "--since %lldh --format plot", (long long)(back_s / 3600 + 1));
        bool is_long = head.len + tail.len + 1 > screen_width(s);
        screen_line(s);
        screen_printf(s, STYLE_DIM, "%s%s", buf_str(&head), is_long ? " \\" : " ");
        if (is_long)
                screen_line(s);
        screen_printf(s, STYLE_DIM, "%s%s", is_long ? "    " : "", buf_str(&tail));
        screen_line(s);
}

static void draw(struct screen *s, const cJSON *incident, const struct arguments *a) {
        (void)a;
        draw_title(s, incident);
        draw_times(s, incident);
        if (value_text(incident, "summary")[0])
                screen_line(s);
        if (value_text(incident, "summary")[0])
                screen_wrap(s, INDENT, STYLE_PLAIN, value_text(incident, "summary"));
        first_fault_draw_cause(s, value_member(incident, "root_cause"), "");
        first_fault_draw_fix(s, incident);
        first_fault_draw_symptoms(s, value_member(incident, "symptoms"));
        draw_evidence(s, value_member(incident, "evidence"));
        first_fault_draw_lines(s, value_member(incident, "evidence"));
        draw_suppressed(s, value_member(incident, "suppressed"));
        draw_timeline(s, value_member(incident, "timeline"));
        draw_more(s, incident);
}

const struct command command_show = {
        .name = "show",
        .argument =
                {.name = "id", .kind = VALUE_ID, .value_name = "ID", .source = SOURCE_INCIDENT, .is_required = true},
        .help = "everything about one incident: cause, numbers, what to do, what happened so far",
        .draw = draw,
};
