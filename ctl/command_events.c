/* SPDX-License-Identifier: Apache-2.0 */
/* What happened, and what happens: --follow asks for what came after the last event that it has shown. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/foreign.h"
#include "ctl/table.h"
#include "ctl/terminal.h"
#include "ctl/value.h"
#include "ctl/words.h"
#include "util/timefmt.h"

enum { AT = 14, NAME = 14, APPLICATION = 18, SPAN_STANDARD_S = 86400 };

static const struct option options[] = {
        {.name = "follow",
         .is_local = true,
         .help = "go on, and show each event as it happens; with --json one document a line"},
        OPTION_APPLICATIONS,
        {.name = "since",
         .kind = VALUE_INSTANT,
         .value_name = "DUR",
         .help = "how far back to begin, as 2h, 14d or a time (1d)"},
        {0},
};

static enum style style_of_event(const cJSON *event) {
        const char *name = value_text(event, "event"), *text = value_text(event, "text");
        if (strcmp(value_text(event, "kind"), "incident") == 0)
                return strcmp(name, "resolved") == 0 ? STYLE_GREEN : style_of(value_text(event, "severity"));
        if (strcmp(name, "refused") == 0 || strstr(text, "FAILED"))
                return STYLE_RED;
        return strcmp(name, "delivered") == 0 ? STYLE_DIM : STYLE_CYAN;
}

static void put_text(struct buf *to, const cJSON *event) {
        int64_t incident = value_count(event, "incident");
        if (incident > 0)
                buf_printf(to, "#%lld ", (long long)incident);
        if (strcmp(value_text(event, "kind"), "incident") == 0)
                buf_printf(to, "%s: ", value_text(event, "severity"));
        buf_put_str(to, value_text(event, "text"));
}

/* A line as journalctl's: rows come one by one, so that their columns cannot fit what follows. */
static void draw_event(struct screen *s, const cJSON *event) {
        SCOPED(buf_done) struct buf text = BUF_INIT(64 << 10), head = BUF_INIT(4096);
        char at[WORDS_MAX];
        words_local(value_time(event, "at"), s->now_s, at);
        put_text(&text, event);
        screen_printf(s, STYLE_DIM, "%-*s", AT, at);
        buf_printf(&head, "%s ", value_text(event, "event"));
        screen_put(s, style_of_event(event), buf_str(&head));
        size_t columns = AT + foreign_columns(buf_str(&head));
        screen_blanks(s, columns < AT + NAME ? AT + NAME - columns : 0);
        columns = foreign_columns(value_text(event, "application"));
        if (!s->width) {
                screen_printf(s, STYLE_PLAIN, "%-*s %s", APPLICATION - 1, value_text(event, "application"),
                              buf_str(&text));
                screen_line(s);
                return;
        }
        if (columns < APPLICATION) {
                screen_put(s, STYLE_BOLD, value_text(event, "application"));
                screen_blanks(s, APPLICATION - columns);
        } else {
                screen_wrap(s, AT + NAME, STYLE_BOLD, value_text(event, "application"));
        }
        screen_wrap(s, AT + NAME + APPLICATION, STYLE_PLAIN, buf_str(&text));
}

static void draw(struct screen *s, const cJSON *result, const struct arguments *a) {
        const cJSON *event;
        (void)a;
        if (cJSON_GetArraySize(result) == 0)
                screen_wrap(s, 0, STYLE_PLAIN, "Nothing happened in that time. --since 14d looks further back.");
        cJSON_ArrayForEach(event, result) draw_event(s, event);
}

static int64_t show_batch(struct session *session, const cJSON *events, int64_t after) {
        struct screen *s = &session->screen;
        const cJSON *event;
        s->now_s = terminal_now_s();
        cJSON_ArrayForEach(event, events) {
                int64_t id = value_count(event, "id");
                after = id > after ? id : after;
                if (!session->is_json) {
                        draw_event(s, event);
                        continue;
                }
                char *line = cJSON_PrintUnformatted(event);
                foreign_put_json(&s->out, span_of(line ? line : "null"));
                buf_put_char(&s->out, '\n');
                cJSON_free(line);
        }
        return after;
}

/* What is known late but happened long ago, as all of an application's past when it is first seen, is no news. */
static cJSON *params_of(const struct session *session, int64_t began_s, bool is_following, int64_t after) {
        cJSON *params = arguments_params(session->arguments, began_s);
        char since[TIME_TEXT_MAX];
        time_rfc3339(began_s - SPAN_STANDARD_S, since);
        if (!arguments_has(session->arguments, "since"))
                cJSON_AddStringToObject(params, "since", since);
        if (is_following)
                cJSON_AddTrueToObject(params, "follow");
        if (is_following && after > 0)
                cJSON_AddNumberToObject(params, "after", (double)after);
        return params;
}

/* What there is first, in the order of time; then each as it becomes known. */
static int follow(struct session *session) {
        const int64_t began_s = session->screen.now_s;
        int64_t after = 0;
        for (bool is_following = false;; is_following = true) {
                SCOPED(answer_done) struct answer answer = {0};
                const struct client_listener listener = {.is_patient = is_following};
                enum exit_code code = session_listen(
                        session, "events", params_of(session, began_s, is_following, after), &listener, &answer);
                if (code != EXIT_DONE)
                        return code;
                after = show_batch(session, answer.result, after);
                code = session_show(session);
                if (code != EXIT_DONE)
                        return code;
        }
}

static int run(struct session *session) {
        if (!arguments_has(session->arguments, "follow"))
                return session_run(session);
        session->has_pager = false;
        return follow(session);
}

const struct command command_events = {
        .name = "events",
        .options = options,
        .takes_target = true,
        .help = "operations, changes of incidents and deliveries, as they happen",
        .draw = draw,
        .run = run,
};
