/* SPDX-License-Identifier: Apache-2.0 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <string.h>

#include "ctl/command.h"
#include "ctl/words.h"
#include "util/number.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { NAMES_MAX = 64 };

static const char *hint(const char *word, const char *const *names, size_t n, const char *dashes, char to[128]) {
        const char *nearest = text_nearest(word, names, n);
        to[0] = '\0';
        if (nearest)
                snprintf(to, 128, ": did you mean %s%s?", dashes, nearest);
        return to;
}

static const struct option *find_option(const struct option *table, struct span name) {
        for (; table && table->name; table++)
                if (span_is(name, table->name))
                        return table;
        return NULL;
}

static size_t add_names(const struct option *table, const char **names, size_t n) {
        for (; table && table->name && n < NAMES_MAX; table++)
                if (!table->is_hidden)
                        names[n++] = table->name;
        return n;
}

static int unknown_option(const struct command *command, const char *word, struct err *reterr) {
        const char *names[NAMES_MAX];
        char text[128];
        size_t n = add_names(command ? command->options : NULL, names, add_names(global_options, names, 0));
        SCOPED(free) char *name = strndup(word, strcspn(word, "="));
        return err_set(reterr, -EINVAL, "there is no option --%.60s%s%s%s", name ? name : "", command ? " for " : "",
                       command ? command->name : "", hint(name ? name : "", names, n, "--", text));
}

static int unknown_command(const char *word, struct err *reterr) {
        const char *names[NAMES_MAX];
        char text[128];
        size_t n = 0;
        for (; n < n_commands && n < NAMES_MAX; n++)
                names[n] = commands[n]->name;
        hint(word, names, n, "", text);
        return err_set(reterr, -EINVAL, "there is no command %.60s%s", word, text[0] ? text : ": --help lists them");
}

static int check_choice(const struct option *o, const char *dashes, const char *value, struct err *reterr) {
        SCOPED(buf_done) struct buf list = BUF_INIT(120);
        char text[128];
        size_t n = 0;
        for (; o->choices[n]; n++) {
                if (strcmp(o->choices[n], value) == 0)
                        return 0;
                buf_printf(&list, "%s%s", n > 0 ? ", " : "", o->choices[n]);
        }
        if (list.failed)
                return err_set(reterr, -EINVAL, "%s%s: there is no %.60s%s", dashes, o->name, value,
                               hint(value, o->choices, n, "", text));
        return err_set(reterr, -EINVAL, "%s%s is one of %s, not %.60s", dashes, o->name, buf_str(&list), value);
}

static int check_value(const struct option *o, const char *dashes, const char *value, int64_t now_s,
                       struct err *reterr) {
        const char *expected = NULL;
        int64_t number;
        switch (o->kind) {
        case VALUE_ID:
                if (number_int64(span_of(value[0] == '#' ? value + 1 : value), &number) < 0 || number < 1)
                        expected = "a number from 1 on";
                break;
        case VALUE_DURATION:
                if (number_duration_s(span_of(value), &number) < 0 || number < 1)
                        expected = "a duration such as 30s, 5m, 2h or 14d";
                break;
        case VALUE_INSTANT:
                if (words_parse_instant(value, now_s, &number) < 0)
                        expected =
                                "a duration such as 2h or 14d, or a time such as 2026-01-02T03:04:05Z or \"2026-01-02 03:04\"";
                break;
        case VALUE_PAIR:
                if (!strchr(value, '=') || value[0] == '=')
                        expected = "of the form NAME=VALUE";
                break;
        case VALUE_CHOICE:
                return check_choice(o, dashes, value, reterr);
        case VALUE_TEXT:
                expected = value[0] ? NULL : "text that is not empty";
                break;
        case VALUE_NONE:
                break;
        }
        return expected ? err_set(reterr, -EINVAL, "%s%s must be %s, not \"%.60s\"", dashes, o->name, expected, value)
                        : 0;
}

static int add_given(struct arguments *a, const struct option *o, const char *value, struct err *reterr) {
        for (size_t i = 0; i < a->n_given; i++)
                if (a->given[i].option == o && !o->is_repeated && o->kind != VALUE_NONE)
                        return err_set(reterr, -EINVAL, "--%s is given twice", o->name);
        if (a->n_given == ARGUMENTS_MAX)
                return err_set(reterr, -EINVAL, "there are more than %d options", ARGUMENTS_MAX);
        a->given[a->n_given++] = (struct given){o, value};
        return 0;
}

static int parse_option(char *const **next, int64_t now_s, struct arguments *a, struct err *reterr) {
        const char *word = *(*next)++ + 2, *equals = strchr(word, '=');
        struct span name = {word, equals ? (size_t)(equals - word) : strlen(word)};
        const struct option *o = find_option(global_options, name);
        const char *value = equals ? equals + 1 : NULL;
        o = o ? o : find_option(a->command ? a->command->options : NULL, name);
        if (!o && !a->command)
                return err_set(reterr, -EINVAL,
                               "there is no option --%.*s before the command: options of a command come after it",
                               (int)(name.len < 60 ? name.len : 60), word);
        if (!o)
                return unknown_option(a->command, word, reterr);
        if (o->kind == VALUE_NONE)
                return value ? err_set(reterr, -EINVAL, "--%s takes no value", o->name) : add_given(a, o, "", reterr);
        if (!value && !**next)
                return err_set(reterr, -EINVAL, "--%s needs a value: --%s %s", o->name, o->name, o->value_name);
        value = value ? value : *(*next)++;
        int r = check_value(o, "--", value, now_s, reterr);
        return r < 0 ? r : add_given(a, o, value, reterr);
}

static int parse_word(const char *word, int64_t now_s, struct arguments *a, struct err *reterr) {
        if (!a->command) {
                for (size_t i = 0; i < n_commands; i++)
                        if (strcmp(commands[i]->name, word) == 0)
                                a->command = commands[i];
                return a->command ? 0 : unknown_command(word, reterr);
        }
        const struct option *argument = &a->command->argument;
        if (!argument->name || a->positional)
                return err_set(reterr, -EINVAL, "%s takes no %sargument: %.60s", a->command->name,
                               argument->name ? "second " : "", word);
        a->positional = word;
        struct option shown = *argument;
        shown.name = argument->value_name;
        return check_value(&shown, "", word, now_s, reterr);
}

static int check_required(const struct arguments *a, struct err *reterr) {
        const struct command *c = a->command;
        if (c->argument.name && c->argument.is_required && !a->positional)
                return err_set(reterr, -EINVAL, "%s needs %s: flinkwatchctl %s %s", c->name, c->argument.value_name,
                               c->name, c->argument.value_name);
        for (const struct option *o = c->options; o && o->name; o++)
                if (o->is_required && !arguments_value(a, o->name))
                        return err_set(reterr, -EINVAL, "%s needs --%s %s", c->name, o->name, o->value_name);
        if (arguments_has(a, "target") && !c->takes_target)
                return err_set(reterr, -EINVAL, "%s takes no --target", c->name);
        return 0;
}

static char *const *long_of_short(const char *word) {
        static char help[] = "--help", version[] = "--version";
        static char *const helps[] = {help, NULL}, *const versions[] = {version, NULL};
        return strcmp(word, "-h") == 0 ? helps : strcmp(word, "-V") == 0 ? versions : NULL;
}

int arguments_parse(int argc, char *const *argv, int64_t now_s, struct arguments *ret, struct err *reterr) {
        char *const *next = argv + (argc > 0 ? 1 : 0);
        bool has_ended = false;
        *ret = (struct arguments){0};
        while (*next) {
                char *const *stand_in = has_ended ? NULL : long_of_short(*next);
                int r = 0;
                if (!has_ended && strcmp(*next, "--") == 0) {
                        has_ended = true;
                        next++;
                } else if (stand_in) {
                        next++;
                        r = parse_option(&stand_in, now_s, ret, reterr);
                } else if (!has_ended && strncmp(*next, "--", 2) == 0) {
                        r = parse_option(&next, now_s, ret, reterr);
                } else if (!has_ended && (*next)[0] == '-' && (*next)[1]) {
                        r = err_set(reterr, -EINVAL, "there is no option %.60s: options are long, like --json", *next);
                } else {
                        r = parse_word(*next++, now_s, ret, reterr);
                }
                if (r < 0)
                        return r;
        }
        if (arguments_has(ret, "help") || arguments_has(ret, "version") || arguments_has(ret, "completion"))
                return 0;
        return ret->command ? check_required(ret, reterr)
                            : err_set(reterr, -EINVAL, "a command is missing: try flinkwatchctl status, or --help");
}

const char *arguments_value(const struct arguments *a, const char *name) {
        const char *value = NULL;
        for (size_t i = 0; i < a->n_given; i++)
                if (strcmp(a->given[i].option->name, name) == 0)
                        value = a->given[i].value;
        return value;
}

bool arguments_has(const struct arguments *a, const char *name) {
        return arguments_value(a, name) != NULL;
}

static void add_param(cJSON *params, const struct option *o, const char *value, int64_t now_s) {
        SCOPED(free) char *name = strdup(o->name);
        char text[TIME_TEXT_MAX];
        int64_t number = 0;
        for (char *p = name; p && *p; p++)
                *p = *p == '-' ? '_' : *p;
        if (!name)
                return;
        if (o->kind == VALUE_NONE) {
                cJSON_AddTrueToObject(params, name);
        } else if (o->kind == VALUE_ID && number_int64(span_of(value[0] == '#' ? value + 1 : value), &number) == 0) {
                cJSON_AddNumberToObject(params, name, (double)number);
        } else if (o->kind == VALUE_INSTANT && words_parse_instant(value, now_s, &number) == 0) {
                time_rfc3339(number, text);
                cJSON_AddStringToObject(params, name, text);
        } else if (o->is_repeated) {
                cJSON *list = cJSON_GetObjectItemCaseSensitive(params, name);
                list = list ? list : cJSON_AddArrayToObject(params, name);
                cJSON_AddItemToArray(list, cJSON_CreateString(value));
        } else {
                cJSON_AddStringToObject(params, name, value);
        }
}

cJSON *arguments_params(const struct arguments *a, int64_t now_s) {
        cJSON *params = cJSON_CreateObject();
        for (size_t i = 0; params && i < a->n_given; i++)
                if (!a->given[i].option->is_local)
                        add_param(params, a->given[i].option, a->given[i].value, now_s);
        if (params && a->positional && !a->command->argument.is_local)
                add_param(params, &a->command->argument, a->positional, now_s);
        return params;
}
