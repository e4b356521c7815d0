/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration as the program uses it. A reload builds a whole new one, then swaps. */
#pragma once

#include "daemon/log.h"
#include "diagnosers/diagnosers.h"
#include "notifiers/notifiers.h"
#include "util/schedule.h"

struct config_target {
        char *name, *region, *profile, *role_arn, *external_id, *applications;
};

/* One per diagnoser, in the order of diagnosers[]. */
struct config_diagnoser {
        bool is_enabled;
        double *settings; /* in the order of its params */
};

#define OVERRIDE_ENABLED SIZE_MAX /* as a param: whether the diagnoser runs */

struct config_override {
        size_t diagnoser, param;
        double value;
};

#define SEVERITY_CAP_NONE ((enum severity)(SEVERITY_CRITICAL + 1))

struct config_application {
        char *name;                 /* glob */
        enum severity severity_cap; /* SEVERITY_CAP_NONE: not said here */
        struct config_override *overrides;
        size_t n_overrides, overrides_size;
};

struct config_notifier {
        char *name, *type_name;
        const struct notifier *type;
        struct channel channel;
        enum severity min_severity;
        char *applications;
        int64_t repeat_interval_s;
        int64_t digest_applications, digest_window_s;
        int64_t rate_limit;  /* messages an hour, 0: any number, negative: not said */
        int64_t heartbeat_s; /* 0: none */
};

struct config_maintenance {
        char *name, *applications, *schedule;
        struct schedule when;
        int line; /* where its section begins */
};

struct config {
        char *path;
        char *state_directory, *socket, *socket_group;
        enum log_level log_level;
        int64_t interval_s, backfill_s, settle_s, retention_s;
        char *metrics_listen;      /* NULL: nothing is exposed */
        double monthly_budget_usd; /* negative: none */
        struct config_target *targets;
        size_t n_targets, targets_size;
        struct config_diagnoser *diagnosers;
        size_t n_diagnosers;
        struct config_application *applications;
        size_t n_applications, applications_size;
        struct config_notifier *notifiers;
        size_t n_notifiers, notifiers_size;
        struct config_maintenance *maintenance;
        size_t n_maintenance, maintenance_size;
};

/* What is wrong with a file: one entry a fault, ready to print. */
struct config_faults {
        struct buf lines; /* "FILE:LINE: message\n" */
        size_t n;
};

/* Reads the whole file, secrets' files too. 0; -EINVAL with at least one fault (everything that could be found); -errno when it cannot be
 * read (one fault says so). *ret only on 0. */
int config_load(const char *path, struct config **ret, struct config_faults *faults);
/* How findings are judged, out of a configuration's text: its diagnosers, applications and maintenance. Targets and notifiers need not be
 * complete, and no other file is read. As config_load. */
int config_parse_judging(const char *path, struct span text, struct config **ret, struct config_faults *faults);
/* A copy of the same of a configuration. 0 or -ENOMEM. */
int config_dup_judging(const struct config *from, struct config **ret);
void config_free(struct config *c);
void config_faults_done(struct config_faults *f);

/* Whether there is that target (NULL: all of them): 0, or -ENOENT with the name that may be meant. */
int config_check_target(const struct config *c, const char *name, struct err *reterr);
/* A diagnoser's settings for one application: the overrides whose glob matches, later sections win. `into` has param_count entries. */
void config_settings(const struct config *c, size_t diagnoser, const char *application, double *into);
/* Whether a diagnoser runs for one application, likewise. */
bool config_is_enabled(const struct config *c, size_t diagnoser, const char *application);
/* Whether some [maintenance] covers the application at that instant. */
bool config_is_in_maintenance(const struct config *c, const char *application, int64_t at_s);
/* The cap of the last section whose glob matches; SEVERITY_CRITICAL when no section says anything. */
enum severity config_severity_cap(const struct config *c, const char *application);

SCOPED_DEFINE(struct config, config_free)
SCOPED_DEFINE_VALUE(struct config_faults, config_faults_done)
