/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon as one object: store, network, targets, courier, socket; its life from start to stop. */
#pragma once

#include "daemon/config.h"

struct service;

struct service_options {
        const char *config_path;
        bool is_oneshot;
        int log_level; /* -1: the configuration's */
        const char *version;
};

/* Runs until stopped; takes the configuration over. The process's exit status. */
int service_run(const struct service_options *options, struct config *config);
