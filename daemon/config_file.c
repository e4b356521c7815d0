/* SPDX-License-Identifier: Apache-2.0 */
/* From the file to struct config. libinih splits lines into keys and values; what it drops silently (a line without `=`, one that is too
 * long, a section that is not closed) is seen here first, because each line passes through read_line. */
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config.h"
#include "daemon/config_keys.h"
#include "daemon/config_reader.h"
#include "util/list.h"
#include "util/number.h"
#include "util/text.h"

enum {
        LINE_BYTES_MAX = 8192,
        FILE_BYTES_MAX = 4 << 20,

        FAULTS_BYTES_MAX = 1 << 20,
        FAULTS_MAX = 100
};

void reader_fault(struct reader *r, int line, const char *format, ...) {
        if (r->faults->n++ >= FAULTS_MAX)
                return;
        buf_printf(&r->faults->lines, "%s:%d: ", r->path, line);
        va_list args;
        va_start(args, format);
        buf_vprintf(&r->faults->lines, format, args);
        va_end(args);
        buf_put_char(&r->faults->lines, '\n');
}

static void fault_unknown(struct reader *r, const char *what, struct span name, const char *const *known, size_t n) {
        char word[80];
        snprintf(word, sizeof word, "%.*s", (int)(name.len > 70 ? 70 : name.len), name.data);
        const char *meant = text_nearest(word, known, n);
        if (meant)
                reader_fault(r, r->line, "unknown %s %s: did you mean %s?", what, word, meant);
        else
                reader_fault(r, r->line, "unknown %s %s", what, word);
}

static int settings_init(struct config *c) {
        size_t n = 0;
        while (diagnosers[n])
                n++;
        c->diagnosers = calloc(n, sizeof *c->diagnosers);
        if (!c->diagnosers)
                return -ENOMEM;
        c->n_diagnosers = n;
        for (size_t i = 0; i < n; i++) {
                const struct param *params = diagnosers[i]->params;
                c->diagnosers[i].is_enabled = true;
                c->diagnosers[i].settings = calloc(param_count(params) + 1, sizeof(double));
                if (!c->diagnosers[i].settings)
                        return -ENOMEM;
                for (size_t k = 0; params && params[k].name; k++)
                        c->diagnosers[i].settings[k] = params[k].standard;
        }
        return 0;
}

static int set_defaults(struct config *c) {
        const char *state = getenv("STATE_DIRECTORY"), *runtime = getenv("RUNTIME_DIRECTORY");
        struct buf socket = BUF_INIT(4096);
        buf_printf(&socket, "%s/flinkwatch.sock", runtime && *runtime ? runtime : "/run/flinkwatch");
        c->log_level = LOG_LEVEL_INFO;
        c->interval_s = 60;
        c->backfill_s = 15 * 86400;
        c->settle_s = 120;
        c->retention_s = 455 * 86400;
        c->monthly_budget_usd = -1;
        c->socket = buf_steal(&socket);
        buf_done(&socket);
        if (!c->socket || text_replace(&c->state_directory, state && *state ? state : "/var/lib/flinkwatch") < 0)
                return -ENOMEM;
        return settings_init(c);
}

/* Sections. */

static bool is_name_taken(struct reader *r, const char *name) {
        const struct config *c = r->config;
        for (size_t i = 0; r->section == SECTION_TARGET && i < c->n_targets; i++)
                if (c->targets[i].name && strcmp(c->targets[i].name, name) == 0)
                        return true;
        for (size_t i = 0; r->section == SECTION_NOTIFIER && i < c->n_notifiers; i++)
                if (c->notifiers[i].name && strcmp(c->notifiers[i].name, name) == 0)
                        return true;
        return false;
}

static void note_line(struct reader *r, int **lines, size_t *n, size_t *size) {
        int *slot = list_add((void **)lines, n, size, sizeof **lines);
        if (slot)
                *slot = r->line;
        else
                r->failed = -ENOMEM;
}

