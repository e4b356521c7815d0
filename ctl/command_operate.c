/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"
#include "ctl/value.h"

static const struct option poll_options[] = {
        {.name = "now", .is_required = false, .help = "without waiting for the interval"},
        {0},
};

static void poll_draw(struct screen *s, const struct cJSON *result, const struct arguments *a) {
        const char *target = value_text(result, "target");
        (void)a;
        screen_printf(s, STYLE_PLAIN, "Polling %s. `flinkwatchctl status` shows when it is done.",
                      target[0] ? target : "every target");
        screen_line(s);
}

const struct command command_poll = {
        .name = "poll",
        .argument = {.name = "target", .kind = VALUE_TEXT, .value_name = "TARGET", .source = SOURCE_TARGET},
        .options = poll_options,
        .takes_target = true,
        .help = "ask AWS at once; for members of the socket's group and root",
        .draw = poll_draw,
};

static void reload_draw(struct screen *s, const struct cJSON *result, const struct arguments *a) {
        (void)result;
        (void)a;
        screen_put(s, STYLE_PLAIN, "The configuration is reloaded.");
        screen_line(s);
}

const struct command command_reload = {
        .name = "reload",
        .help = "read the configuration again; for members of the socket's group and root",
        .draw = reload_draw,
};
