/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents: copy 0 is how one stands; each event that is told freezes a copy under its revision, which is what is delivered however
 * late a delivery gets through. */
#include <errno.h>

#include "store/inner.h"
#include "util/list.h"
#include "util/text.h"

static const struct column incident_columns[] = {
        COLUMN(incident, revision, INT64),
        COLUMN(incident, target, TEXT),
        COLUMN(incident, application, TEXT),
        COLUMN(incident, application_arn, TEXT),
        COLUMN(incident, state, ENUM),
        COLUMN(incident, opened_at_s, INT64),
        COLUMN(incident, updated_at_s, INT64),
        COLUMN(incident, acknowledged_at_s, INT64),
        COLUMN(incident, resolved_at_s, INT64),
        COLUMN(incident, absent_since_s, INT64),
        COLUMN(incident, returns, INT64),
        COLUMN(incident, announced_severity, ENUM),
        COLUMN(incident, is_quiet, BOOL),
        COLUMN(incident, told_at_s, INT64),
        COLUMN(incident, acknowledged_by, TEXT),
        COLUMN(incident, comment, TEXT),
        {"diagnoser", COLUMN_WORD, offsetof(struct incident, finding.diagnoser)},
        {"subject", COLUMN_TEXT, offsetof(struct incident, finding.subject)},
        {"severity", COLUMN_ENUM, offsetof(struct incident, finding.severity)},
        {"confidence", COLUMN_ENUM, offsetof(struct incident, finding.confidence)},
        {"onset_s", COLUMN_INT64, offsetof(struct incident, finding.onset_s)},
        {"is_expected", COLUMN_BOOL, offsetof(struct incident, finding.is_expected)},
        {"title", COLUMN_TEXT, offsetof(struct incident, finding.title)},
        {"summary", COLUMN_TEXT, offsetof(struct incident, finding.summary)},
        {0},
};

static const struct column evidence_columns[] = {
        COLUMN(evidence, kind, WORD),        COLUMN(evidence, metric, TEXT), COLUMN(evidence, statistic, TEXT),
        COLUMN(evidence, dimensions, TEXT),  COLUMN(evidence, at_s, INT64),  COLUMN(evidence, value, DOUBLE),
        COLUMN(evidence, threshold, DOUBLE), COLUMN(evidence, text, TEXT),   {0},
};

static const struct column advice_columns[] = {{"text", COLUMN_TEXT, 0}, {0}};

static const struct column symptom_columns[] = {COLUMN(symptom, text, TEXT), COLUMN(symptom, relation, TEXT), {0}};

static const struct column suppressed_columns[] = {COLUMN(suppressed, diagnoser, TEXT),
                                                   COLUMN(suppressed, subject, TEXT),
                                                   COLUMN(suppressed, since_s, INT64),
                                                   {0}};

static const struct column root_cause_columns[] = {
        COLUMN(root_cause, role, WORD),
        COLUMN(root_cause, category, WORD),
        COLUMN(root_cause, exception_class, TEXT),
        COLUMN(root_cause, message, TEXT),
        COLUMN(root_cause, frame, TEXT),
        COLUMN(root_cause, task, TEXT),
        COLUMN(root_cause, attempt, INT64),
        COLUMN(root_cause, first_fault_at_s, INT64),
        COLUMN(root_cause, last_healthy_at_s, INT64),
        COLUMN(root_cause, pivot, TEXT),
        COLUMN(root_cause, fingerprint, TEXT),
        COLUMN(root_cause, reason, TEXT),
        COLUMN(root_cause, completeness, TEXT),
        COLUMN(root_cause, deploy, TEXT),
        COLUMN(root_cause, recoverability, TEXT),
        {"escape_way", COLUMN_TEXT, offsetof(struct root_cause, escape)}, /* ESCAPE is a word of SQL */
        COLUMN(root_cause, seen_before, TEXT),
        {0},
};

static const char child_keys[] = "incident, copy, position";

int incidents_init(struct store *s) {
        int r = record_init(&s->incident, "incident", "id, copy", incident_columns);
        if (r == 0)
                r = record_init(&s->evidence, "evidence", child_keys, evidence_columns);
        if (r == 0)
                r = record_init(&s->advice, "advice", child_keys, advice_columns);
        if (r == 0)
                r = record_init(&s->symptom, "symptom", child_keys, symptom_columns);
        if (r == 0)
                r = record_init(&s->suppressed, "suppressed", child_keys, suppressed_columns);
        if (r == 0)
                r = record_init(&s->root_cause, "root_cause", child_keys, root_cause_columns);
        return r;
}

void incidents_done(struct store *s) {
        record_done(&s->incident);
        record_done(&s->evidence);
        record_done(&s->advice);
        record_done(&s->symptom);
        record_done(&s->suppressed);
        record_done(&s->root_cause);
}

/* The members of an incident that are lists, and where each is kept. The root cause is a list of none or one. */
struct list {
        const struct record *record;
        void **items;
        size_t *n_items, *size, bytes;
        size_t n_root_causes, root_cause_size;
};

