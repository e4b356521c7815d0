/* SPDX-License-Identifier: Apache-2.0 */
/* Asks a real store as the daemon's server would, and looks into the answers. */
#pragma once

#include <cjson/cJSON.h>

#include "rpc/rpc.h"
#include "tests/unit/store/fixture.h"

enum { NOW = T0 + 86400 };

struct asked {
        size_t n_steps, largest_piece_bytes;
        double cpu_ms, longest_step_ms; /* of all steps, of one */
};

/* What the daemon's actions were called with. */
struct done {
        int n_polls, n_reloads, n_acknowledged;
        int64_t id;
        char by[64], comment[64];
        char target[64];
        const char *refusal; /* not NULL: they fail with it */
        const char *left;    /* a target, an application or a notifier that the configuration has no more */
};
extern struct done done;
extern struct asked asked;

/* What each target and each application asks for: metrics an hour in two tiers, the stretch, the budget. */
void set_forecast(double sentinels, double diagnosis, double stretch_sentinels, double stretch_others,
                  double budget_usd);

/* Over that store, with actions that note what they are asked. */
struct rpc_host test_host(struct store *s);
/* The whole answer with its newline, "" when there is none; for the caller to free. */
char *ask_line(struct store *s, enum rpc_access access, struct span line);
/* The "result" of a method, for cJSON_Delete; params are JSON text, NULL for none. Fails the test on an error. */
cJSON *ask(struct store *s, const char *method, const char *params);
/* Fails the test unless the method answers that code and a message which contains `text`. */
void ask_refused(struct store *s, enum rpc_access access, const char *method, const char *params, int code,
                 const char *text);
/* The same for a whole line. */
void line_refused(struct store *s, const char *line, int code, const char *text);

const char *text_at(const cJSON *object, const char *name);
double number_at(const cJSON *object, const char *name);
const cJSON *at(const cJSON *object, const char *name);