static char **begin_named(struct reader *r) {
        struct config *c = r->config;
        if (r->section == SECTION_TARGET) {
                struct config_target *t = LIST_ADD(c->targets, c->n_targets, c->targets_size);
                note_line(r, &r->target_lines, &r->n_target_lines, &r->target_lines_size);
                r->index = c->n_targets - 1;
                return t ? &t->name : NULL;
        }
        if (r->section == SECTION_APPLICATION) {
                struct config_application *a = LIST_ADD(c->applications, c->n_applications, c->applications_size);
                r->index = c->n_applications - 1;
                if (a)
                        a->severity_cap = SEVERITY_CAP_NONE;
                return a ? &a->name : NULL;
        }
        if (r->section == SECTION_NOTIFIER) {
                struct config_notifier *n = LIST_ADD(c->notifiers, c->n_notifiers, c->notifiers_size);
                note_line(r, &r->notifier_lines, &r->n_notifier_lines, &r->notifier_lines_size);
                note_line(r, &r->type_lines, &r->n_type_lines, &r->type_lines_size);
                r->index = c->n_notifiers - 1;
                if (n) {
                        n->min_severity = SEVERITY_WARNING;
                        n->repeat_interval_s = 4 * 3600;
                        n->digest_applications = 5;
                        n->rate_limit = -1;
                }
                return n ? &n->name : NULL;
        }
        struct config_maintenance *m = LIST_ADD(c->maintenance, c->n_maintenance, c->maintenance_size);
        r->index = c->n_maintenance - 1;
        if (m)
                m->line = r->line;
        return m ? &m->name : NULL;
}

static void begin_diagnoser(struct reader *r, struct span name) {
        const char *names[64];
        size_t n = 0;
        for (; n < ELEMENTS(names) && diagnosers[n]; n++) {
                names[n] = diagnosers[n]->name;
                if (span_is(name, names[n])) {
                        r->index = n;
                        return;
                }
        }
        fault_unknown(r, "diagnoser", name, names, n);
        r->section = -1;
}

static void begin_section(struct reader *r, struct span header) {
        const char *names[N_SECTIONS];
        size_t n_kind = 0;
        while (n_kind < header.len && header.data[n_kind] != ' ' && header.data[n_kind] != '\t')
                n_kind++;
        struct span kind = {header.data, n_kind},
                    name = span_trim((struct span){header.data + n_kind, header.len - n_kind});
        r->section = -1;
        r->had_section = true;
        for (int i = 0; i < N_SECTIONS; i++) {
                names[i] = config_sections[i].name;
                if (span_is(kind, names[i]))
                        r->section = i;
        }
        if (r->section < 0) {
                fault_unknown(r, "section", kind, names, N_SECTIONS);
                return;
        }
        bool is_named = config_sections[r->section].is_named;
        if (is_named != (name.len > 0)) {
                reader_fault(r, r->line,
                             is_named ? "section [%s] needs a name: [%s NAME]"
                                      : "section [%s] takes no name: write [%s]",
                             config_sections[r->section].name, config_sections[r->section].name);
                r->section = -1;
                return;
        }
        if (r->section == SECTION_DIAGNOSER)
                begin_diagnoser(r, name);
        else if (is_named) {
                char *copy = span_dup(name);
                bool is_taken = copy && is_name_taken(r, copy);
                char **slot = copy && !is_taken ? begin_named(r) : NULL;
                if (is_taken) {
                        reader_fault(r, r->line, "[%s %s] is there twice: names must differ",
                                     config_sections[r->section].name, copy);
                        r->section = -1;
                }
                if (slot)
                        *slot = TAKE(copy);
                else if (!is_taken)
                        r->failed = -ENOMEM;
                free(copy);
        }
}

/* Keys. */

static void *section_base(struct reader *r) {
        struct config *c = r->config;
        switch (r->section) {
        case SECTION_TARGET:
                return &c->targets[r->index];
        case SECTION_APPLICATION:
                return &c->applications[r->index];
        case SECTION_NOTIFIER:
                return &c->notifiers[r->index];
        case SECTION_MAINTENANCE:
                return &c->maintenance[r->index];
        default:
                return c;
        }
}

static void add_override(struct reader *r, size_t diagnoser, size_t param, double value) {
        struct config_application *a = &r->config->applications[r->index];
        struct config_override *o = LIST_ADD(a->overrides, a->n_overrides, a->overrides_size);
        if (o)
                *o = (struct config_override){diagnoser, param, value};
        else
                r->failed = -ENOMEM;
}

static void set_enabled(struct reader *r, size_t diagnoser, const char *value) {
        bool is_enabled;
        if (number_bool(span_of(value), &is_enabled) < 0)
                reader_fault(r, r->line, "enabled = %s: expected yes or no", value);
        else if (r->section == SECTION_DIAGNOSER)
                r->config->diagnosers[diagnoser].is_enabled = is_enabled;
        else
                add_override(r, diagnoser, OVERRIDE_ENABLED, is_enabled);
}

