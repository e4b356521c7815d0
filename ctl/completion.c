/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts out of the command table. Values that only the daemon knows are asked of it when they are wanted. */
#include <errno.h>
#include <string.h>

#include "ctl/command.h"

/* The client's own answer, cut to one word a line. */
static const struct {
        enum value_source source;
        const char *command, *member;
} questions[] = {
        {SOURCE_APPLICATION, "apps", "name"},
        {SOURCE_INCIDENT, "incidents", "id"},
        {SOURCE_SILENCE, "silences", "id"},
        {SOURCE_TARGET, "apps", "target"},
};

static bool is_asked(enum value_source source) {
        for (size_t i = 0; i < ELEMENTS(questions); i++)
                if (questions[i].source == source)
                        return true;
        return false;
}

/* The call between `before` and `after`; nothing for what the daemon is not asked. */
static void put_question(struct buf *out, enum value_source source, const char *before, const char *after) {
        for (size_t i = 0; i < ELEMENTS(questions); i++)
                if (questions[i].source == source)
                        buf_printf(out, "%s__flinkwatchctl_ask %s %s%s", before, questions[i].command,
                                   questions[i].member, after);
}

/* "[...]" of --json, split at the members' commas: names hold neither quotes nor commas. */
static const char ask_sh[] =
        "__flinkwatchctl_ask() {\n"
        "        flinkwatchctl --json \"$1\" 2>/dev/null | tr '{' '\\n' | tr ',' '\\n' | sed -n \"s/^ *\\\"$2\\\": *\\\"\\{0,1\\}\\([^\\\"]*\\).*/\\1/p\" | sort -u\n"
        "}\n";

static void put_choices(struct buf *out, const struct option *o, const char *separator) {
        for (size_t i = 0; o->choices && o->choices[i]; i++)
                buf_printf(out, "%s%s", i > 0 ? separator : "", o->choices[i]);
}

static void put_names(struct buf *out, const struct option *options) {
        for (; options && options->name; options++)
                if (!options->is_hidden)
                        buf_printf(out, " --%s", options->name);
}

/* `command` NULL: wherever it is. */
static void bash_value(struct buf *out, const struct command *command, const struct option *o) {
        if (command)
                buf_printf(out, "        \"%s --%s\")\n", command->name, o->name);
        else
                buf_printf(out, "        *\" --%s\")\n", o->name);
        if (o->source == SOURCE_FILE) {
                buf_put_str(out, "                mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n");
        } else if (o->choices || is_asked(o->source)) {
                buf_put_str(out, "                mapfile -t COMPREPLY < <(compgen -W \"");
                put_choices(out, o, " ");
                put_question(out, o->source, "$(", ")");
                buf_put_str(out, "\" -- \"$word\")\n");
        }
        buf_put_str(out, "                return\n                ;;\n");
}

static void bash_values(struct buf *out, const struct command *command, const struct option *options) {
        for (const struct option *o = options; o && o->name; o++)
                if (o->kind != VALUE_NONE && !o->is_hidden)
                        bash_value(out, command, o);
}

static void bash_words(struct buf *out, const struct command *c) {
        buf_printf(out, "        %s)\n                words=\"", c->name);
        put_names(out, c->options);
        put_question(out, c->argument.source, " $(", ")");
        buf_put_str(out, "\"\n                ;;\n");
}

static void write_bash(struct buf *out) {
        buf_put_str(out, "# bash completion for flinkwatchctl: made by `flinkwatchctl --completion bash`\n");
        buf_put_str(out, ask_sh);
        buf_put_str(
                out,
                "_flinkwatchctl() {\n        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' words='' i\n"
                "        for ((i = 1; i < COMP_CWORD; i++)); do\n                case ${COMP_WORDS[i]} in\n                ");
        for (size_t i = 0; i < n_commands; i++)
                buf_printf(out, "%s%s", i > 0 ? " | " : "", commands[i]->name);
        buf_put_str(
                out,
                ")\n                        command=${COMP_WORDS[i]}\n                        break\n                        ;;\n"
                "                esac\n        done\n        case \"$command $before\" in\n");
        bash_values(out, NULL, global_options);
        for (size_t i = 0; i < n_commands; i++)
                bash_values(out, commands[i], commands[i]->options);
        buf_put_str(out, "        esac\n        case $command in\n");
        for (size_t i = 0; i < n_commands; i++)
                bash_words(out, commands[i]);
        buf_put_str(out, "        *)\n                words=\"");
        for (size_t i = 0; i < n_commands; i++)
                buf_printf(out, "%s%s", i > 0 ? " " : "", commands[i]->name);
        buf_put_str(out, "\"\n                ;;\n        esac\n        mapfile -t COMPREPLY < <(compgen -W \"$words");
        put_names(out, global_options);
        buf_put_str(out, "\" -- \"$word\")\n}\ncomplete -F _flinkwatchctl flinkwatchctl\n");
}

/* Within a word in single quotes. */
static void put_quoted(struct buf *out, const char *text, const char *escaped) {
        for (; *text; text++) {
                if (strchr(escaped, *text))
                        buf_put_char(out, '\\');
                if (*text == '\'')
                        buf_put_str(out, "'\\'");
                buf_put_char(out, *text);
        }
}

