/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that change or restart the job, as the context of what is found. Operations that lie in the future of w->now_s (a replay has
 * them) are not there yet, and those that end in it are still running. */
#pragma once

#include "model/finding.h"

enum { CHANGE_TEXT_MAX = 160, SETTLING_S = 300 };

/* Whether the application's status says that the service is changing it. */
bool application_is_changing(const struct application *a);
/* Whether something at at_s is an expected effect of an operation: within it or settling_s after. An operation that does not end excuses
 * 15 minutes. *ret (may be NULL) is the operation, NULL when only the status tells of one. */
bool change_explains(const struct window *w, int64_t at_s, int64_t settling_s, const struct operation **ret);
/* The newest change that began at or before at_s and ended no more than within_s before it; NULL when there is none. */
const struct operation *change_before(const struct window *w, int64_t at_s, int64_t within_s);
/* When it ended, as known at now_s; 0: not yet. */
int64_t change_ended_s(const struct window *w, const struct operation *o);
/* Whether the job restarted, or was changed, within the half hour before: it is restoring and catching up, and its load is not its usual one. */
bool job_is_catching_up(const struct window *w, int64_t at_s);
/* Restarts in the last span_s that were read, by the counter or the falls of the running time. */
double job_restarts(const struct window *w, int64_t span_s);
enum {
        LOOP_RESTARTS = 3
}; /* within ten minutes: a loop is about to be seen as one, and what follows from it waits for its name */
/* Whether the job has not been up for some minutes, as far as its running time tells. */
bool job_is_unsettled(const struct window *w);
/* The snapshot that is being created: the application may not be stopped before it is done. NULL: none. */
const struct snapshot *snapshot_in_creation(const struct window *w);
/* Advises to wait for it with anything that stops the application. False, and no advice, when there is none. */
bool advise_waiting_for_snapshot(const struct window *w, struct findings *out, struct finding *f);
/* Whether it replaced a version, which RollbackApplication can bring back: a start, a scaling or maintenance does not. */
bool change_brought_version(const struct operation *o);
/* "UpdateApplication (version 41 -> 42)" */
void change_text(const struct operation *o, char to[CHANGE_TEXT_MAX]);
