/* SPDX-License-Identifier: Apache-2.0 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/terminal.h"

#define SOCKET_STANDARD "/run/flinkwatch/flinkwatch.sock"

static const char *choose_socket(const struct arguments *a) {
        const char *given = arguments_value(a, "socket"), *variable = getenv("FLINKWATCH_SOCKET");
        return given ? given : variable && variable[0] ? variable : SOCKET_STANDARD;
}

/* Whether the arguments ask about this program and not the daemon; *ret_code is then how it exits. */
static bool tell_of_itself(struct session *session, int *ret_code) {
        const struct arguments *a = session->arguments;
        if (arguments_has(a, "help"))
                help_write(&session->screen, a->command);
        else if (arguments_has(a, "version"))
                screen_wrap(&session->screen, 0, STYLE_PLAIN, "flinkwatchctl " PACKAGE_VERSION);
        else if (arguments_has(a, "completion"))
                completion_write(&session->screen.out, arguments_value(a, "completion"));
        else
                return false;
        *ret_code = session_show(session);
        return true;
}

int main(int argc, char **argv) {
        struct arguments arguments;
        struct session session = {.arguments = &arguments};
        struct err reason = {0};
        int code;
        setlocale(LC_CTYPE, "");
        if (arguments_parse(argc, argv, terminal_now_s(), &arguments, &reason) < 0) {
                fprintf(stderr, "flinkwatchctl: %s\n", reason.text);
                return EXIT_USAGE;
        }
        terminal_init(&session.screen, !arguments_has(&arguments, "no-color"));
        session.is_terminal = terminal_is_output();
        session.is_json = arguments_has(&arguments, "json");
        session.has_pager = !arguments_has(&arguments, "no-pager");
        session.socket = choose_socket(&arguments);
        if (!tell_of_itself(&session, &code))
                code = arguments.command->run ? arguments.command->run(&session) : session_run(&session);
        buf_done(&session.screen.out);
        return code;
}
