/* SPDX-License-Identifier: Apache-2.0 */
/* What other settings would have opened: the daemon replays one application after the other, this puts it together and beside what was
 * recorded. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/foreign.h"
#include "ctl/judging.h"
#include "ctl/table.h"
#include "ctl/value.h"
#include "ctl/words.h"

enum { JSON_MAX_BYTES = 512 << 20, PATH_SHOWN_MAX = 4096, LINE_MAX_BYTES = 256 };

static const struct option options[] = {
        OPTION_APPLICATIONS,
        {.name = "since",
         .kind = VALUE_INSTANT,
         .value_name = "DUR",
         .help = "how far back to begin, as 2h, 14d or a time (14d)"},
        {.name = "config",
         .kind = VALUE_TEXT,
         .value_name = "FILE",
         .source = SOURCE_FILE,
         .is_local = true,
         .help = "the settings to try, a configuration file (else those of the daemon)"},
        {0},
};

static bool is_text_same(const cJSON *a, const cJSON *b, const char *name) {
        return strcmp(value_text(a, name), value_text(b, name)) == 0;
}

/* The same trouble at the same time. */
static bool is_same(const cJSON *a, const cJSON *b) {
        static const char *const names[] = {"target", "application", "diagnoser", "subject"};
        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (!is_text_same(a, b, names[i]))
                        return false;
        int64_t a_end_s = value_time(a, "resolved_at"), b_end_s = value_time(b, "resolved_at");
        return (!b_end_s || value_time(a, "onset_at") <= b_end_s) && (!a_end_s || value_time(b, "onset_at") <= a_end_s);
}

static const cJSON *find_same(const cJSON *among, const cJSON *incident) {
        const cJSON *other;
        cJSON_ArrayForEach(other, among) if (is_same(other, incident)) return other;
        return NULL;
}

static const struct column columns[] = {
        {"SEVERITY", false, 0, 0}, {"APPLICATION", false, 10, 0}, {"TARGET", false, 8, 5}, {"DIAGNOSER", false, 0, 0},
        {"SINCE", false, 0, 0},    {"OPENED", false, 0, 4},       {"LASTED", true, 0, 3},  {"TOLD", false, 0, 2},
        {"RECORDED", false, 0, 1}, {"TITLE", false, 16, 0},
};

/* "page", "remark" (severity info), "no": only recorded. */
static const char *told(const cJSON *incident) {
        if (value_flag(incident, "quiet"))
                return "no";
        return strcmp(value_text(incident, "severity"), "info") == 0 ? "remark" : "page";
}

static void add_incident(struct table *t, const struct screen *s, const cJSON *incident, const cJSON *recorded) {
        char since[WORDS_MAX], opened[WORDS_MAX], lasted[WORDS_MAX];
        int64_t onset_s = value_time(incident, "onset_at"), resolved_s = value_time(incident, "resolved_at");
        const cJSON *same = find_same(recorded, incident);
        words_local(onset_s, s->now_s, since);
        words_local(value_time(incident, "opened_at"), s->now_s, opened);
        words_span((resolved_s ? resolved_s : s->now_s) - onset_s, lasted);
        table_cell(t, style_of(value_text(incident, "severity")), value_text(incident, "severity"));
        table_cell(t, STYLE_PLAIN, value_text(incident, "application"));
        table_cell(t, STYLE_PLAIN, value_text(incident, "target"));
        table_cell(t, STYLE_PLAIN, value_text(incident, "diagnoser"));
        table_cell(t, STYLE_PLAIN, since);
        table_cell(t, STYLE_PLAIN, opened);
        table_printf(t, STYLE_PLAIN, "%s%s", lasted, resolved_s ? "" : ", open");
        table_cell(t, STYLE_PLAIN, told(incident));
        if (same)
                table_printf(t, STYLE_PLAIN, "#%lld", (long long)value_count(same, "id"));
        else
                table_cell(t, recorded ? STYLE_BOLD : STYLE_PLAIN, recorded ? "new" : "");
        table_cell(t, STYLE_PLAIN, value_text(incident, "title"));
}

