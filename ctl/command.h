/* SPDX-License-Identifier: Apache-2.0 */
/* The commands as a table: parsing, --help, completions and the parameters of a request all come from these rows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ctl/client.h"
#include "ctl/screen.h"

struct cJSON;

enum value_kind {
        VALUE_NONE, /* a switch */
        VALUE_TEXT,
        VALUE_ID,       /* whole number from 1 */
        VALUE_DURATION, /* "2h" */
        VALUE_INSTANT,  /* a time, or a duration before now */
        VALUE_PAIR,     /* "NAME=VALUE" */
        VALUE_CHOICE,
};

/* What completion offers for a value beside its choices. */
enum value_source {
        SOURCE_NONE,
        SOURCE_APPLICATION,
        SOURCE_METRIC,
        SOURCE_INCIDENT,
        SOURCE_SILENCE,
        SOURCE_TARGET,
        SOURCE_FILE
};

struct option {
        const char *name; /* without dashes */
        enum value_kind kind;
        const char *value_name;     /* "DUR"; NULL for a switch */
        const char *help;           /* one line */
        const char *const *choices; /* VALUE_CHOICE: NULL-ended */
        enum value_source source;
        bool is_required, is_repeated;
        bool is_local;  /* for this program: not a parameter of the request */
        bool is_hidden; /* not in the help */
};

/* The row of every command that can be narrowed to some applications. */
#define OPTION_APPLICATIONS                                                                                            \
        {                                                                                                              \
                .name = "app", .kind = VALUE_TEXT, .value_name = "GLOB", .source = SOURCE_APPLICATION,                 \
                .help = "only applications of such names (* any run, ? one character)"                                 \
        }

struct session;
struct arguments;

struct command {
        const char *name;
        struct option argument;       /* name NULL: takes none; its name is the request's parameter */
        const struct option *options; /* ends with name NULL; NULL: none */
        bool takes_target;            /* --target is a parameter of its request */
        const char *help;             /* one line */
        /* Draws the result of the request of the same name. */
        void (*draw)(struct screen *s, const struct cJSON *result, const struct arguments *a);
        /* Does something else than ask, draw and be done; NULL for most. Answers the exit status. */
        int (*run)(struct session *session);
};

extern const struct command *const commands[];
extern const size_t n_commands;
extern const struct command command_status, command_apps, command_incidents, command_show, command_history,
        command_metrics, command_events, command_report, command_ack, command_silence, command_silences,
        command_unsilence, command_backtest, command_explain, command_poll, command_reload, command_doctor,
        command_iam_policy, command_cost;
extern const struct option global_options[];
extern const char *const diagnoser_names[];

enum { ARGUMENTS_MAX = 64 };

struct arguments {
        const struct command *command; /* NULL: none named */
        const char *positional;        /* NULL: not given */
        struct given {
                const struct option *option;
                const char *value;
        } given[ARGUMENTS_MAX];
        size_t n_given;
};

/* 0, or -EINVAL with what is wrong and how it is right. Values are borrowed from argv. */
int arguments_parse(int argc, char *const *argv, int64_t now_s, struct arguments *ret, struct err *reterr);
/* The last value given, NULL when not given; "" for a switch. */
const char *arguments_value(const struct arguments *a, const char *name);
bool arguments_has(const struct arguments *a, const char *name);
/* The request's parameters, for the caller to delete; NULL when out of memory. */
struct cJSON *arguments_params(const struct arguments *a, int64_t now_s);

/* --help: of one command, or of all (NULL). */
void help_write(struct screen *s, const struct command *command);
/* The completion script for "bash", "zsh" or "fish"; -EINVAL for another. */
int completion_write(struct buf *out, const char *shell);

struct session {
        const struct arguments *arguments;
        const char *socket;
        bool is_json, has_pager, is_terminal;
        struct screen screen;
};

/* Asks, or says why not on stderr. The answer is for answer_done. */
enum exit_code session_ask(struct session *session, const char *method, struct cJSON *params, struct answer *ret);
/* The same; `listener` hears of the answer while it comes. */
enum exit_code session_listen(struct session *session, const char *method, struct cJSON *params,
                              const struct client_listener *listener, struct answer *ret);
/* Prints the result as one JSON document. */
void session_print_json(struct session *session, const struct answer *answer);
/* Shows what was drawn, in a pager when it is longer than the terminal; empties the screen. EXIT_DONE or EXIT_FAILED. */
enum exit_code session_show(struct session *session);
/* What the command does when it has no run(): ask, then draw or print. */
int session_run(struct session *session);
