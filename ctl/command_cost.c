/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

/* "$0.0123": four decimals below a dollar, where the differences are. */
static void words_usd(double usd, char to[WORDS_MAX]) {
        if (isnan(usd))
                snprintf(to, WORDS_MAX, "-");
        else
                snprintf(to, WORDS_MAX, usd >= 1 || usd == 0 ? "$%.2f" : "$%.4f", usd);
}

static void cell_usd(struct table *t, enum style style, const cJSON *item, const char *name) {
        char text[WORDS_MAX];
        words_usd(value_number(item, name), text);
        table_cell(t, style, text);
}

static void cell_number(struct table *t, const cJSON *item, const char *name) {
        char text[WORDS_MAX];
        words_number(value_number(item, name), text);
        table_cell(t, STYLE_PLAIN, text);
}

static void month_of(const cJSON *result, char to[WORDS_MAX]) {
        time_t at = (time_t)value_time(result, "month_from");
        struct tm tm;
        if (at <= 0 || !gmtime_r(&at, &tm) || strftime(to, WORDS_MAX, "%B %Y", &tm) == 0)
                snprintf(to, WORDS_MAX, "This month");
}

static void draw_total(struct screen *s, const cJSON *result) {
        char month[WORDS_MAX], spent[WORDS_MAX], projected[WORDS_MAX], whole[WORDS_MAX], budget[WORDS_MAX];
        month_of(result, month);
        words_usd(value_number(result, "spent_usd"), spent);
        words_usd(value_number(result, "projected_usd"), projected);
        words_usd(value_number(result, "month_usd"), whole);
        words_usd(value_number(result, "budget_usd"), budget);
        bool has_budget = !isnan(value_number(result, "budget_usd"));
        SCOPED(buf_done) struct buf text = BUF_INIT(1024);
        buf_printf(&text, "%s (UTC): %s spent on metrics so far, %s by its end; %s for a whole month at this pace. ",
                   month, spent, projected, whole);
        buf_printf(&text, has_budget ? "The budget is %s a month." : "There is no budget.", budget);
        screen_wrap(s, 0, STYLE_PLAIN, buf_str(&text));
}

static void draw_stretch(struct screen *s, const cJSON *result) {
        double sentinels = value_number(result, "stretch_sentinels"), others = value_number(result, "stretch_others");
        SCOPED(buf_done) struct buf text = BUF_INIT(1024);
        if (isnan(sentinels))
                buf_put_str(&text, "The budget is spent: no metric is asked for until the month ends.");
        else if (sentinels > 1)
                buf_printf(
                        &text,
                        "The budget is too little for the sentinels: they are asked for %.1f times more rarely, so restarts are seen "
                        "later.",
                        sentinels);
        else if (others > 1)
                buf_printf(&text, "To keep the budget all but the sentinels are asked for %.1f times more rarely.",
                           others);
        if (text.len > 0)
                screen_wrap(s, 0, isnan(sentinels) || sentinels > 1 ? STYLE_ALARM : STYLE_YELLOW, buf_str(&text));
}

static void target_row(struct table *t, const cJSON *target, const cJSON *tier) {
        const cJSON *row = tier ? tier : target;
        enum style style = tier ? STYLE_PLAIN : STYLE_BOLD;
        char every[WORDS_MAX];
        if (tier) {
                table_empty(t);
                table_empty(t);
                table_cell(t, style, value_text(tier, "tier"));
                words_span(value_count(tier, "every_s"), every);
                table_cell(t, style, every);
        } else {
                table_cell(t, style, value_text(target, "name"));
                table_cell(t, style, value_text(target, "region"));
                table_cell(t, style, "all");
                table_empty(t);
        }
        cell_number(t, row, "metrics_requested");
        cell_usd(t, style, row, "spent_usd");
        cell_usd(t, style, row, "projected_usd");
        cell_usd(t, style, row, "month_usd");
}

static void draw_targets(struct screen *s, const cJSON *result) {
        static const struct column columns[] = {
                {"TARGET", false, 12, 0},       {"REGION", false, 0, 2},       {"TIER", false, 0, 0},
                {"EVERY", true, 0, 3},          {"METRICS ASKED", true, 0, 1}, {"SPENT", true, 0, 0},
                {"BY MONTH'S END", true, 0, 0}, {"A MONTH", true, 0, 0},
        };
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *target, *tier;
        cJSON_ArrayForEach(target, value_member(result, "targets")) {
                target_row(t, target, NULL);
                cJSON_ArrayForEach(tier, value_member(target, "tiers")) target_row(t, target, tier);
        }
        table_draw(t, s);
}

static void draw_applications(struct screen *s, const cJSON *result) {
        static const struct column columns[] = {
                {"APPLICATION", false, 16, 0}, {"TARGET", false, 8, 1},  {"STATUS", false, 0, 2},
                {"KPUS", true, 0, 0},          {"AN HOUR", true, 0, 3},  {"STORAGE", true, 0, 4},
                {"A MONTH", true, 0, 0},       {"WATCHING", true, 0, 0},
        };
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *app;
        cJSON_ArrayForEach(app, value_member(result, "applications")) {
                int64_t kpus = value_count(app, "kpus");
                table_cell(t, STYLE_BOLD, value_text(app, "name"));
                table_cell(t, STYLE_PLAIN, value_text(app, "target"));
                table_cell(t, style_of(value_text(app, "status")), value_text(app, "status"));
                if (kpus > 0)
                        table_printf(t, STYLE_PLAIN, "%lld + %lld", (long long)kpus,
                                     (long long)value_count(app, "orchestration_kpus"));
                else
                        table_cell(t, STYLE_PLAIN, NULL);
                cell_usd(t, STYLE_PLAIN, app, "hour_usd");
                cell_usd(t, STYLE_PLAIN, app, "storage_month_usd");
                cell_usd(t, STYLE_PLAIN, app, "month_usd");
                cell_usd(t, STYLE_PLAIN, app, "watching_month_usd");
        }
        table_draw(t, s);
}

static bool has_estimate(const cJSON *result) {
        const cJSON *target;
        cJSON_ArrayForEach(target, value_member(result, "targets")) if (value_flag(target, "is_estimate")) return true;
        return false;
}

static void draw_notes(struct screen *s, const cJSON *result) {
        char all[WORDS_MAX];
        SCOPED(buf_done) struct buf text = BUF_INIT(1024);
        words_usd(value_number(result, "applications_month_usd"), all);
        buf_printf(
                &text,
                "All applications: %s a month. KPUS counts the orchestration KPU apart; a month has 730 hours. STORAGE is what the "
                "state, as of the newest checkpoint, takes beyond the 50 GB that come with each KPU. AWS's other calls are free.",
                all);
        if (has_estimate(result))
                buf_put_str(&text, " Prices are those of us-east-1 where the region's own are not known.");
        screen_wrap(s, 0, STYLE_DIM, buf_str(&text));
}

static void cost_draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        (void)a;
        draw_total(s, result);
        draw_stretch(s, result);
        screen_line(s);
        draw_targets(s, result);
        if (cJSON_GetArraySize(value_member(result, "applications")) > 0) {
                screen_line(s);
                draw_applications(s, result);
                screen_line(s);
                draw_notes(s, result);
        }
}

const struct command command_cost = {
        .name = "cost",
        .takes_target = true,
        .help = "what asking AWS has cost and will cost, by target; what each application costs",
        .draw = cost_draw,
};