enum { REPORT_LISTS = 4, LISTS };

static void report_lists(struct store *s, struct finding *f, struct list lists[REPORT_LISTS]) {
        lists[0] = (struct list){
                &s->evidence, (void **)&f->evidence, &f->n_evidence, &f->evidence_size, sizeof *f->evidence, 0, 0};
        lists[1] = (struct list){&s->advice, (void **)&f->advice, &f->n_advice, &f->advice_size, sizeof *f->advice, 0,
                                 0};
        lists[2] = (struct list){
                &s->symptom, (void **)&f->symptoms, &f->n_symptoms, &f->symptoms_size, sizeof *f->symptoms, 0, 0};
        lists[3] = (struct list){.record = &s->root_cause,
                                 .items = (void **)&f->root_cause,
                                 .bytes = sizeof *f->root_cause,
                                 .n_root_causes = f->root_cause != NULL};
        lists[3].n_items = &lists[3].n_root_causes;
        lists[3].size = &lists[3].root_cause_size;
}

static void lists_of(struct store *s, struct incident *i, struct list lists[LISTS]) {
        report_lists(s, &i->finding, lists);
        lists[4] = (struct list){&s->suppressed,
                                 (void **)&i->suppressed,
                                 &i->n_suppressed,
                                 &i->suppressed_size,
                                 sizeof *i->suppressed,
                                 0,
                                 0};
}

static int clear_list(struct db *db, const struct record *record, int64_t id, int64_t copy) {
        char sql[128];
        snprintf(sql, sizeof sql, "DELETE FROM %s WHERE incident = ?1 AND copy = ?2", record->table);
        return db_run(db, sql, "ii", id, copy);
}

static int save_lists(struct store *s, const struct list *lists, size_t n_lists, int64_t id, int64_t copy) {
        int64_t keys[] = {id, copy, 0};
        int r = 0;
        for (size_t l = 0; l < n_lists && r == 0; l++) {
                r = clear_list(&s->db, lists[l].record, id, copy);
                for (size_t k = 0; k < *lists[l].n_items && r == 0; k++) {
                        keys[2] = (int64_t)k;
                        r = record_put(&s->db, lists[l].record, keys,
                                       (const char *)*lists[l].items + k * lists[l].bytes);
                }
        }
        return r;
}

int incident_save(struct store *s, struct incident *i, int64_t copy) {
        struct list lists[LISTS];
        int64_t keys[] = {i->id, copy};
        lists_of(s, i, lists);
        int r = record_put(&s->db, &s->incident, keys, i);
        return r == 0 ? save_lists(s, lists, LISTS, i->id, copy) : r;
}

int report_save(struct store *s, struct finding *report, int64_t id) {
        struct list lists[REPORT_LISTS];
        report_lists(s, report, lists);
        return save_lists(s, lists, REPORT_LISTS, id, 0);
}

static int load_list(struct store *s, const struct list *l, int64_t id, int64_t copy) {
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, l->record, "WHERE incident = ?1 AND copy = ?2 ORDER BY position", "ii", id,
                             copy);
        while (r == 0 && (r = db_step(&s->db, row)) == 1) {
                void *item = list_add(l->items, l->n_items, l->size, l->bytes);
                r = item ? record_read(l->record, row, &s->words, item) : -ENOMEM;
                if (r < 0)
                        return store_no_memory(s);
        }
        return r;
}

static int load_lists(struct store *s, const struct list *lists, size_t n_lists, int64_t id, int64_t copy) {
        int r = 0;
        for (size_t l = 0; l < n_lists && r == 0; l++)
                r = load_list(s, &lists[l], id, copy);
        return r;
}

int report_load(struct store *s, int64_t id, struct finding *report) {
        struct list lists[REPORT_LISTS];
        report_lists(s, report, lists);
        return load_lists(s, lists, REPORT_LISTS, id, 0);
}

int incident_load_head(struct store *s, int64_t id, int64_t copy, struct incident *ret) {
        SCOPED(incident_done) struct incident i = {.id = id};
        SCOPED(db_release) sqlite3_stmt *row = NULL;
        int r = record_query(&s->db, &row, &s->incident, "WHERE id = ?1 AND copy = ?2", "ii", id, copy);
        if (r == 0)
                r = db_step(&s->db, row);
        if (r <= 0)
                return r < 0 ? r : 1;
        if (record_read(&s->incident, row, &s->words, &i) < 0)
                return store_no_memory(s);
        *ret = i;
        i = (struct incident){0};
        return 0;
}

int incident_load(struct store *s, int64_t id, int64_t copy, struct incident *ret) {
        SCOPED(incident_done) struct incident i = {0};
        struct list lists[LISTS];
        int r = incident_load_head(s, id, copy, &i);
        if (r != 0)
                return r;
        lists_of(s, &i, lists);
        r = load_lists(s, lists, LISTS, id, copy);
        if (r < 0)
                return r;
        *ret = i;
        i = (struct incident){0};
        return 0;
}