static void zsh_option(struct buf *out, const struct option *o) {
        if (o->is_hidden)
                return;
        buf_printf(out, " \\\n                '%s--%s%s[", o->is_repeated ? "*" : "", o->name,
                   o->kind == VALUE_NONE ? "" : "=");
        put_quoted(out, o->help, "[]:");
        buf_put_str(out, "]");
        if (o->kind != VALUE_NONE)
                buf_printf(out, ":%s:", o->value_name);
        if (o->source == SOURCE_FILE)
                buf_put_str(out, "_files");
        if (o->choices) {
                buf_put_str(out, "(");
                put_choices(out, o, " ");
                buf_put_str(out, ")");
        }
        put_question(out, o->source, "{compadd -- $(", ")}");
        buf_put_str(out, "'");
}

static void zsh_command(struct buf *out, const struct command *c) {
        buf_printf(out, "        %s)\n                _arguments", c->name);
        for (const struct option *o = c->options; o && o->name; o++)
                zsh_option(out, o);
        for (const struct option *o = global_options; o->name; o++)
                zsh_option(out, o);
        if (c->argument.name) {
                buf_printf(out, " \\\n                '1:%s:", c->argument.value_name);
                put_question(out, c->argument.source, "{compadd -- $(", ")}");
                buf_put_str(out, "'");
        }
        buf_put_str(out, "\n                ;;\n");
}

static void write_zsh(struct buf *out) {
        buf_put_str(
                out,
                "#compdef flinkwatchctl\n# zsh completion for flinkwatchctl: made by `flinkwatchctl --completion zsh`\n");
        buf_put_str(out, ask_sh);
        buf_put_str(out, "local context state line\nlocal -a commands\ncommands=(\n");
        for (size_t i = 0; i < n_commands; i++) {
                buf_printf(out, "        '%s:", commands[i]->name);
                put_quoted(out, commands[i]->help, "");
                buf_put_str(out, "'\n");
        }
        buf_put_str(out, ")\n_arguments -C");
        for (const struct option *o = global_options; o->name; o++)
                zsh_option(out, o);
        buf_put_str(out, " \\\n                '1:command:->command' '*::argument:->argument'\n");
        buf_put_str(
                out,
                "case $state in\ncommand)\n        _describe command commands\n        ;;\nargument)\n        case $words[1] in\n");
        for (size_t i = 0; i < n_commands; i++)
                zsh_command(out, commands[i]);
        buf_put_str(out, "        esac\n        ;;\nesac\n");
}

static void fish_option(struct buf *out, const struct option *o, const char *command) {
        if (o->is_hidden)
                return;
        buf_put_str(out, "complete -c flinkwatchctl");
        if (command)
                buf_printf(out, " -n '__fish_seen_subcommand_from %s'", command);
        buf_printf(out, " -l %s", o->name);
        if (o->kind != VALUE_NONE)
                buf_put_str(out, o->source == SOURCE_FILE ? " -r -F" : " -x");
        if (o->choices) {
                buf_put_str(out, " -a '");
                put_choices(out, o, " ");
                buf_put_str(out, "'");
        }
        put_question(out, o->source, " -a '(", ")'");
        buf_put_str(out, " -d '");
        for (const char *p = o->help; *p; p++)
                buf_printf(out, *p == '\'' ? "\\%c" : "%c", *p);
        buf_put_str(out, "'\n");
}

static void write_fish(struct buf *out) {
        buf_put_str(
                out,
                "# fish completion for flinkwatchctl: made by `flinkwatchctl --completion fish`\n"
                "function __flinkwatchctl_ask\n"
                "        flinkwatchctl --json $argv[1] 2>/dev/null | tr '{' '\\n' | tr ',' '\\n' | sed -n \"s/^ *\\\"$argv[2]\\\": *\\\"\\{0,1\\}\\([^\\\"]*\\).*/\\1/p\" | sort -u\n"
                "end\ncomplete -c flinkwatchctl -f\n");
        for (const struct option *o = global_options; o->name; o++)
                fish_option(out, o, NULL);
        for (size_t i = 0; i < n_commands; i++) {
                const struct command *c = commands[i];
                buf_printf(out, "complete -c flinkwatchctl -n __fish_use_subcommand -a %s -d '", c->name);
                for (const char *p = c->help; *p; p++)
                        buf_printf(out, *p == '\'' ? "\\%c" : "%c", *p);
                buf_put_str(out, "'\n");
                for (const struct option *o = c->options; o && o->name; o++)
                        fish_option(out, o, c->name);
                if (c->argument.source == SOURCE_NONE)
                        continue;
                buf_printf(out, "complete -c flinkwatchctl -n '__fish_seen_subcommand_from %s'", c->name);
                put_question(out, c->argument.source, " -a '(", ")'\n");
        }
}

int completion_write(struct buf *out, const char *shell) {
        static const struct {
                const char *shell;
                void (*write)(struct buf *out);
        } writers[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};
        for (size_t i = 0; i < ELEMENTS(writers); i++)
                if (strcmp(shell, writers[i].shell) == 0) {
                        writers[i].write(out);
                        return out->failed;
                }
        return -EINVAL;
}
