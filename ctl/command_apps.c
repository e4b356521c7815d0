/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

static const struct option apps_options[] = {
        OPTION_APPLICATIONS,
        {0},
};

static const struct column apps_columns[] = {
        {"APPLICATION", false, 16, 0}, {"TARGET", false, 8, 1},        {"STATUS", false, 0, 0},
        {"RUNTIME", false, 0, 2},      {"VERSION", true, 0, 5},        {"KPUS", true, 0, 0},
        {"PARALLELISM", true, 0, 6},   {"METRICS LEVEL", false, 0, 3}, {"CHECKPOINTS", false, 0, 4},
        {"LAST POLL", false, 0, 0},
};

static void cell_count(struct table *t, const cJSON *item, const char *name) {
        int64_t count = value_count(item, name);
        if (count > 0)
                table_printf(t, STYLE_PLAIN, "%lld", (long long)count);
        else
                table_cell(t, STYLE_PLAIN, NULL);
}

static void cell_checkpoints(struct table *t, const cJSON *app) {
        char interval[WORDS_MAX];
        words_value(value_number(app, "checkpoint_interval_ms"), "ms", interval);
        if (value_flag(app, "checkpointing"))
                table_printf(t, STYLE_PLAIN, "every %s", interval);
        else
                table_cell(t, STYLE_YELLOW, "off");
}

static void apps_draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        SCOPED(table_free) struct table *t = table_new(apps_columns, ELEMENTS(apps_columns));
        const cJSON *app;
        (void)a;
        if (cJSON_GetArraySize(result) == 0) {
                screen_wrap(s, 0, STYLE_PLAIN, "No such application is known.");
                return;
        }
        cJSON_ArrayForEach(app, result) {
                char ago[WORDS_MAX];
                words_ago(value_time(app, "polled_at"), s->now_s, ago);
                table_cell(t, STYLE_BOLD, value_text(app, "name"));
                table_cell(t, STYLE_PLAIN, value_text(app, "target"));
                table_cell(t, style_of(value_text(app, "status")), value_text(app, "status"));
                table_cell(t, STYLE_PLAIN, value_text(app, "runtime"));
                cell_count(t, app, "version_id");
                cell_count(t, app, "kpus");
                cell_count(t, app, value_count(app, "current_parallelism") > 0 ? "current_parallelism" : "parallelism");
                table_cell(t, STYLE_PLAIN, value_text(app, "metrics_level"));
                cell_checkpoints(t, app);
                table_cell(t, STYLE_PLAIN, ago);
        }
        table_draw(t, s);
}

const struct command command_apps = {
        .name = "apps",
        .options = apps_options,
        .takes_target = true,
        .help = "the applications with their runtime, KPUs, metrics level and last poll",
        .draw = apps_draw,
};

static const struct option metrics_options[] = {
        {.name = "app",
         .kind = VALUE_TEXT,
         .value_name = "NAME",
         .source = SOURCE_APPLICATION,
         .is_required = true,
         .help = "the application"},
        {0},
};

static void put_dimensions(struct buf *to, const cJSON *dimensions) {
        const cJSON *item;
        cJSON_ArrayForEach(item, dimensions) buf_printf(to, "%s%s=%s", to->len > 0 ? ", " : "", item->string,
                                                        cJSON_IsString(item) ? item->valuestring : "");
}

static bool has_dimensions(const cJSON *result) {
        const cJSON *series;
        cJSON_ArrayForEach(series, result) if (cJSON_GetArraySize(value_member(series, "dimensions")) > 0) return true;
        return false;
}

static void metrics_draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        static const struct column columns[] = {
                {"METRIC", false, 24, 0}, {"STATISTIC", false, 0, 0}, {"NEWEST", true, 0, 0},
                {"AT", false, 0, 1},      {"SINCE", false, 0, 2},     {"DIMENSIONS", false, 12, 0},
        };
        bool is_wide = has_dimensions(result);
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns) - (is_wide ? 0 : 1));
        const cJSON *series;
        (void)a;
        if (cJSON_GetArraySize(result) == 0) {
                screen_wrap(s, 0, STYLE_PLAIN, "Nothing is stored for it yet.");
                return;
        }
        cJSON_ArrayForEach(series, result) {
                SCOPED(buf_done) struct buf dimensions = BUF_INIT(4096);
                char value[WORDS_MAX], ago[WORDS_MAX], first[WORDS_MAX];
                double newest = value_number(series, "value");
                if (strcmp(value_text(series, "unit"), "epoch ms") == 0 && newest > 0)
                        words_local((int64_t)(newest / 1000), s->now_s, value);
                else
                        words_value(newest, value_text(series, "unit"), value);
                words_ago(value_time(series, "last_at"), s->now_s, ago);
                words_local(value_time(series, "first_at"), s->now_s, first);
                put_dimensions(&dimensions, value_member(series, "dimensions"));
                table_cell(t, STYLE_BOLD, value_text(series, "metric"));
                table_cell(t, STYLE_PLAIN, value_text(series, "statistic"));
                table_cell(t, STYLE_PLAIN, value);
                table_cell(t, STYLE_PLAIN, ago);
                table_cell(t, STYLE_PLAIN, first);
                if (dimensions.len > 0)
                        table_cell(t, STYLE_PLAIN, buf_str(&dimensions));
                else if (is_wide)
                        table_empty(t);
        }
        table_draw(t, s);
}

const struct command command_metrics = {
        .name = "metrics",
        .options = metrics_options,
        .takes_target = true,
        .help = "which series are stored for an application, with their newest values",
        .draw = metrics_draw,
};
