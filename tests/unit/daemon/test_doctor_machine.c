/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "daemon/doctor_machine.h"
#include "tests/unit/daemon/support.h"

struct place {
        struct bench *bench;
        struct store *store;
        struct doctor_lines lines;
};

static int setup(void **state) {
        struct place *p = calloc(1, sizeof *p);
        if (!p || bench_setup((void **)&p->bench) < 0)
                return -1;
        *state = p;
        return store_open(bench_path(p->bench, "flinkwatch.db"), &p->store, NULL, NULL);
}

static int teardown(void **state) {
        struct place *p = *state;
        doctor_lines_done(&p->lines);
        store_free(p->store);
        bench_teardown((void **)&p->bench);
        free(p);
        return 0;
}

static const struct doctor_line *find(const struct place *p, const char *check) {
        for (size_t i = 0; i < p->lines.n; i++)
                if (strcmp(p->lines.items[i].check, check) == 0)
                        return &p->lines.items[i];
        fail_msg("no line about %s", check);
        return NULL;
}

static void examine_with(struct place *p, const char *folder, struct doctor_socket socket) {
        doctor_lines_done(&p->lines);
        machine_examine(folder, &socket, p->store, &p->lines);
        assert_int_equal(p->lines.failed, 0);
        for (size_t i = 0; i < p->lines.n; i++)
                if (p->lines.items[i].verdict == VERDICT_FAILED || p->lines.items[i].verdict == VERDICT_WARNING)
                        assert_non_null(p->lines.items[i].mend);
}

static void examine(struct place *p, const char *folder, const char *socket) {
        examine_with(p, folder, (struct doctor_socket){.path = socket});
}

static void expect(const struct place *p, const char *check, enum verdict verdict, const char *text, const char *mend) {
        const struct doctor_line *line = find(p, check);
        assert_int_equal(line->verdict, verdict);
        assert_non_null(strstr(line->text, text));
        if (mend)
                assert_non_null(strstr(line->mend, mend));
}

static int make_socket(const char *path) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
        assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
        return fd;
}

static void test_machine__all_is_there__said(void **state) {
        struct place *p = *state;
        SCOPED(close) int fd = make_socket(bench_path(p->bench, "s"));
        (void)fd;
        chmod(bench_path(p->bench, "s"), 0600);
        examine(p, p->bench->directory, bench_path(p->bench, "s"));
        expect(p, "state_directory", VERDICT_OK, p->bench->directory, NULL);
        expect(p, "database", VERDICT_OK, "MiB in", NULL);
        expect(p, "socket", VERDICT_OK, "mode 600", NULL);
        assert_non_null(strstr(find(p, "free_space")->text, "MiB are free"));
        assert_non_null(strstr(find(p, "open_files")->text, " of "));
}

static void test_machine__folder_is_gone__failed(void **state) {
        struct place *p = *state;
        examine(p, "/nonexistent/a folder", "/nonexistent/s");
        expect(p, "state_directory", VERDICT_FAILED, "not writable", "'/nonexistent/a folder'");
        expect(p, "free_space", VERDICT_FAILED, "/nonexistent", NULL);
        expect(p, "socket", VERDICT_FAILED, "is gone", "restart");
}

static void test_machine__database_was_moved_aside__warned_for_each(void **state) {
        struct place *p = *state;
        bench_write(p->bench, "flinkwatch.db.corrupt-1", "x");
        bench_write(p->bench, "flinkwatch.db.corrupt-1-wal", "x");
        bench_write(p->bench, "flinkwatch.db.corrupt-2", "x");
        examine(p, p->bench->directory, "/nonexistent/s");
        expect(p, "database", VERDICT_WARNING, "moved aside 2 times", "flinkwatch.db.corrupt-*");
}

static void test_machine__socket_of_another_group__failed(void **state) {
        struct place *p = *state;
        SCOPED(close) int fd = make_socket(bench_path(p->bench, "s"));
        (void)fd;
        struct doctor_socket socket = {bench_path(p->bench, "s"), "watchers", getegid()};
        examine_with(p, p->bench->directory, socket);
        expect(p, "socket", VERDICT_OK, "group watchers", NULL);
        socket.gid++;
        examine_with(p, p->bench->directory, socket);
        expect(p, "socket", VERDICT_FAILED, "socket_group is watchers", "restart");
}

static void test_machine__few_descriptors__warned_then_failed(void **state) {
        struct place *p = *state;
        struct rlimit before, low;
        assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
        low = before;
        low.rlim_cur = 512;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        examine(p, p->bench->directory, "/nonexistent/s");
        expect(p, "open_files", VERDICT_WARNING, " of 512", "LimitNOFILE");
        int spare[32];
        for (size_t i = 0; i < ELEMENTS(spare); i++)
                spare[i] = dup(STDERR_FILENO);
        low.rlim_cur = count_descriptors() + 2; /* the folders are read with these */
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
        examine(p, p->bench->directory, "/nonexistent/s");
        expect(p, "open_files", VERDICT_FAILED, " of ", "LimitNOFILE");
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        for (size_t i = 0; i < ELEMENTS(spare); i++)
                close(spare[i]);
}

static void test_line__written__all_members_and_nulls(void **state) {
        struct place *p = *state;
        SCOPED(buf_done) struct buf text = BUF_INIT(4096);
        struct jsonw w = JSONW(&text);
        doctor_say(&p->lines, VERDICT_SKIPPED, "logging", "orders", "do \"this\"", "%d of %s", 1, "two");
        doctor_line_write(&p->lines.items[0], "prod", NULL, &w);
        assert_string_equal(buf_str(&text),
                            "{\"target\":\"prod\",\"notifier\":null,\"application\":\"orders\",\"check\":"
                            "\"logging\",\"status\":\"skipped\",\"text\":\"1 of two\",\"mend\":\"do "
                            "\\\"this\\\"\"}");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_machine__all_is_there__said, setup, teardown),
                cmocka_unit_test_setup_teardown(test_machine__folder_is_gone__failed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_machine__database_was_moved_aside__warned_for_each, setup,
                                                teardown),
                cmocka_unit_test_setup_teardown(test_machine__socket_of_another_group__failed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_machine__few_descriptors__warned_then_failed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_line__written__all_members_and_nulls, setup, teardown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
