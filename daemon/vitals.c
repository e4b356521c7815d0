/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/vitals.h"

#include <stdlib.h>
#include <string.h>

#include "util/list.h"

static struct vitals_target *target_of(struct vitals *v, const char *name) {
        for (size_t i = 0; v && i < v->n_targets; i++)
                if (strcmp(v->targets[i].name, name) == 0)
                        return &v->targets[i];
        char *copy = v ? strdup(name) : NULL;
        struct vitals_target *t = copy ? LIST_ADD(v->targets, v->n_targets, v->targets_size) : NULL;
        if (t)
                t->name = copy;
        else
                free(copy);
        return t;
}

void vitals_round(struct vitals *v, const char *target, bool was_read, double took_s) {
        struct vitals_target *t = target_of(v, target);
        if (!t)
                return;
        *(was_read ? &t->n_good : &t->n_bad) += 1;
        t->last_round_s = took_s;
}

void vitals_skip(struct vitals *v, const char *target) {
        struct vitals_target *t = target_of(v, target);
        if (t)
                t->n_skipped++;
}

void vitals_attempt(struct vitals *v, const char *notifier, enum outcome outcome) {
        size_t i = 0;
        while (v && i < v->n_notifiers && strcmp(v->notifiers[i].name, notifier) != 0)
                i++;
        if (v && i == v->n_notifiers) {
                char *copy = strdup(notifier);
                struct vitals_notifier *n = copy ? LIST_ADD(v->notifiers, v->n_notifiers, v->notifiers_size) : NULL;
                if (!n) {
                        free(copy);
                        return;
                }
                n->name = copy;
        }
        if (v)
                v->notifiers[i].n_outcomes[outcome]++;
}

void vitals_done(struct vitals *v) {
        for (size_t i = 0; i < v->n_targets; i++)
                free(v->targets[i].name);
        for (size_t i = 0; i < v->n_notifiers; i++)
                free(v->notifiers[i].name);
        free(v->targets);
        free(v->notifiers);
        *v = (struct vitals){0};
}