static size_t count_told(const cJSON *incidents, const char *how) {
        const cJSON *i;
        size_t n = 0;
        cJSON_ArrayForEach(i, incidents) n += strcmp(told(i), how) == 0;
        return n;
}

static void draw_missing(struct screen *s, const cJSON *found, const cJSON *recorded) {
        const cJSON *i;
        cJSON_ArrayForEach(i, recorded) {
                SCOPED(buf_done) struct buf text = BUF_INIT(4096);
                if (find_same(found, i))
                        continue;
                buf_printf(&text, "#%lld %s: %s %s: %s", (long long)value_count(i, "id"), value_text(i, "application"),
                           value_text(i, "severity"), value_text(i, "diagnoser"), value_text(i, "title"));
                screen_item(s, "  -", 4, buf_str(&text));
        }
}

/* What really opened in that time, beside it. */
static void draw_comparison(struct screen *s, const cJSON *found, const cJSON *recorded) {
        size_t n_recorded = (size_t)cJSON_GetArraySize(recorded), n_missing = 0, n_new = 0;
        const cJSON *i;
        cJSON_ArrayForEach(i, recorded) n_missing += find_same(found, i) == NULL;
        cJSON_ArrayForEach(i, found) n_new += find_same(recorded, i) == NULL;
        char text[LINE_MAX_BYTES];
        snprintf(text, sizeof text, "Recorded in that time: %zu. Found again: %zu. New: %zu. Not found: %zu%s",
                 n_recorded, n_recorded - n_missing, n_new, n_missing, n_missing > 0 ? ":" : ".");
        screen_wrap(s, 0, STYLE_PLAIN, text);
        draw_missing(s, found, recorded);
}

static void draw_all(struct screen *s, const cJSON *found, const cJSON *recorded) {
        size_t n = (size_t)cJSON_GetArraySize(found), n_pages = count_told(found, "page"),
               n_remarks = count_told(found, "remark");
        SCOPED(table_free) struct table *t = table_new(columns, ELEMENTS(columns));
        const cJSON *incident;
        cJSON_ArrayForEach(incident, found) add_incident(t, s, incident, recorded);
        if (n > 0) {
                table_draw(t, s);
                screen_line(s);
        }
        char text[LINE_MAX_BYTES];
        snprintf(text, sizeof text,
                 "These settings would have opened %zu incident%s: %zu page%s, %zu remark%s, %zu only recorded.", n,
                 n == 1 ? "" : "s", n_pages, n_pages == 1 ? "" : "s", n_remarks, n_remarks == 1 ? "" : "s",
                 n - n_pages - n_remarks);
        screen_wrap(s, 0, STYLE_BOLD, text);
        if (recorded)
                draw_comparison(s, found, recorded);
}

/* {"found": [], "recorded": []}: what the replay opened, and what really opened. */
static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        (void)a;
        draw_all(s, cJSON_GetObjectItemCaseSensitive(result, "found"),
                 cJSON_GetObjectItemCaseSensitive(result, "recorded"));
}

struct backtest {
        struct session *session;
        char *config; /* text; NULL: the daemon's own */
        cJSON *found;
        struct buf json; /* the same as text: numbers keep all their digits */
};

static cJSON *params_for(const struct backtest *b, const cJSON *application) {
        const struct arguments *a = b->session->arguments;
        cJSON *params = arguments_params(a, b->session->screen.now_s);
        const char *path = arguments_value(a, "config");
        cJSON_DeleteItemFromObjectCaseSensitive(params, "app");
        cJSON_DeleteItemFromObjectCaseSensitive(params, "target");
        cJSON_AddStringToObject(params, "app", value_text(application, "name"));
        cJSON_AddStringToObject(params, "target", value_text(application, "target"));
        if (b->config) {
                cJSON_AddStringToObject(params, "config", b->config);
                cJSON_AddStringToObject(params, "config_path", path);
        }
        return params;
}

static void take(struct backtest *b, struct answer *answer) {
        struct span text = span_trim(answer->result_text);
        struct span inner = span_trim((struct span){text.data + 1, text.len > 1 ? text.len - 2 : 0});
        if (inner.len > 0 && b->json.len > 1)
                buf_put_char(&b->json, ',');
        buf_put_span(&b->json, inner);
        while (answer->result && answer->result->child)
                cJSON_AddItemToArray(b->found, cJSON_DetachItemFromArray(answer->result, 0));
}

