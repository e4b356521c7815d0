/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/ledger.h"

#include <errno.h>

#include "util/list.h"

void ledger_done(struct ledger *l) {
        incident_rows_done(&l->incidents);
        free(l->is_unsaved);
        *l = (struct ledger){0};
}

int ledger_fill(struct ledger *l, struct incident_rows *rows) {
        bool *is_unsaved = calloc(rows->n_rows + 1, sizeof *is_unsaved);
        if (!is_unsaved)
                return -ENOMEM;
        incident_rows_done(&l->incidents);
        free(l->is_unsaved);
        l->incidents = *rows;
        *rows = (struct incident_rows){0};
        l->is_unsaved = is_unsaved;
        l->n_is_unsaved = l->incidents.n_rows;
        l->is_unsaved_size = l->incidents.n_rows + 1;
        return 0;
}

int ledger_at(const struct ledger *l, int64_t at_s, int64_t since_s, struct incident **ret, size_t *ret_n) {
        struct incident *view = calloc(l->incidents.n_rows + 1, sizeof *view);
        size_t n = 0;
        if (!view)
                return -ENOMEM;
        for (size_t i = 0; i < l->incidents.n_rows; i++) {
                const struct incident *row = &l->incidents.rows[i];
                if (row->opened_at_s > at_s || (row->resolved_at_s > 0 && row->resolved_at_s < since_s))
                        continue;
                view[n] = *row;
                if (view[n].resolved_at_s > at_s) {
                        view[n].resolved_at_s = 0;
                        view[n].state = view[n].acknowledged_at_s > 0 ? INCIDENT_ACKNOWLEDGED : INCIDENT_OPEN;
                }
                n++;
        }
        *ret = view;
        *ret_n = n;
        return 0;
}

static size_t find(const struct ledger *l, int64_t id) {
        size_t i = 0;
        while (i < l->incidents.n_rows && l->incidents.rows[i].id != id)
                i++;
        return i;
}

static int add(struct ledger *l) {
        bool *slot = LIST_ADD(l->is_unsaved, l->n_is_unsaved, l->is_unsaved_size);
        if (!slot)
                return -ENOMEM;
        if (LIST_ADD(l->incidents.rows, l->incidents.n_rows, l->incidents.rows_size))
                return 0;
        l->n_is_unsaved--;
        return -ENOMEM;
}

int ledger_note(struct ledger *l, struct transitions *t, bool is_saved) {
        for (size_t i = 0; i < t->n_items; i++) {
                struct incident fresh;
                if (t->items[i].incident.id == 0)
                        t->items[i].incident.id = ++l->next_id;
                size_t k = find(l, t->items[i].incident.id);
                if (k == l->incidents.n_rows && add(l) < 0)
                        return -ENOMEM;
                if (incident_dup(&t->items[i].incident, &fresh) < 0)
                        return -ENOMEM;
                incident_done(&l->incidents.rows[k]);
                l->incidents.rows[k] = fresh;
                l->is_unsaved[k] = !is_saved;
        }
        return 0;
}

static bool speaks_of(const struct transitions *t, int64_t id) {
        for (size_t i = 0; i < t->n_items; i++)
                if (t->items[i].incident.id == id)
                        return true;
        return false;
}

int ledger_unsaved(const struct ledger *l, struct transitions *t) {
        for (size_t i = 0; i < l->incidents.n_rows; i++)
                if (l->is_unsaved[i] && !speaks_of(t, l->incidents.rows[i].id) &&
                    !transitions_add(t, EVENT_NONE, &l->incidents.rows[i]))
                        return -ENOMEM;
        return 0;
}
