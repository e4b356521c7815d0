/* SPDX-License-Identifier: Apache-2.0 */
/* First-fault analysis of a file of log events: needs no daemon, reads a stream, keeps little. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/explain_application.h"
#include "ctl/first_fault.h"
#include "ctl/foreign.h"
#include "faults/reader.h"
#include "util/jsonw.h"

enum { CHUNK_BYTES = 256 << 10, JSON_MAX_BYTES = 1 << 20, PROGRESS_FROM_BYTES = 64 << 20 };

static int complain(const char *file, const char *what, const char *way_out) {
        SCOPED(buf_done) struct buf clean = BUF_INIT(8 << 10);
        foreign_put(&clean, file, false);
        fprintf(stderr, "flinkwatchctl: explain: %s: %s%s\n", buf_str(&clean), what, way_out);
        return EXIT_FAILED;
}

/* One line on a terminal's stderr, drawn over by the next. */
struct progress {
        int64_t size_bytes, read_bytes; /* size 0: not known */
        int shown_pct;
        bool is_wanted;
};

static struct progress progress_begin(int fd) {
        struct stat st;
        struct progress p = {.shown_pct = -1};
        if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
                p.size_bytes = st.st_size;
        p.is_wanted = isatty(STDERR_FILENO) && p.size_bytes >= PROGRESS_FROM_BYTES;
        return p;
}

static void progress_add(struct progress *p, int64_t n_bytes) {
        p->read_bytes += n_bytes;
        int pct = p->is_wanted ? (int)(p->read_bytes * 100 / p->size_bytes) : -1;
        if (pct == p->shown_pct || pct > 100)
                return;
        p->shown_pct = pct;
        fprintf(stderr, "\rreading %d %%", pct);
}

static void progress_end(const struct progress *p) {
        if (p->shown_pct >= 0)
                fputs("\r              \r", stderr);
}

/* 0 or -errno */
static int read_all(int fd, struct fault_reader *reader) {
        SCOPED(free) char *chunk = malloc(CHUNK_BYTES);
        struct progress progress = progress_begin(fd);
        int failed = chunk ? 0 : -ENOMEM;
        while (!failed) {
                ssize_t n = read(fd, chunk, CHUNK_BYTES);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0) {
                        failed = n < 0 ? -errno : fault_reader_end(reader);
                        break;
                }
                progress_add(&progress, n);
                failed = fault_reader_feed(reader, (struct span){chunk, (size_t)n});
        }
        progress_end(&progress);
        return failed;
}

/* The report as the daemon answers with it: it is drawn by the same hand. NULL: out of memory. */
static cJSON *report_object(struct fault_report *r) {
        SCOPED(buf_done) struct buf json = BUF_INIT(JSON_MAX_BYTES);
        SCOPED(finding_done) struct finding f = {0};
        struct jsonw w = JSONW(&json);
        if (fault_report_move(r, &f) < 0)
                return NULL;
        jsonw_object(&w);
        jsonw_member_string(&w, "confidence", confidence_name(f.confidence));
        jsonw_member_string(&w, "completeness", r->completeness);
        jsonw_key(&w, "root_cause");
        root_cause_write(&w, f.root_cause);
        finding_write_lists(&w, &f);
        jsonw_object_end(&w);
        return json.failed ? NULL : cJSON_ParseWithLength(json.data, json.len);
}

static void print_json(struct session *session, const struct fault_report *r) {
        SCOPED(buf_done) struct buf json = BUF_INIT(JSON_MAX_BYTES);
        struct jsonw w = JSONW(&json);
        root_cause_write(&w, r->root_cause);
        foreign_put_json(&session->screen.out, buf_span(&json));
        buf_put_char(&session->screen.out, '\n');
}

static int draw(struct screen *s, const char *file, struct fault_report *r) {
        cJSON *report = report_object(r);
        if (!report)
                return complain(file, strerror(ENOMEM), "");
        first_fault_draw_report(s, report);
        cJSON_Delete(report);
        return EXIT_DONE;
}

/* Not "no failure": nothing is known of the job. */
static const char no_events[] =
        "No log events: nothing can be said of the job. explain --file takes what `aws logs filter-log-events "
        "--output json` writes, or raw log lines.";

static int explain_file(struct session *session, const char *file) {
        SCOPED(fault_analysis_free) struct fault_analysis *analysis = NULL;
        SCOPED(fault_reader_free) struct fault_reader *reader = NULL;
        SCOPED(fault_report_done) struct fault_report report = {0};
        static const struct fault_context nothing = {0};
        SCOPED(close) int fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO) : open(file, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return complain(file, strerror(errno),
                                ": --file takes a file of log events, or - for the standard input");
        int r = fault_analysis_new(&nothing, &analysis);
        r = r < 0 ? r : fault_reader_new(analysis, &reader);
        r = r < 0 ? r : read_all(fd, reader);
        r = r < 0 ? r : fault_analysis_report(analysis, &report);
        if (r < 0)
                return complain(file, strerror(-r), "");
        if (session->is_json)
                print_json(session, &report);
        else if (fault_reader_events(reader) == 0)
                screen_wrap(&session->screen, 0, STYLE_PLAIN, no_events);
        else if (draw(&session->screen, file, &report) != EXIT_DONE)
                return EXIT_FAILED;
        return session_show(session);
}

static int run(struct session *session) {
        const char *file = arguments_value(session->arguments, "file");
        bool has_application = arguments_has(session->arguments, "app");
        if (file && !has_application)
                return explain_file(session, file);
        if (has_application && !file)
                return explain_application(session);
        fputs(file ? "flinkwatchctl: explain takes --app or --file, not both\n"
                   : "flinkwatchctl: explain needs --app A: an application, or --file F: a file of log events, - for the standard input\n",
              stderr);
        return EXIT_USAGE;
}

static const struct option options[] = {
        {.name = "file",
         .kind = VALUE_TEXT,
         .value_name = "FILE",
         .source = SOURCE_FILE,
         .is_local = true,
         .help = "log events: a document with events or log_lines, objects with timestamp and message one a line, or raw lines; - reads the standard input"},
        {.name = "app",
         .kind = VALUE_TEXT,
         .value_name = "APP",
         .source = SOURCE_APPLICATION,
         .help = "an application: the daemon reads its log around the onset of what is open, else around its last restarts"},
        {.name = "since",
         .kind = VALUE_DURATION,
         .value_name = "DUR",
         .help = "with --app: how far back to look, whatever is open; 1h when nothing is"},
        {0},
};

const struct command command_explain = {
        .name = "explain",
        .options = options,
        .takes_target = true,
        .help = "find the first fault of an application, or in a file of log events (needs no daemon): the exception that started a restart loop, not those that keep it going",
        .draw = explain_draw,
        .run = run,
};
