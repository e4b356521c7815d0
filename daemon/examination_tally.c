/* SPDX-License-Identifier: Apache-2.0 */
/* What became of each action of a trial: how often it was answered, how often not, and a line about that. */
#include <errno.h>
#include <string.h>

#include "daemon/examination_inner.h"
#include "util/text.h"

/* "kinesisanalytics:ListApplications" of operation ListApplications */
static bool is_of(const char *action, const char *operation) {
        const char *colon = strchr(action, ':');
        return colon && strcmp(colon + 1, operation) == 0;
}

/* A service that says that what is named does not exist has let us ask. */
static bool was_allowed(int result) {
        return result == 0 || result == -ENOENT;
}

static void note_failure(struct examination *x, struct tally *tally, const struct examined *e, const struct err *err) {
        if (tally->n_bad++ > 0)
                return;
        tally->err = *err;
        if (text_replace(&tally->application, e ? e->name : NULL) < 0 ||
            text_replace(&tally->log_group, e ? e->facts.log_group : NULL) < 0)
                x->lines.failed = -ENOMEM;
}

void tallies_note(struct examination *x, const struct collector *c, const struct examined *asked_of,
                  const struct probe_result *r) {
        static const char stopped[] = "what comes before it failed", nothing[] = "there is nothing to ask about";
        for (size_t i = 0; i < TALLIES_MAX && c->actions[i]; i++) {
                struct tally *tally = &x->tallies[i];
                bool was_asked = false, is_last = false;
                for (size_t k = 0; k < r->n_asked; k++)
                        if (is_of(c->actions[i], r->asked[k])) {
                                was_asked = true;
                                is_last = k + 1 == r->n_asked;
                        }
                if (!was_asked)
                        tally->why_not = r->result < 0 ? stopped : nothing;
                else if (is_last && !was_allowed(r->result))
                        note_failure(x, tally, asked_of, r->err);
                else
                        tally->n_good++;
        }
}

/* What the statement that mends it is about. */
static const char *name_of(const char *action, const struct tally *tally) {
        return strncmp(action, "logs:", 5) == 0 ? tally->log_group : tally->application;
}

static void say_tally(struct examination *x, const char *service, const char *action, const struct tally *tally) {
        if (tally->n_bad > 0) {
                SCOPED(free) char *mend = examination_mend(x, action, &tally->err, service, name_of(action, tally));
                bool may_pass = tally->err.code == -EAGAIN;
                doctor_say(&x->lines, may_pass ? VERDICT_WARNING : VERDICT_FAILED, action, tally->application, mend,
                           "%s%s", tally->err.text, tally->n_good > 0 ? " (others were answered)" : "");
        } else if (tally->n_good > 1) {
                doctor_say(&x->lines, VERDICT_OK, action, NULL, NULL, "answered for %zu applications", tally->n_good);
        } else if (tally->n_good == 1) {
                doctor_say(&x->lines, VERDICT_OK, action, NULL, NULL, "answered");
        } else {
                doctor_say(&x->lines, VERDICT_SKIPPED, action, NULL, NULL, "not tried: %s",
                           tally->why_not ? tally->why_not : "no application is known to ask about");
        }
}

void tallies_clear(struct examination *x) {
        for (size_t i = 0; i < TALLIES_MAX; i++) {
                free(x->tallies[i].application);
                free(x->tallies[i].log_group);
                x->tallies[i] = (struct tally){0};
        }
}

void tallies_say(struct examination *x, const struct collector *c, const char *service) {
        for (size_t i = 0; i < TALLIES_MAX && c->actions[i]; i++)
                say_tally(x, service, c->actions[i], &x->tallies[i]);
        tallies_clear(x);
}
