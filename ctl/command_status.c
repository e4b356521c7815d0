/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/status.h"
#include "ctl/terminal.h"
#include "util/number.h"

enum { REFRESH_S = 2 };

static const struct option options[] = {
        {.name = "exit-code",
         .is_local = true,
         .help = "exit 0 ok, 1 warning, 2 critical, 3 unknown, as Nagios plug-ins do"},
        {.name = "watch", .is_local = true, .help = "show it again and again, in place, until interrupted"},
        {.name = "interval",
         .kind = VALUE_DURATION,
         .value_name = "DUR",
         .is_local = true,
         .help = "how often with --watch (2s)"},
        {0},
};

static int run_once(struct session *session) {
        bool is_for_nagios = arguments_has(session->arguments, "exit-code");
        SCOPED(answer_done) struct answer answer = {0};
        enum exit_code code = session_ask(session, "status",
                                          arguments_params(session->arguments, session->screen.now_s), &answer);
        /* Nagios shows the first line of standard output; the reason itself is on standard error. */
        if (code != EXIT_DONE && is_for_nagios && !session->is_json)
                puts("UNKNOWN: flinkwatchd has not answered: systemctl status flinkwatch");
        if (code != EXIT_DONE)
                return is_for_nagios ? STATUS_UNKNOWN : (int)code;
        struct status_summary sum = status_summarise(answer.result, session->screen.now_s);
        if (session->is_json)
                session_print_json(session, &answer);
        else
                status_draw(&session->screen, answer.result, session->arguments);
        code = session_show(session);
        return code == EXIT_DONE && is_for_nagios ? status_exit_code(&sum) : (int)code;
}

static void draw_frame(struct session *session) {
        SCOPED(answer_done) struct answer answer = {0};
        struct err reason = {0};
        session->screen.now_s = terminal_now_s();
        terminal_measure(&session->screen);
        if (client_call(session->socket, "status", arguments_params(session->arguments, session->screen.now_s), &answer,
                        &reason) == EXIT_DONE)
                status_draw(&session->screen, answer.result, session->arguments);
        else
                screen_wrap(&session->screen, 0, STYLE_ALARM, reason.text);
}

static int watch(struct session *session) {
        const char *interval = arguments_value(session->arguments, "interval");
        int64_t interval_s = REFRESH_S;
        if (interval && number_duration_s(span_of(interval), &interval_s) < 0)
                return EXIT_USAGE;
        terminal_watch_begin(session->is_terminal);
        for (;;) {
                draw_frame(session);
                if (terminal_watch_frame(&session->screen, session->is_terminal) < 0)
                        break;
                terminal_wait(interval_s);
        }
        terminal_watch_end(session->is_terminal);
        return EXIT_DONE;
}

static int run(struct session *session) {
        if (arguments_has(session->arguments, "watch") && !session->is_json &&
            !arguments_has(session->arguments, "exit-code"))
                return watch(session);
        if (arguments_has(session->arguments, "watch")) {
                fputs("flinkwatchctl: status --watch goes with neither --json nor --exit-code\n", stderr);
                return EXIT_USAGE;
        }
        return run_once(session);
}

const struct command command_status = {
        .name = "status",
        .options = options,
        .takes_target = true,
        .help = "one screen: what is open and what to do, then each application, target and notifier",
        .draw = status_draw,
        .run = run,
};