/* One line on a terminal's stderr, drawn over by the next. */
static void show_progress(int n_done, int n, bool is_over) {
        if (!isatty(STDERR_FILENO))
                return;
        if (is_over)
                fputs("\r                                        \r", stderr);
        else
                fprintf(stderr, "\rapplication %d of %d", n_done + 1, n);
}

static enum exit_code replay(struct backtest *b, const cJSON *applications) {
        static const struct client_listener patient = {.is_patient = true};
        enum exit_code code = EXIT_DONE;
        int n = cJSON_GetArraySize(applications), n_done = 0;
        const cJSON *application;
        cJSON_ArrayForEach(application, applications) {
                SCOPED(answer_done) struct answer answer = {0};
                show_progress(n_done++, n, false);
                code = session_listen(b->session, "backtest", params_for(b, application), &patient, &answer);
                if (code != EXIT_DONE)
                        break;
                take(b, &answer);
        }
        show_progress(n_done, n, true);
        return code;
}

/* The parameters without what only a backtest takes. */
static cJSON *plain_params(const struct session *session, bool with_since) {
        cJSON *params = arguments_params(session->arguments, session->screen.now_s);
        if (!with_since)
                cJSON_DeleteItemFromObjectCaseSensitive(params, "since");
        else if (!cJSON_HasObjectItem(params, "since"))
                cJSON_AddStringToObject(params, "since", "14d");
        return params;
}

static enum exit_code show(struct backtest *b) {
        struct session *session = b->session;
        SCOPED(answer_done) struct answer recorded = {0};
        if (session->is_json) {
                buf_put_char(&b->json, ']');
                foreign_put_json(&session->screen.out, buf_span(&b->json));
                buf_put_char(&session->screen.out, '\n');
                return session_show(session);
        }
        enum exit_code code = session_ask(session, "incidents", plain_params(session, true), &recorded);
        if (code != EXIT_DONE)
                return code;
        cJSON *both = cJSON_CreateObject();
        cJSON_AddItemReferenceToObject(both, "found", b->found);
        cJSON_AddItemReferenceToObject(both, "recorded", recorded.result);
        draw(&session->screen, both, session->arguments);
        cJSON_Delete(both);
        return session_show(session);
}

static enum exit_code run_all(struct backtest *b) {
        SCOPED(answer_done) struct answer applications = {0};
        enum exit_code code = session_ask(b->session, "apps", plain_params(b->session, false), &applications);
        const char *glob = arguments_value(b->session->arguments, "app");
        if (code == EXIT_DONE && glob && cJSON_GetArraySize(applications.result) == 0) {
                fprintf(stderr, "flinkwatchctl: no application matches: flinkwatchctl apps lists them\n");
                return EXIT_FAILED;
        }
        buf_put_char(&b->json, '[');
        if (code == EXIT_DONE)
                code = replay(b, applications.result);
        return code == EXIT_DONE ? show(b) : code;
}

static int run(struct session *session) {
        struct backtest b = {.session = session, .json = BUF_INIT(JSON_MAX_BYTES)};
        const char *path = arguments_value(session->arguments, "config");
        struct err reason = {0};
        if (path && judging_read(path, &b.config, &reason) < 0) {
                SCOPED(buf_done) struct buf clean = BUF_INIT(PATH_SHOWN_MAX);
                foreign_put(&clean, reason.text, session->screen.is_utf8);
                fprintf(stderr, "flinkwatchctl: %s\n", buf_str(&clean));
                return EXIT_FAILED;
        }
        b.found = cJSON_CreateArray();
        enum exit_code code = b.found ? run_all(&b) : EXIT_FAILED;
        cJSON_Delete(b.found);
        buf_done(&b.json);
        free(b.config);
        return code;
}

const struct command command_backtest = {
        .name = "backtest",
        .options = options,
        .takes_target = true,
        .help = "which incidents these settings would have opened on the stored history; tells nobody",
        .draw = draw,
        .run = run,
};
