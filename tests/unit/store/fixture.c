/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/fixture.h"

#include <ftw.h>
#include <math.h>
#include <unistd.h>

#include "util/list.h"
#include "util/text.h"

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where) {
        (void)st;
        (void)kind;
        (void)where;
        return remove(path);
}

int fixture_setup(void **state) {
        struct fixture *f = calloc(1, sizeof *f);
        assert_non_null(f);
        snprintf(f->folder, sizeof f->folder, "%s", "/tmp/flinkwatch-store-XXXXXX");
        assert_non_null(mkdtemp(f->folder));
        snprintf(f->path, sizeof f->path, "%s/flinkwatch.db", f->folder);
        struct err err = {0};
        bool was_moved = true;
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_false(was_moved);
        *state = f;
        return 0;
}

int fixture_teardown(void **state) {
        struct fixture *f = *state;
        store_free(f->store);
        nftw(f->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
        free(f);
        return 0;
}

void fixture_reopen(struct fixture *f) {
        struct err err = {0};
        bool was_moved = true;
        store_free(TAKE(f->store));
        if (store_open(f->path, &f->store, &was_moved, &err) < 0)
                fail_msg("%s", err.text);
        assert_false(was_moved);
}

int64_t make_series(struct store *s, const char *application, const char *metric, const char *statistic) {
        int64_t id = 0;
        struct series_key key = {"prod", application, metric, statistic, ""};
        assert_int_equal(store_series(s, &key, &id), 0);
        return id;
}

void put_point(struct store *s, int64_t series, int64_t at_s, double value, int64_t collected_at_s,
               int64_t settled_before_s) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = collected_at_s, .settled_before_s = settled_before_s};
        assert_int_equal(batch_add_point(&b, series, at_s, value), 0);
        assert_int_equal(store_put(s, &b), 0);
}

void put_minutes(struct store *s, int64_t series, int64_t at_s, size_t n, double value) {
        int64_t end_s = at_s + (int64_t)n * 60;
        SCOPED(batch_done) struct batch b = {.collected_at_s = end_s, .settled_before_s = end_s};
        for (size_t i = 0; i < n; i++)
                assert_int_equal(batch_add_point(&b, series, at_s + (int64_t)i * 60, value + (double)i), 0);
        assert_int_equal(batch_add_reading(&b, series, at_s, end_s), 0);
        assert_int_equal(store_put(s, &b), 0);
}

size_t read_samples(struct store *s, int64_t series, int64_t from_s, int64_t to_s, int64_t step_s, size_t max,
                    struct sample *into, size_t size) {
        SCOPED(store_cursor_free) struct store_cursor *c = NULL;
        size_t total = 0, n = 1;
        assert_int_equal(store_samples(s, series, from_s, to_s, step_s, &c), 0);
        while (n > 0) {
                size_t room = size - total < max ? size - total : max;
                assert_true(room > 0);
                assert_int_equal(store_cursor_next(c, into + total, room, &n), 0);
                assert_true(n <= room);
                total += n;
        }
        return total;
}

int64_t read_until(struct store *s, int64_t series) {
        int64_t until_s = -1;
        assert_int_equal(store_read_until(s, series, &until_s), 0);
        return until_s;
}

static char *copy(const char *text) {
        char *made = strdup(text);
        assert_non_null(made);
        return made;
}

void put_application(struct store *s, const char *target, const char *name) {
        SCOPED(batch_done) struct batch b = {.collected_at_s = T0};
        struct application a = {.target = copy(target),
                                .name = copy(name),
                                .status = copy("RUNNING"),
                                .parallelism = 4,
                                .checkpoint_interval_ms = 60000,
                                .is_checkpointing = true,
                                .seen_at_s = T0};
        assert_int_equal(batch_add_application_take(&b, &a), 0);
        assert_int_equal(store_put(s, &b), 0);
}

static void add_lists(struct incident *i) {
        struct finding *f = &i->finding;
        struct evidence *e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
        *e = (struct evidence){.kind = "metric",
                               .metric = copy("fullRestarts"),
                               .statistic = copy("Maximum"),
                               .at_s = T0 + 60,
                               .value = 17.25,
                               .threshold = NAN};
        e = LIST_ADD(f->evidence, f->n_evidence, f->evidence_size);
        *e = (struct evidence){.kind = "log",
                               .at_s = T0 + 61,
                               .value = NAN,
                               .threshold = 3,
                               .text = copy("java.io.IOException: gone")};
        char **advice = LIST_ADD(f->advice, f->n_advice, f->advice_size);
        *advice = copy("Roll back to version 41");
        advice = LIST_ADD(f->advice, f->n_advice, f->advice_size);
        *advice = copy("Then mend the parser");
        struct symptom *symptom = LIST_ADD(f->symptoms, f->n_symptoms, f->symptoms_size);
        *symptom = (struct symptom){copy("checkpoints fail"), copy("no task is there to answer")};
        struct suppressed *suppressed = LIST_ADD(i->suppressed, i->n_suppressed, i->suppressed_size);
        *suppressed = (struct suppressed){copy("downtime"), copy("a subject"), T0 + 30};
}

struct incident make_incident(const char *application, const char *diagnoser, int64_t at_s) {
        struct incident i = {
                .target = copy("prod"),
                .application = copy(application),
                .application_arn = copy("arn:aws:kinesisanalytics:eu-west-1:111122223333:application/x"),
                .opened_at_s = at_s,
                .updated_at_s = at_s,
                .announced_severity = SEVERITY_WARNING,
                .returns = 2,
                .finding = {.diagnoser = diagnoser,
                            .severity = SEVERITY_CRITICAL,
                            .confidence = CONFIDENCE_HIGH,
                            .onset_s = at_s - 600},
        };
        i.finding.title = copy("restarts every minute");
        i.finding.summary = copy("It has restarted 17 times.");
        i.finding.root_cause = malloc(sizeof *i.finding.root_cause);
        assert_non_null(i.finding.root_cause);
        *i.finding.root_cause = (struct root_cause){.role = "trigger",
                                                    .category = "bad_record",
                                                    .message = copy("no field id"),
                                                    .attempt = -1,
                                                    .first_fault_at_s = at_s - 601};
        add_lists(&i);
        return i;
}

void apply_event(struct store *s, struct incident *i, enum incident_event event, int64_t at_s,
                 const char *const *notifiers) {
        SCOPED(transitions_done) struct transitions t = {.at_s = at_s};
        if (event != EVENT_NONE)
                i->revision++;
        struct transition *item = transitions_add(&t, event, i);
        assert_non_null(item);
        for (; notifiers && *notifiers; notifiers++) {
                char **slot = LIST_ADD(item->notifiers, item->n_notifiers, item->notifiers_size);
                *slot = copy(*notifiers);
        }
        assert_int_equal(store_apply(s, &t), 0);
        i->id = t.items[0].incident.id;
        assert_true(i->id > 0);
}

int64_t take_first(struct store *s, const char *notifier, struct delivery *ret) {
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        assert_int_equal(store_list_waiting(s, notifier, &rows), 0);
        if (rows.n_rows == 0)
                return 0;
        assert_int_equal(store_take_delivery(s, &rows.rows[0].id, 1, ret), 0);
        return ret->id;
}