static void set_param(struct reader *r, size_t diagnoser, struct span name, const char *value) {
        const struct param *params = diagnosers[diagnoser]->params;
        const char *names[64] = {"enabled"};
        size_t n = 1;
        struct err err = {0};
        double parsed;
        if (span_is(name, "enabled")) {
                set_enabled(r, diagnoser, value);
                return;
        }
        for (size_t i = 0; params && params[i].name && n < ELEMENTS(names); i++) {
                names[n++] = params[i].name;
                if (!span_is(name, params[i].name))
                        continue;
                if (param_parse(&params[i], span_of(value), &parsed, &err) < 0) {
                        reader_fault(r, r->line, "%s", err.text);
                        return;
                }
                if (r->section == SECTION_DIAGNOSER)
                        r->config->diagnosers[diagnoser].settings[i] = parsed;
                else
                        add_override(r, diagnoser, i, parsed);
                return;
        }
        fault_unknown(r, "key", name, names, n);
}

/* "checkpoint_duration.warning_ratio" in [application GLOB] */
static bool set_override(struct reader *r, const char *name, const char *value) {
        struct span rest = span_of(name), which = span_split(&rest, '.');
        if (!rest.data)
                return false;
        const char *names[64];
        size_t n = 0;
        for (; n < ELEMENTS(names) && diagnosers[n]; n++) {
                names[n] = diagnosers[n]->name;
                if (span_is(which, names[n])) {
                        set_param(r, n, rest, value);
                        return true;
                }
        }
        fault_unknown(r, "diagnoser", which, names, n);
        return true;
}

static void keep_for_type(struct reader *r, const char *name, const char *value) {
        struct pending_key *p = LIST_ADD(r->pending, r->n_pending, r->pending_size);
        if (!p || text_replace(&p->name, name) < 0 || text_replace(&p->value, value) < 0) {
                r->failed = -ENOMEM;
                return;
        }
        p->line = r->line;
        p->notifier = r->index;
}

static int on_key(void *arg, const char *ini_section, const char *name, const char *value) {
        (void)ini_section;
        struct reader *r = arg;
        r->expects_key = false;
        if (r->section < 0)
                return 1;
        const struct config_key *keys = config_sections[r->section].keys;
        const char *names[32];
        size_t n = 0;
        struct err err = {0};
        for (; n < ELEMENTS(names) && keys[n].name; n++) {
                names[n] = keys[n].name;
                if (strcmp(keys[n].name, name) != 0)
                        continue;
                int result = config_key_set(&keys[n], section_base(r), value, &err);
                if (result == -ENOMEM)
                        r->failed = result;
                else if (result < 0)
                        reader_fault(r, r->line, "%s", err.text);
                if (r->section == SECTION_NOTIFIER && strcmp(name, "type") == 0 && r->index < r->n_type_lines)
                        r->type_lines[r->index] = r->line;
                return 1;
        }
        if (r->section == SECTION_DIAGNOSER)
                set_param(r, r->index, span_of(name), value);
        else if (r->section == SECTION_NOTIFIER)
                keep_for_type(r, name, value);
        else if (r->section != SECTION_APPLICATION || !set_override(r, name, value))
                fault_unknown(r, "key", span_of(name), names, n);
        return 1;
}

/* Lines. */

static const char no_key[] = "expected KEY = VALUE or [SECTION]";

/* libinih saw no key in the last line where check_line did: its `=` stands in a comment. */
static void check_last(struct reader *r) {
        if (r->expects_key)
                reader_fault(r, r->line, "%s", no_key);
        r->expects_key = false;
}

static void check_line(struct reader *r, char *line) {
        struct span text = span_trim(span_of(line));
        r->is_header = text.len > 0 && text.data[0] == '[';
        if (text.len == 0 || text.data[0] == '#' || text.data[0] == ';')
                return;
        if (r->is_header) {
                const char *end = memchr(text.data, ']', text.len);
                if (end)
                        begin_section(r, span_trim((struct span){text.data + 1, (size_t)(end - text.data) - 1}));
                else
                        reader_fault(r, r->line, "section is not closed: ] is missing");
                if (!end)
                        line[0] = '\0';
                return;
        }
        if (!memchr(text.data, '=', text.len)) {
                reader_fault(r, r->line, "%s", no_key);
                line[0] = '\0';
        } else {
                r->expects_key = true;
                if (!r->had_section)
                        reader_fault(r, r->line, "a key before the first [SECTION]");
        }
}

