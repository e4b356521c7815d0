/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"
#include "ctl/foreign.h"

enum { HELP_INDENT = 26 };

static void write_option(struct screen *s, const struct option *o) {
        SCOPED(buf_done) struct buf head = BUF_INIT(4096);
        buf_printf(&head, "  --%s", o->name);
        if (o->kind == VALUE_CHOICE && o->choices != diagnoser_names)
                for (size_t i = 0; o->choices[i]; i++)
                        buf_printf(&head, "%s%s", i > 0 ? "|" : " ", o->choices[i]);
        else if (o->value_name)
                buf_printf(&head, " %s", o->value_name);
        if (foreign_columns(buf_str(&head)) < HELP_INDENT) {
                screen_item(s, buf_str(&head), HELP_INDENT, o->help);
                return;
        }
        screen_put(s, STYLE_PLAIN, buf_str(&head));
        screen_line(s);
        screen_wrap(s, HELP_INDENT, STYLE_PLAIN, o->help);
}

static void write_options(struct screen *s, const char *title, const struct option *options) {
        screen_line(s);
        screen_put(s, STYLE_BOLD, title);
        screen_line(s);
        for (; options->name; options++)
                if (!options->is_hidden)
                        write_option(s, options);
}

static void write_usage(struct screen *s, const struct command *c) {
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        buf_printf(&text, "usage: flinkwatchctl %s", c->name);
        if (c->argument.name)
                buf_printf(&text, c->argument.is_required ? " %s" : " [%s]", c->argument.value_name);
        for (const struct option *o = c->options; o && o->name; o++) {
                buf_printf(&text, o->is_required ? " --%s" : " [--%s", o->name);
                if (o->value_name)
                        buf_printf(&text, " %s", o->value_name);
                buf_put_str(&text, o->is_required ? "" : o->is_repeated ? "]..." : "]");
        }
        screen_wrap(s, 0, STYLE_PLAIN, buf_str(&text));
}

void help_write(struct screen *s, const struct command *command) {
        if (command) {
                write_usage(s, command);
                screen_line(s);
                screen_wrap(s, 0, STYLE_PLAIN, command->help);
                if (command->options)
                        write_options(s, "Options", command->options);
                write_options(s, "Options of every command", global_options);
                return;
        }
        screen_wrap(s, 0, STYLE_PLAIN,
                    "usage: flinkwatchctl [--socket PATH] [--json] [--no-color] [--target NAME] COMMAND");
        screen_line(s);
        screen_wrap(s, 0, STYLE_PLAIN, "Shows what flinkwatch knows of Apache Flink applications.");
        screen_line(s);
        screen_put(s, STYLE_BOLD, "Commands");
        screen_line(s);
        for (size_t i = 0; i < n_commands; i++) {
                const struct command *c = commands[i];
                SCOPED(buf_done) struct buf head = BUF_INIT(256);
                buf_printf(&head, "  %s", c->name);
                if (c->argument.name)
                        buf_printf(&head, c->argument.is_required ? " %s" : " [%s]", c->argument.value_name);
                screen_item(s, buf_str(&head), HELP_INDENT, c->help);
        }
        write_options(s, "Options", global_options);
        screen_line(s);
        screen_wrap(
                s, 0, STYLE_PLAIN,
                "flinkwatchctl COMMAND --help tells more. Exit status: 0 done, 1 failed, 2 wrong usage, 3 the daemon cannot be reached.");
}
