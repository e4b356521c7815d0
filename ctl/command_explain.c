/* SPDX-License-Identifier: Apache-2.0 */
/* First-fault analysis of a file of log events: needs no daemon, reads a stream, keeps little. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/explain_application.h"
#include "ctl/foreign.h"
#include "ctl/words.h"
#include "faults/reader.h"
#include "util/jsonw.h"

enum { CHUNK_BYTES = 256 << 10, LABEL = 16, PROGRESS_FROM_BYTES = 64 << 20 };

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

static void heading(struct screen *s, const char *text) {
        screen_line(s);
        screen_put(s, STYLE_BOLD, text);
        screen_line(s);
}

static void labelled(struct screen *s, const char *label, const char *text) {
        SCOPED(buf_done) struct buf head = BUF_INIT(256);
        if (!text || !text[0])
                return;
        buf_printf(&head, "  %s", label);
        screen_item(s, buf_str(&head), LABEL, text);
}

static void labelled_time(struct screen *s, const char *label, int64_t at_s) {
        char local[WORDS_MAX];
        if (at_s <= 0)
                return;
        words_local_exact(at_s, local);
        labelled(s, label, local);
}

static const char *role_words(const char *role) {
        static const struct {
                const char *role, *words;
        } known[] = {
                {"trigger", "this started it"},
                {"symptom_needs_metrics", "a symptom: these lines alone do not tell what started it"},
                {"sustainer_only", "this keeps it going; what started it is not in these lines"},
                {"unknown", "the job failed; these lines do not tell why"},
        };
        for (size_t i = 0; i < ELEMENTS(known); i++)
                if (strcmp(role, known[i].role) == 0)
                        return known[i].words;
        return role;
}

static void draw_cause(struct screen *s, const struct fault_report *r) {
        const struct root_cause *c = r->root_cause;
        SCOPED(buf_done) struct buf text = BUF_INIT(1000);
        heading(s, "Root cause");
        buf_printf(&text, "%s: %s (confidence %s)", c->category, role_words(c->role), confidence_name(r->confidence));
        labelled(s, "what", buf_str(&text));
        labelled(s, "why", r->reason);
        labelled(s, "exception", c->exception_class);
        labelled(s, "message", c->message);
        labelled(s, "at", c->frame);
        labelled(s, "task", c->task);
        buf_clear(&text);
        if (c->attempt >= 0)
                buf_printf(&text, "%" PRId64, c->attempt);
        labelled(s, "attempt", buf_str(&text));
        labelled_time(s, "last healthy", c->last_healthy_at_s);
        labelled_time(s, "first fault", c->first_fault_at_s);
        labelled(s, "fingerprint", c->fingerprint);
        labelled(s, "recovery", r->recoverability);
}

static void draw_symptoms(struct screen *s, const struct fault_report *r) {
        if (r->n_symptoms > 0)
                heading(s, "Symptoms");
        for (size_t i = 0; i < r->n_symptoms; i++) {
                SCOPED(buf_done) struct buf text = BUF_INIT(8 << 10);
                buf_printf(&text, "%s: %s", r->symptoms[i].text, r->symptoms[i].relation);
                screen_item(s, "  -", 4, buf_str(&text));
        }
}

static void draw_fix(struct screen *s, const struct fault_report *r) {
        if (r->n_advice > 0)
                heading(s, "Fix");
        for (size_t i = 0; i < r->n_advice; i++) {
                char head[24];
                snprintf(head, sizeof head, "%3u.", (unsigned)i + 1);
                screen_item(s, head, 5, r->advice[i]);
        }
}

static void draw(struct screen *s, const struct fault_report *r) {
        if (!r->root_cause) {
                screen_put(s, STYLE_GREEN, "No failure in these lines.");
                screen_line(s);
        } else {
                draw_cause(s, r);
                draw_symptoms(s, r);
                draw_fix(s, r);
        }
        screen_line(s);
        screen_wrap(s, 0, STYLE_DIM, r->completeness);
}

static void print_json(struct session *session, const struct fault_report *r) {
        SCOPED(buf_done) struct buf json = BUF_INIT(1 << 20);
        struct jsonw w = JSONW(&json);
        root_cause_write(&w, r->root_cause);
        foreign_put_json(&session->screen.out, buf_span(&json));
        buf_put_char(&session->screen.out, '\n');
}

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
        if (fault_reader_events(reader) == 0 && !session->is_json)
                return complain(file, "it holds no log events",
                                ": give it what `aws logs filter-log-events --output json` writes, or raw log lines");
        if (session->is_json)
                print_json(session, &report);
        else
                draw(&session->screen, &report);
        return session_show(session);
}

static int run(struct session *session) {
        const char *file = arguments_value(session->arguments, "file");
        bool has_application = arguments_has(session->arguments, "app");
        if (file && !has_application)
                return explain_file(session, file);
        if (has_application && !file)
                return explain_application(session);
        fputs("flinkwatchctl: explain needs --app A: an application, or --file F: a file of log events, - for the standard input\n",
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
        .run = run,
};
