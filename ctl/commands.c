/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/command.h"

const struct command *const commands[] = {
        &command_status,   &command_apps,      &command_incidents,  &command_show,    &command_history,
        &command_metrics,  &command_events,    &command_report,     &command_ack,     &command_silence,
        &command_silences, &command_unsilence, &command_backtest,   &command_explain, &command_poll,
        &command_reload,   &command_doctor,    &command_iam_policy, &command_cost,
};
const size_t n_commands = ELEMENTS(commands);

static const char *const shells[] = {"bash", "zsh", "fish", NULL};

const struct option global_options[] = {
        {.name = "socket",
         .kind = VALUE_TEXT,
         .value_name = "PATH",
         .source = SOURCE_FILE,
         .is_local = true,
         .help = "the daemon's socket (else $FLINKWATCH_SOCKET, else /run/flinkwatch/flinkwatch.sock)"},
        {.name = "json", .is_local = true, .help = "print one JSON document"},
        {.name = "no-color", .is_local = true, .help = "print no colours"},
        {.name = "no-pager", .is_local = true, .help = "show long output without a pager"},
        {.name = "target",
         .kind = VALUE_TEXT,
         .value_name = "NAME",
         .source = SOURCE_TARGET,
         .help = "ask about this target only"},
        {.name = "help", .is_local = true, .help = "print this text, or that of the command, and exit"},
        {.name = "version", .is_local = true, .help = "print the version and exit"},
        {.name = "completion",
         .kind = VALUE_CHOICE,
         .value_name = "SHELL",
         .choices = shells,
         .is_local = true,
         .is_hidden = true,
         .help = "print the completion script for a shell"},
        {0},
};

const char *const diagnoser_names[] = {
        "checkpoint_duration",
        "checkpoint_failure",
        "checkpoint_hung",
        "state_growth",
        "backpressure",
        "restart_loop",
        "downtime",
        "job_stalled",
        "stuck_transition",
        "operation_failed",
        "source_lag",
        "memory_pressure",
        "gc_pressure",
        "cpu_saturation",
        "overprovisioned",
        "throughput_drop",
        "watermark_stall",
        "data_skew",
        "snapshot",
        "telemetry_gap",
        "configuration",
        NULL,
};
