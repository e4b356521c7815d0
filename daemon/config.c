/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration's life and what is asked of it; config_file.c reads the file, config_finish.c completes it. */
#include "daemon/config.h"

#include <errno.h>
#include <string.h>

#include "util/glob.h"
#include "util/list.h"
#include "util/text.h"

static void free_targets(struct config *c) {
        for (size_t i = 0; i < c->n_targets; i++) {
                struct config_target *t = &c->targets[i];
                free(t->name);
                free(t->region);
                free(t->profile);
                free(t->role_arn);
                text_wipe_free(t->external_id);
                free(t->applications);
        }
        free(c->targets);
}

static void free_notifiers(struct config *c) {
        for (size_t i = 0; i < c->n_notifiers; i++) {
                struct config_notifier *n = &c->notifiers[i];
                if (n->type)
                        channel_done(&n->channel);
                free(n->name);
                free(n->type_name);
                free(n->applications);
        }
        free(c->notifiers);
}

void config_free(struct config *c) {
        if (!c)
                return;
        free(c->path);
        free(c->state_directory);
        free(c->socket);
        free(c->socket_group);
        free(c->metrics_listen);
        free_targets(c);
        free_notifiers(c);
        for (size_t i = 0; i < c->n_diagnosers; i++)
                free(c->diagnosers[i].settings);
        free(c->diagnosers);
        for (size_t i = 0; i < c->n_applications; i++) {
                free(c->applications[i].name);
                free(c->applications[i].overrides);
        }
        free(c->applications);
        for (size_t i = 0; i < c->n_maintenance; i++) {
                free(c->maintenance[i].name);
                free(c->maintenance[i].applications);
                free(c->maintenance[i].schedule);
        }
        free(c->maintenance);
        free(c);
}

static int dup_settings(const struct config *from, struct config *to) {
        to->diagnosers = calloc(from->n_diagnosers + 1, sizeof *to->diagnosers);
        if (!to->diagnosers)
                return -ENOMEM;
        for (size_t i = 0; i < from->n_diagnosers; i++) {
                size_t n = param_count(diagnosers[i]->params);
                struct config_diagnoser *d = &to->diagnosers[to->n_diagnosers++];
                d->is_enabled = from->diagnosers[i].is_enabled;
                d->settings = calloc(n + 1, sizeof *d->settings);
                if (!d->settings)
                        return -ENOMEM;
                memcpy(d->settings, from->diagnosers[i].settings, n * sizeof *d->settings);
        }
        return 0;
}

static int dup_applications(const struct config *from, struct config *to) {
        for (size_t i = 0; i < from->n_applications; i++) {
                const struct config_application *a = &from->applications[i];
                struct config_application *copy = LIST_ADD(to->applications, to->n_applications, to->applications_size);
                if (!copy)
                        return -ENOMEM;
                copy->severity_cap = a->severity_cap;
                copy->overrides = calloc(a->n_overrides + 1, sizeof *copy->overrides);
                if (!copy->overrides || text_replace(&copy->name, a->name) < 0)
                        return -ENOMEM;
                copy->n_overrides = a->n_overrides;
                copy->overrides_size = a->n_overrides + 1;
                memcpy(copy->overrides, a->overrides, a->n_overrides * sizeof *copy->overrides);
        }
        return 0;
}

static int dup_maintenance(const struct config *from, struct config *to) {
        for (size_t i = 0; i < from->n_maintenance; i++) {
                const struct config_maintenance *m = &from->maintenance[i];
                struct config_maintenance *copy = LIST_ADD(to->maintenance, to->n_maintenance, to->maintenance_size);
                if (!copy || text_replace(&copy->name, m->name) < 0 ||
                    text_replace(&copy->applications, m->applications) < 0 ||
                    text_replace(&copy->schedule, m->schedule) < 0)
                        return -ENOMEM;
                copy->when = m->when;
                copy->line = m->line;
        }
        return 0;
}

int config_dup_judging(const struct config *from, struct config **ret) {
        SCOPED(config_free) struct config *c = calloc(1, sizeof *c);
        if (!c || dup_settings(from, c) < 0 || dup_applications(from, c) < 0 || dup_maintenance(from, c) < 0)
                return -ENOMEM;
        c->interval_s = from->interval_s;
        c->settle_s = from->settle_s;
        *ret = TAKE(c);
        return 0;
}

void config_faults_done(struct config_faults *f) {
        buf_done(&f->lines);
}

int config_check_target(const struct config *c, const char *name, struct err *reterr) {
        if (!name)
                return 0;
        SCOPED(free) const char **names = calloc(c->n_targets + 1, sizeof *names);
        if (!names)
                return -ENOMEM;
        for (size_t i = 0; i < c->n_targets; i++) {
                names[i] = c->targets[i].name;
                if (text_same(name, names[i]))
                        return 0;
        }
        const char *meant = text_nearest(name, names, c->n_targets);
        return err_set(reterr, -ENOENT, "there is no target %s: %s%s%s", name,
                       meant ? "did you mean " : "see flinkwatchctl status", text_or_empty(meant), meant ? "?" : "");
}

void config_settings(const struct config *c, size_t diagnoser, const char *application, double *into) {
        memcpy(into, c->diagnosers[diagnoser].settings, param_count(diagnosers[diagnoser]->params) * sizeof *into);
        for (size_t i = 0; i < c->n_applications; i++) {
                const struct config_application *a = &c->applications[i];
                if (!glob_matches(a->name, application))
                        continue;
                for (size_t k = 0; k < a->n_overrides; k++)
                        if (a->overrides[k].diagnoser == diagnoser && a->overrides[k].param != OVERRIDE_ENABLED)
                                into[a->overrides[k].param] = a->overrides[k].value;
        }
}

bool config_is_enabled(const struct config *c, size_t diagnoser, const char *application) {
        bool is_enabled = c->diagnosers[diagnoser].is_enabled;
        for (size_t i = 0; i < c->n_applications; i++) {
                const struct config_application *a = &c->applications[i];
                for (size_t k = 0; k < a->n_overrides; k++)
                        if (a->overrides[k].diagnoser == diagnoser && a->overrides[k].param == OVERRIDE_ENABLED &&
                            glob_matches(a->name, application))
                                is_enabled = a->overrides[k].value != 0;
        }
        return is_enabled;
}

bool config_is_in_maintenance(const struct config *c, const char *application, int64_t at_s) {
        for (size_t i = 0; i < c->n_maintenance; i++)
                if (glob_list_matches(c->maintenance[i].applications, application) &&
                    schedule_contains(&c->maintenance[i].when, at_s))
                        return true;
        return false;
}

enum severity config_severity_cap(const struct config *c, const char *application) {
        enum severity cap = SEVERITY_CRITICAL;
        for (size_t i = 0; i < c->n_applications; i++)
                if (c->applications[i].severity_cap != SEVERITY_CAP_NONE &&
                    glob_matches(c->applications[i].name, application))
                        cap = c->applications[i].severity_cap;
        return cap;
}
