/* SPDX-License-Identifier: Apache-2.0 */
/* What whoever is on call does: take an incident on, ask for quiet for a while. */
#include <cjson/cJSON.h>

#include "ctl/command.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

static const struct option ack_options[] = {
        {.name = "comment", .kind = VALUE_TEXT, .value_name = "TEXT", .help = "what others should know"},
        {0},
};

static void ack_draw(struct screen *s, const cJSON *incident, const struct arguments *a) {
        (void)a;
        screen_printf(s, STYLE_BOLD, "#%lld %s %s", (long long)value_count(incident, "id"),
                      value_text(incident, "application"), value_text(incident, "diagnoser"));
        screen_printf(s, STYLE_PLAIN, " is acknowledged by %s.", value_text(incident, "acknowledged_by"));
        screen_line(s);
        screen_wrap(s, 0, STYLE_PLAIN, "No more reminders; should it get worse or end, that is still told.");
}

const struct command command_ack = {
        .name = "ack",
        .argument =
                {.name = "id", .kind = VALUE_ID, .value_name = "ID", .source = SOURCE_INCIDENT, .is_required = true},
        .options = ack_options,
        .help = "take an incident on: no more reminders; for members of the socket's group and root",
        .draw = ack_draw,
};

static const struct option silence_options[] = {
        {.name = "app",
         .kind = VALUE_TEXT,
         .value_name = "GLOB",
         .source = SOURCE_APPLICATION,
         .is_required = true,
         .help = "applications of such names (* any run, ? one character; several with commas, !NAME for not)"},
        {.name = "diagnoser",
         .kind = VALUE_CHOICE,
         .value_name = "NAME",
         .choices = diagnoser_names,
         .help = "only what this diagnoser finds"},
        {.name = "for",
         .kind = VALUE_DURATION,
         .value_name = "DUR",
         .is_required = true,
         .help = "for how long, as 30m, 2h or 3d"},
        {.name = "comment", .kind = VALUE_TEXT, .value_name = "TEXT", .is_required = true, .help = "why"},
        {0},
};

static void put_scope(struct buf *to, const cJSON *silence) {
        const char *diagnoser = value_text(silence, "diagnoser"), *target = value_text(silence, "target");
        buf_printf(to, "%s%s%s%s%s", value_text(silence, "application"), diagnoser[0] ? " " : "", diagnoser,
                   target[0] ? " in target " : "", target);
}

static void silence_draw(struct screen *s, const cJSON *silence, const struct arguments *a) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        char until[WORDS_MAX];
        long long id = (long long)value_count(silence, "id");
        (void)a;
        words_local(value_time(silence, "ends_at"), s->now_s, until);
        buf_printf(&text, "Silence %lld: nobody is told of ", id);
        put_scope(&text, silence);
        buf_printf(&text, " until %s.", until);
        screen_wrap(s, 0, STYLE_BOLD, buf_str(&text));
        buf_clear(&text);
        buf_printf(&text,
                   "What is found meanwhile is recorded, and told if it still stands then. `flinkwatchctl unsilence "
                   "%lld` ends it.",
                   id);
        screen_wrap(s, 0, STYLE_PLAIN, buf_str(&text));
        if (value_number(silence, "applications_now") == 0)
                screen_wrap(s, 0, STYLE_YELLOW, "No application has such a name now: `flinkwatchctl apps` lists them.");
}

const struct command command_silence = {
        .name = "silence",
        .options = silence_options,
        .takes_target = true,
        .help = "tell nobody of some applications for a while; for members of the socket's group and root",
        .draw = silence_draw,
};

static void unsilence_draw(struct screen *s, const cJSON *silence, const struct arguments *a) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        (void)a;
        buf_printf(&text, "Silence %lld for ", (long long)value_count(silence, "id"));
        put_scope(&text, silence);
        buf_put_str(&text, " is over: what stands is told at the next poll.");
        screen_wrap(s, 0, STYLE_PLAIN, buf_str(&text));
}

const struct command command_unsilence = {
        .name = "unsilence",
        .argument = {.name = "id", .kind = VALUE_ID, .value_name = "ID", .source = SOURCE_SILENCE, .is_required = true},
        .help = "end a silence; for members of the socket's group and root",
        .draw = unsilence_draw,
};

static const struct option silences_options[] = {
        {.name = "all", .help = "those that are over, too"},
        {0},
};

static const struct column columns[] = {
        {"ID", true, 0, 0},        {"APPLICATIONS", false, 10, 0}, {"DIAGNOSER", false, 0, 0},
        {"TARGET", false, 8, 3},   {"ENDS", false, 0, 0},          {"BY", false, 0, 2},
        {"COMMENT", false, 16, 0},
};

static void add_silence(struct table *t, const struct screen *s, const cJSON *silence) {
        char ends[WORDS_MAX];
        const char *ended_by = value_text(silence, "ended_by"), *diagnoser = value_text(silence, "diagnoser");
        const char *target = value_text(silence, "target");
        words_ago(value_time(silence, "ends_at"), s->now_s, ends);
        table_printf(t, STYLE_BOLD, "%lld", (long long)value_count(silence, "id"));
        table_cell(t, STYLE_PLAIN, value_text(silence, "application"));
        table_cell(t, STYLE_PLAIN, diagnoser[0] ? diagnoser : "all");
        table_cell(t, STYLE_PLAIN, target[0] ? target : "all");
        table_printf(t, value_flag(silence, "active") ? STYLE_PLAIN : STYLE_DIM, "%s%s%s", ends,
                     ended_by[0] ? ", by " : "", ended_by);
        table_cell(t, STYLE_PLAIN, value_text(silence, "created_by"));
        table_cell(t, STYLE_PLAIN, value_text(silence, "comment"));
}

static void silences_draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *silence;
        if (cJSON_GetArraySize(result) == 0) {
                screen_put(s, STYLE_PLAIN, a && arguments_has(a, "all") ? "No silence." : "No silence holds.");
                screen_line(s);
                return;
        }
        cJSON_ArrayForEach(silence, result) add_silence(t, s, silence);
        table_draw(t, s);
}

const struct command command_silences = {
        .name = "silences",
        .options = silences_options,
        .help = "the silences that hold, newest first",
        .draw = silences_draw,
};
