/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration's life and what is asked of it; config_file.c reads the file, config_finish.c completes it. */
#include "daemon/config.h"

#include <string.h>

#include "util/glob.h"
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

void config_faults_done(struct config_faults *f) {
        buf_done(&f->lines);
}

void config_settings(const struct config *c, size_t diagnoser, const char *application, double *into) {
        memcpy(into, c->diagnosers[diagnoser].settings, param_count(diagnosers[diagnoser]->params) * sizeof *into);
        for (size_t i = 0; i < c->n_applications; i++) {
                const struct config_application *a = &c->applications[i];
                if (!glob_matches(a->name, application))
                        continue;
                for (size_t k = 0; k < a->n_overrides; k++)
                        if (a->overrides[k].diagnoser == diagnoser)
                                into[a->overrides[k].param] = a->overrides[k].value;
        }
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