/* libinih knows `;` in a line only. Behind a section's name it drops everything. */
static void cut_comment(char *line) {
        if (line[0] == '[')
                return;
        for (char *p = line; (p = strchr(p, '#')) != NULL; p++)
                if (p > line && (p[-1] == ' ' || p[-1] == '\t')) {
                        text_copy(p, 2, "\n");
                        return;
                }
}

/* fgets for libinih: without leading blanks (libinih would read an indented line as more of the value before it). */
static char *read_line(char *to, int size, void *arg) {
        struct reader *r = arg;
        static const char end_of_line[] = "\n";
        static const char mark[] = "\xEF\xBB\xBF"; /* some editors put it before the first line */
        char raw[LINE_BYTES_MAX];
        check_last(r);
        if (!fgets(raw, sizeof raw, r->file))
                return NULL;
        r->line++;
        size_t len = strlen(raw), limit = (size_t)size < sizeof raw ? (size_t)size : sizeof raw;
        bool is_whole = len > 0 && raw[len - 1] == '\n';
        bool is_cut = !is_whole && !feof(r->file), has_nul = is_cut && len + 1 < sizeof raw;
        if (has_nul)
                reader_fault(r, r->line, "the line has a NUL character");
        else if (is_cut || len + 3 > limit)
                reader_fault(r, r->line, "the line is longer than %zu bytes", limit - 4);
        if (is_cut || len + 3 > limit) {
                for (int c = is_whole || has_nul ? '\n' : 0; c != '\n' && c != EOF;)
                        c = fgetc(r->file);
                text_copy(to, (size_t)size, end_of_line);
                return to;
        }
        char *start = raw + (r->line == 1 && strncmp(raw, mark, sizeof mark - 1) == 0 ? sizeof mark - 1 : 0);
        start += strspn(start, " \t");
        cut_comment(start);
        check_line(r, start);
        text_copy(to, (size_t)size, *start ? start : end_of_line);
        return to;
}

static void reader_done(struct reader *r) {
        for (size_t i = 0; i < r->n_pending; i++) {
                free(r->pending[i].name);
                text_wipe_free(r->pending[i].value);
        }
        free(r->pending);
        free(r->target_lines);
        free(r->notifier_lines);
        free(r->type_lines);
}

static int open_file(const char *path, FILE **ret, struct config_faults *faults) {
        struct stat st;
        FILE *file = fopen(path, "re");
        int code = file ? 0 : -errno;
        if (file && (fstat(fileno(file), &st) < 0 || S_ISDIR(st.st_mode)))
                code = -EISDIR;
        else if (file && st.st_size > FILE_BYTES_MAX)
                code = -EFBIG;
        if (code < 0) {
                if (file)
                        fclose(file);
                faults->n++;
                buf_printf(&faults->lines, "%s:0: cannot read the configuration: %s\n", path, strerror(-code));
                return code;
        }
        *ret = file;
        return 0;
}

static int load(const char *path, FILE *file, void (*finish)(struct reader *r), struct config **ret,
                struct config_faults *faults) {
        SCOPED(config_free) struct config *c = calloc(1, sizeof *c);
        if (!c || set_defaults(c) < 0 || text_replace(&c->path, path) < 0)
                return -ENOMEM;
        struct reader r = {.path = path, .file = file, .config = c, .faults = faults, .section = -1};
        ini_max_line = LINE_BYTES_MAX;
        ini_parse_stream(read_line, &r, on_key, &r);
        finish(&r);
        reader_done(&r);
        if (r.failed)
                return r.failed;
        if (faults->n > 0)
                return -EINVAL;
        *ret = TAKE(c);
        return 0;
}

int config_load(const char *path, struct config **ret, struct config_faults *faults) {
        *faults = (struct config_faults){.lines = BUF_INIT(FAULTS_BYTES_MAX)};
        SCOPED(fclose) FILE *file = NULL;
        int code = open_file(path, &file, faults);
        return code < 0 ? code : load(path, file, reader_finish, ret, faults);
}

int config_parse_judging(const char *path, struct span text, struct config **ret, struct config_faults *faults) {
        *faults = (struct config_faults){.lines = BUF_INIT(FAULTS_BYTES_MAX)};
        SCOPED(fclose) FILE *file = fmemopen((void *)text.data, text.len, "r");
        return file ? load(path, file, reader_finish_judging, ret, faults) : -errno;
}
