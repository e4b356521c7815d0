/* SPDX-License-Identifier: Apache-2.0 */
/* kill -9 of a process that appends, folds and forgets samples: what a put had reported stored must be there. */
#pragma once

#include <stdint.h>

enum kill_phase { KILL_APPENDING, KILL_FOLDING, KILL_RETENTION, KILL_PHASES };

struct killing {
        int64_t n_kills[KILL_PHASES]; /* by what the process was at */
        int64_t n_minutes;            /* that were stored of each series */
        int64_t n_checked;            /* samples that were read back and compared */
        char fault[200];              /* what was lost or wrong; "": nothing */
};

/* Kills n processes that work on the database at `path`, each at a random moment of a phase that is chosen at random, and looks at all
 * that is stored after each. 0, or -1: see ret->fault. */
int killing_run(const char *path, int n, unsigned seed, struct killing *ret);
