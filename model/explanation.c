/* SPDX-License-Identifier: Apache-2.0 */
#include "model/finding.h"

#include <stdlib.h>

void explanation_done(struct explanation *v) {
        free(v->target);
        free(v->application);
        finding_done(&v->report);
        *v = (struct explanation){0};
}

const struct explanation *window_explanation(const struct window *w, int64_t onset_s) {
        const struct explanation *best = NULL;
        int64_t best_s = EXPLANATION_NEAR_S + 1;
        for (size_t i = 0; i < w->n_explanations; i++) {
                const struct explanation *v = &w->explanations[i];
                int64_t apart_s = llabs(v->onset_s - onset_s);
                if (apart_s < best_s || (best && apart_s == best_s && v->made_at_s > best->made_at_s)) {
                        best = v;
                        best_s = apart_s;
                }
        }
        return best;
}
