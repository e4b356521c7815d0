/* SPDX-License-Identifier: Apache-2.0 */
/* How long one cycle's diagnosis of 10,000 applications takes one core. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "diagnosers/diagnosers.h"
#include "tests/unit/diagnosers/scenario.h"

enum { BASE_S = 1767225600, APPLICATIONS = 10000, DAYS = 15 };

static double seconds(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cost_s[64];

/* All diagnosers on the timeline as it stands at now_s. */
static size_t judge(const struct scenario *s, int64_t now_s) {
        struct series_view views[SERIES_MAX];
        double settings[16];
        struct findings findings = {0};
        for (size_t i = 0; i < s->n_tracks; i++) {
                const struct track *t = &s->tracks[i];
                views[i] = (struct series_view){t->metric,    t->dimensions,           t->samples,
                                                t->n_samples, s->base_s + now_s - 120, false};
                views[i].n_samples = series_from(&views[i], s->base_s + now_s - 120);
        }
        struct window w = {.now_s = s->base_s + now_s,
                           .from_s = s->base_s,
                           .to_s = s->base_s + now_s - 120,
                           .application = &s->application,
                           .series = views,
                           .n_series = s->n_tracks};
        for (size_t i = 0; diagnosers[i]; i++) {
                for (size_t k = 0; k < param_count(diagnosers[i]->params); k++)
                        settings[k] = diagnosers[i]->params[k].standard;
                double before_s = getenv("BENCH_EACH") ? seconds() : 0;
                if (diagnosers[i]->judge(&w, settings, &findings) < 0)
                        abort();
                if (before_s > 0)
                        cost_s[i] += seconds() - before_s;
        }
        size_t n = findings.n_items;
        findings_done(&findings);
        return n;
}

static struct scenario *load(const char *name) {
        char path[512];
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        snprintf(path, sizeof path, "%s/tests/bench/%s.json", folder ? folder : ".", name);
        return scenario_load(path, BASE_S);
}

int main(void) {
        struct scenario *kinds[] = {load("diagnose-healthy"), load("diagnose-tasks"), load("diagnose-loop")};
        size_t n_findings = 0;
        double began_s = seconds();
        for (size_t i = 0; i < APPLICATIONS; i++)
                /* One in fifty is in trouble; different instants, so that no two windows are the same. */
                n_findings += judge(kinds[i % 50 == 0 ? 2 : i % 4 == 0], (DAYS - 4) * 86400 + (int64_t)(i % 5000) * 60);
        double took_s = seconds() - began_s;
        printf("diagnose  %d applications, %zu findings: %.2f s of one core (bar 2 s): %s\n", APPLICATIONS, n_findings,
               took_s, took_s < 2 ? "met" : "missed");
        for (size_t i = 0; getenv("BENCH_EACH") && diagnosers[i]; i++)
                printf("    %-22s %7.2f us\n", diagnosers[i]->name, cost_s[i] / APPLICATIONS * 1e6);
        for (size_t i = 0; i < 3; i++)
                scenario_free(kinds[i]);
        return 0;
}
