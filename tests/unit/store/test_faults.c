/* SPDX-License-Identifier: Apache-2.0 */
/* Each allocation (the store's and SQLite's) and each call to the disk fails once: the operation says so, nothing of it is there, and
 * when it is tried again all of it is. */
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "tests/unit/collectors/out_of_memory.h"
#include "tests/unit/store/broken_disk.h"
#include "tests/unit/store/fixture.h"

enum { SERIES = 40, MINUTES = 1600, NOW = T0 + MINUTES * 60, TRIES_MAX = 20000 };

enum fault { FAULT_MEMORY, FAULT_DISK, FAULT_DISK_FULL };

static enum fault armed;

static void fail_at(enum fault fault, size_t n) {
        armed = fault;
        if (fault == FAULT_MEMORY)
                memory_fail_at(n);
        else
                disk_fail_at(n, fault == FAULT_DISK_FULL);
}

static bool has_failed(void) {
        return armed == FAULT_MEMORY ? memory_has_failed() : disk_has_failed();
}

static int64_t ids[SERIES];

static double value_at(size_t series, int64_t minute) {
        return series % 2 ? (double)minute / 3 : (double)(minute % 7);
}

static int open_series(struct store *s) {
        for (size_t i = 0; i < SERIES; i++) {
                char name[32];
                snprintf(name, sizeof name, "metric%zu", i);
                struct series_key key = {"prod", "orders", name, "Maximum", ""};
                int r = store_series(s, &key, &ids[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int put(struct store *s, int64_t from, int64_t to) {
        SCOPED(batch_done)
        struct batch b = {
                .collected_at_s = T0 + to * 60, .settled_before_s = T0 + to * 60, .metrics_requested = SERIES};
        struct application a = {.target = strdup("prod"), .name = strdup("orders"), .status = strdup("RUNNING")};
        int r = a.target && a.name && a.status ? 0 : -ENOMEM;
        if (r < 0)
                application_done(&a);
        else
                r = batch_add_application_take(&b, &a);
        for (size_t i = 0; i < SERIES && r == 0; i++) {
                for (int64_t m = from; m < to && r == 0; m++)
                        r = batch_add_point(&b, ids[i], T0 + m * 60, value_at(i, m));
                if (r == 0)
                        r = batch_add_reading(&b, ids[i], T0 + from * 60, T0 + to * 60);
        }
        return r < 0 ? r : store_put(s, &b);
}

/* A day and some hours, folded as they come, the last of them not yet. */
static void make_base(const char *path) {
        struct store *s = NULL;
        assert_int_equal(store_open(path, &s, NULL, NULL), 0);
        assert_int_equal(open_series(s), 0);
        for (int64_t m = 0; m < MINUTES - 10; m += 10) {
                assert_int_equal(put(s, m, m + 10), 0);
                while (m < 1440 && store_maintain(s, T0 + m * 60) == 1)
                        ;
        }
        store_free(s);
}

static void copy_file(const char *from, const char *to) {
        static char bytes[1 << 16];
        SCOPED(close) int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_true(in >= 0 && out >= 0);
        for (ssize_t n; (n = read(in, bytes, sizeof bytes)) > 0;)
                assert_int_equal(write(out, bytes, (size_t)n), n);
}

/* The operations, each over a store that holds the base. 0 or -errno. */

static int do_put(struct store *s) {
        return put(s, MINUTES - 10, MINUTES);
}

static int do_maintain(struct store *s) {
        int r;
        while ((r = store_maintain(s, NOW + 7200)) == 1)
                ;
        return r;
}

/* Made before anything fails: what is tested is the store. */
static struct transitions opened;

static void make_transitions(void) {
        SCOPED(incident_done) struct incident i = make_incident("orders", "restart_loop", NOW);
        i.revision = 1;
        transitions_done(&opened);
        opened.at_s = NOW;
        struct transition *item = transitions_add(&opened, EVENT_OPENED, &i);
        assert_non_null(item);
        item->notifiers = calloc(1, sizeof *item->notifiers);
        item->notifiers[0] = strdup("oncall");
        item->n_notifiers = item->notifiers_size = 1;
}

static int do_apply(struct store *s) {
        int r = store_apply(s, &opened);
        assert_true(r == 0 ? opened.items[0].incident.id > 0 : opened.items[0].incident.id == 0);
        return r;
}

static int do_deliver(struct store *s) {
        SCOPED(delivery_done) struct delivery d = {0};
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        int r = store_list_waiting(s, "oncall", &rows);
        if (r < 0 || rows.n_rows == 0)
                return r;
        r = store_take_delivery(s, &rows.rows[0].id, 1, &d);
        return r == 0 ? store_settle_delivery(s, d.id, OUTCOME_DELIVERED, NOW, 0, NULL) : r;
}

/* Taken to be sent, and not settled. */
static int do_page(struct store *s) {
        SCOPED(delivery_done) struct delivery d = {0};
        SCOPED(waiting_rows_done) struct waiting_rows rows = {0};
        int r = store_list_waiting(s, "oncall", &rows);
        if (r == 0)
                r = store_mark_told(s, "oncall", &rows);
        return r < 0 || rows.n_rows == 0 ? r : store_take_page(s, &rows.rows[0].id, 1, &d);
}

static int do_window(struct store *s) {
        SCOPED(window_free) struct window *w = NULL;
        const struct window_need needs[] = {{.metric = metric_find("uptime", NULL), .span_s = 86400}};
        struct window_spec spec = {.target = "prod",
                                   .application = "orders",
                                   .now_s = NOW,
                                   .settled_before_s = NOW,
                                   .needs = needs,
                                   .n_needs = 1};
        return store_read_window(s, &spec, &w);
}

static int do_list(struct store *s) {
        SCOPED(incident_rows_done) struct incident_rows incidents = {0};
        SCOPED(series_rows_done) struct series_rows series = {0};
        SCOPED(application_rows_done) struct application_rows applications = {0};
        SCOPED(target_states_done) struct target_states targets = {0};
        SCOPED(notifier_states_done) struct notifier_states notifiers = {0};
        SCOPED(timeline_rows_done) struct timeline_rows timeline = {0};
        struct incident_filter all = {0};
        int r = store_list_incidents(s, &all, &incidents);
        if (r == 0)
                r = store_list_series(s, NULL, NULL, &series);
        if (r == 0)
                r = store_list_applications(s, NULL, &applications);
        if (r == 0)
                r = store_list_targets(s, &targets);
        if (r == 0)
                r = store_list_notifiers(s, &notifiers);
        return r == 0 ? store_timeline(s, 1, &timeline) : r;
}

static int do_read(struct store *s) {
        SCOPED(store_cursor_free) struct store_cursor *c = NULL;
        struct sample samples[500];
        size_t n = 1;
        int r = store_samples(s, ids[3], T0, NOW, 3600, &c);
        while (r == 0 && n > 0)
                r = store_cursor_next(c, samples, ELEMENTS(samples), &n);
        return r;
}

static int do_retain(struct store *s) {
        int r;
        while ((r = store_retain(s, T0)) == 1)
                ;
        return r;
}

static int (*const operations[])(struct store *s) = {do_put,  do_apply, do_page,     do_deliver, do_window,
                                                     do_list, do_read,  do_maintain, do_read,    do_retain};

/* Everything is there, once. */
static void check(struct store *s) {
        static struct sample samples[MINUTES + 1];
        for (size_t i = 0; i < SERIES; i += 3) {
                size_t n = read_samples(s, ids[i], 0, INT64_MAX, 0, MINUTES + 1, samples, MINUTES + 1);
                assert_int_equal(n, MINUTES);
                for (int64_t m = 0; m < MINUTES; m++)
                        assert_true(samples[m].at_s == T0 + m * 60 && samples[m].value == value_at(i, m));
                assert_int_equal(read_until(s, ids[i]), NOW);
        }
        SCOPED(incident_rows_done) struct incident_rows rows = {0};
        struct incident_filter all = {0};
        assert_int_equal(store_list_incidents(s, &all, &rows), 0);
        assert_int_equal(rows.n_rows, 1);
        assert_int_equal(rows.rows[0].finding.n_evidence, 2);
        SCOPED(notifier_states_done) struct notifier_states notifiers = {0};
        assert_int_equal(store_list_notifiers(s, &notifiers), 0);
        assert_int_equal(notifiers.n_rows, 1);
        assert_int_equal(notifiers.rows[0].pending, 0);
        assert_int_equal(store_unreadable(s), 0);
}

/* An operation that fails is tried again, once, without a fault. */
static void insist(struct store *s, size_t operation) {
        int r = operations[operation](s);
        if (r == 0)
                return;
        if (!has_failed())
                fail_msg("operation %zu failed by itself: %d %s", operation, r, store_error(s));
        if (r != -ENOMEM && r != -EIO && r != -ENOSPC)
                fail_msg("operation %zu: %d %s", operation, r, store_error(s));
        assert_true(r == -ENOMEM || store_error(s)[0]);
        r = operations[operation](s);
        if (r < 0)
                fail_msg("operation %zu again: %d %s", operation, r, store_error(s));
}

static void open_insisting(const char *path, struct store **ret) {
        struct err err = {0};
        bool was_moved = false;
        if (store_open(path, ret, &was_moved, &err) < 0) {
                if (!has_failed())
                        fail_msg("%s", err.text);
                assert_non_null(strstr(err.text, path));
                assert_int_equal(store_open(path, ret, &was_moved, &err), 0);
        }
        assert_false(was_moved);
}

/* The nth call fails; false when there are not so many. */
static bool torture_one(const char *base, const char *path, enum fault fault, size_t n) {
        struct store *s = NULL;
        copy_file(base, path);
        make_transitions();
        fail_at(fault, n);
        open_insisting(path, &s);
        if (open_series(s) < 0)
                assert_int_equal(open_series(s), 0);
        for (size_t i = 0; i < ELEMENTS(operations); i++)
                insist(s, i);
        bool was_reached = has_failed();
        check(s);
        store_free(TAKE(s));
        open_insisting(path, &s);
        check(s);
        store_free(s);
        transitions_done(&opened);
        return was_reached;
}

static void torture(struct fixture *f, enum fault fault) {
        char base[128];
        store_free(TAKE(f->store));
        snprintf(base, sizeof base, "%s/base.db", f->folder);
        make_base(base);
        size_t n = 0;
        while (n < TRIES_MAX && torture_one(base, f->path, fault, n))
                n += 1 + n / 30;
        assert_in_range(n, 100, TRIES_MAX - 1);
}

static void test_faults__each_allocation__said_and_mended(void **state) {
        torture(*state, FAULT_MEMORY);
}

static void test_faults__each_disk_error__said_and_mended(void **state) {
        torture(*state, FAULT_DISK);
}

static void test_faults__each_full_disk__said_and_mended(void **state) {
        torture(*state, FAULT_DISK_FULL);
}

/* SQLite's own allocations fail by the same count. */
static sqlite3_mem_methods plain;

static bool may_allocate(void) {
        void *probe = memory_malloc(1);
        memory_free(probe);
        return probe;
}

static void *allocate(int n) {
        return may_allocate() ? plain.xMalloc(n) : NULL;
}

static void *reallocate(void *p, int n) {
        return may_allocate() ? plain.xRealloc(p, n) : NULL;
}

static void install_memory(void) {
        assert_int_equal(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
        sqlite3_mem_methods counted = plain;
        counted.xMalloc = allocate;
        counted.xRealloc = reallocate;
        assert_int_equal(sqlite3_config(SQLITE_CONFIG_MALLOC, &counted), SQLITE_OK);
        assert_int_equal(sqlite3_initialize(), SQLITE_OK);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        const struct CMUnitTest tests[] = {
                CASE(test_faults__each_allocation__said_and_mended),
                CASE(test_faults__each_disk_error__said_and_mended),
                CASE(test_faults__each_full_disk__said_and_mended),
        };
        install_memory();
        disk_install();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
