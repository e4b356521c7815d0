/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/foreign.h"
#include "ctl/terminal.h"

enum { MESSAGE_MAX_BYTES = 8 << 10 };

static void complain(const struct session *session, const char *text) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(MESSAGE_MAX_BYTES);
        foreign_put(&clean, text, session->screen.is_utf8);
        fprintf(stderr, "flinkwatchctl: %s\n", buf_str(&clean));
}

enum exit_code session_listen(struct session *session, const char *method, cJSON *params,
                              const struct client_listener *listener, struct answer *ret) {
        struct err reason = {0};
        enum exit_code code = client_listen(session->socket, method, params, listener, ret, &reason);
        if (code != EXIT_DONE)
                complain(session, reason.text);
        return code;
}

enum exit_code session_ask(struct session *session, const char *method, cJSON *params, struct answer *ret) {
        return session_listen(session, method, params, NULL, ret);
}

void session_print_json(struct session *session, const struct answer *answer) {
        foreign_put_json(&session->screen.out, answer->result_text);
        buf_put_char(&session->screen.out, '\n');
}

enum exit_code session_show(struct session *session) {
        struct buf *out = &session->screen.out;
        if (out->failed) {
                complain(session,
                         "the answer is too large to be shown: ask for less, for example with --since or --step");
                return EXIT_FAILED;
        }
        int r = terminal_show(buf_span(out), session->has_pager && !session->is_json);
        buf_done(out);
        if (r == 0)
                return EXIT_DONE;
        SCOPED(buf_done) struct buf text = BUF_INIT(256);
        buf_printf(&text, "the output could not be written: %s", strerror(-r));
        complain(session, buf_str(&text));
        return EXIT_FAILED;
}

int session_run(struct session *session) {
        const struct command *command = session->arguments->command;
        SCOPED(answer_done) struct answer answer = {0};
        enum exit_code code = session_ask(session, command->name,
                                          arguments_params(session->arguments, session->screen.now_s), &answer);
        if (code != EXIT_DONE)
                return code;
        if (session->is_json)
                session_print_json(session, &answer);
        else
                command->draw(&session->screen, answer.result, session->arguments);
        return session_show(session);
}
