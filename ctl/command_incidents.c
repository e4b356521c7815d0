/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

static const struct option options[] = {
        {.name = "all", .help = "resolved ones, too"},
        OPTION_APPLICATIONS,
        {.name = "since",
         .kind = VALUE_INSTANT,
         .value_name = "DUR",
         .help = "those open at any time since then, as 2h, 14d or a time"},
        {.name = "diagnoser",
         .kind = VALUE_CHOICE,
         .value_name = "NAME",
         .choices = diagnoser_names,
         .help = "only those that this diagnoser found"},
        {0},
};

static const struct column columns[] = {
        {"ID", true, 0, 0},      {"SEVERITY", false, 0, 0},  {"STATE", false, 0, 3}, {"APPLICATION", false, 10, 0},
        {"TARGET", false, 8, 4}, {"DIAGNOSER", false, 0, 2}, {"SINCE", false, 0, 1}, {"LASTED", true, 0, 5},
        {"TITLE", false, 24, 0},
};

static void add_incident(struct table *t, const struct screen *s, const cJSON *incident) {
        char ago[WORDS_MAX], lasted[WORDS_MAX];
        int64_t onset_s = value_time(incident, "onset_at"), resolved_s = value_time(incident, "resolved_at");
        words_ago(onset_s, s->now_s, ago);
        words_span((resolved_s ? resolved_s : s->now_s) - onset_s, lasted);
        table_printf(t, STYLE_BOLD, "%lld", (long long)value_count(incident, "id"));
        table_cell(t, resolved_s ? STYLE_DIM : style_of(value_text(incident, "severity")),
                   value_text(incident, "severity"));
        table_printf(t, style_of(value_text(incident, "state")), "%s%s", value_text(incident, "state"),
                     value_flag(incident, "quiet") ? ", quiet" : "");
        table_cell(t, STYLE_PLAIN, value_text(incident, "application"));
        table_cell(t, STYLE_PLAIN, value_text(incident, "target"));
        table_cell(t, STYLE_PLAIN, value_text(incident, "diagnoser"));
        table_cell(t, STYLE_PLAIN, ago);
        table_cell(t, STYLE_PLAIN, lasted);
        table_cell(t, STYLE_PLAIN, value_text(incident, "title"));
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *incident;
        if (cJSON_GetArraySize(result) == 0) {
                bool is_narrowed = a && (arguments_has(a, "app") || arguments_has(a, "diagnoser") ||
                                         arguments_has(a, "target"));
                bool has_past = a && (arguments_has(a, "all") || arguments_has(a, "since"));
                screen_printf(s, STYLE_PLAIN, "No %sincident%s.", has_past ? "" : "open ",
                              is_narrowed ? " matches" : "");
                screen_line(s);
                return;
        }
        cJSON_ArrayForEach(incident, result) add_incident(t, s, incident);
        table_draw(t, s);
}

const struct command command_incidents = {
        .name = "incidents",
        .options = options,
        .takes_target = true,
        .help = "the open incidents, newest first",
        .draw = draw,
};
