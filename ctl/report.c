/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/report.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "ctl/value.h"
#include "ctl/words.h"
#include "util/timefmt.h"

enum { ROWS_MAX = 200, FACTS_MAX = 12 };

static const cJSON *member(const struct report *r, const char *name) {
        return value_member(r->document, name);
}

static bool is_kind(const cJSON *timeline_row, const char *const *kinds) {
        for (size_t i = 0; kinds[i]; i++)
                if (strcmp(value_text(timeline_row, "kind"), kinds[i]) == 0)
                        return true;
        return false;
}

static const char *const told_kinds[] = {"delivered", "refused", NULL};
static const char *const own_kinds[] = {"opened",    "told",     "updated",   "escalated", "reminder",
                                        "explained", "resolved", "delivered", "refused",   NULL};

static const char *local_time(struct report *r, int64_t at_s) {
        char text[WORDS_MAX];
        words_local_exact(at_s, text);
        return page_keep(&r->texts, "%s", text);
}

static void add_fact(struct page_fact *facts, size_t *n, const char *label, const char *text) {
        if (text[0] && *n < FACTS_MAX)
                facts[(*n)++] = (struct page_fact){label, text};
}

static void write_head(struct report *r) {
        const cJSON *d = r->document;
        const char *subject = value_text(d, "subject");
        const struct page_head head = {
                .title = value_text(d, "title"),
                .application = value_text(d, "application"),
                .severity = value_text(d, "severity"),
                .state = value_text(d, "state"),
                .lead = value_text(d, "summary"),
                .kind = page_keep(&r->texts, "Incident %lld: %s%s%s%s, confidence %s", (long long)value_count(d, "id"),
                                  value_text(d, "diagnoser"), subject[0] ? " (" : "", subject, subject[0] ? ")" : "",
                                  value_text(d, "confidence")),
        };
        r->writer->begin(r->out, &head);
}

static void write_facts(struct report *r) {
        const cJSON *d = r->document, *f = member(r, "facts");
        struct page_fact facts[FACTS_MAX];
        char lasted[TIME_TEXT_MAX];
        size_t n = 0;
        int64_t onset_s = value_time(d, "onset_at"), resolved_s = value_time(d, "resolved_at");
        time_span_text((resolved_s ? resolved_s : value_time(d, "generated_at")) - onset_s, lasted);
        add_fact(facts, &n, "Began", local_time(r, onset_s));
        add_fact(facts, &n, "Seen", local_time(r, value_time(d, "opened_at")));
        add_fact(facts, &n, "Resolved", resolved_s ? local_time(r, resolved_s) : "still open");
        add_fact(facts, &n, "Lasted", page_keep(&r->texts, resolved_s ? "%s" : "%s so far", lasted));
        add_fact(facts, &n, "Target", value_text(d, "target"));
        add_fact(facts, &n, "Runtime", value_text(f, "runtime"));
        if (value_count(f, "version_id") > 0)
                add_fact(facts, &n, "Version", page_keep(&r->texts, "%lld", (long long)value_count(f, "version_id")));
        if (value_count(f, "parallelism") > 0)
                add_fact(facts, &n, "Parallelism",
                         page_keep(&r->texts, "%lld on %lld KPUs", (long long)value_count(f, "parallelism"),
                                   (long long)value_count(f, "kpus")));
        r->writer->facts(r->out, facts, n);
}

static bool has_cause(const struct report *r) {
        return cJSON_IsObject(member(r, "root_cause"));
}

/* What takes a sentence: why this is it, what it followed, what there is to go back to, and how much was read. */
static void write_reasons(struct report *r, const cJSON *cause) {
        static const struct {
                const char *name, *label;
        } rows[] = {
                {"reason", "Why this is it"},          {"deploy", "Deploy"},
                {"recoverability", "To restore from"}, {"seen_before", "Seen before"},
                {"completeness", "What was read"},
        };
        const char *items[ELEMENTS(rows)];
        size_t n = 0;
        for (size_t i = 0; i < ELEMENTS(rows); i++) {
                const char *text = value_text(cause, rows[i].name);
                if (text[0])
                        items[n++] = page_keep(&r->texts, "%s: %s", rows[i].label, text);
        }
        if (n > 0)
                r->writer->list(r->out, items, n, false);
}

static void write_cause(struct report *r) {
        const cJSON *c = member(r, "root_cause");
        const char *category = value_text(c, "category");
        bool is_named = strcmp(category, "unknown") != 0;
        struct page_fact facts[FACTS_MAX];
        double attempt = value_number(c, "attempt");
        size_t n = 0;
        add_fact(facts, &n, "What",
                 page_keep(&r->texts, "%s%s%s", is_named ? category : "", is_named ? ": " : "",
                           words_of_role(value_text(c, "role"))));
        add_fact(facts, &n, "Exception", value_text(c, "exception_class"));
        add_fact(facts, &n, "Message", value_text(c, "message"));
        add_fact(facts, &n, "At", value_text(c, "frame"));
        add_fact(facts, &n, "Task", value_text(c, "task"));
        if (isfinite(attempt))
                add_fact(facts, &n, "Attempt", page_keep(&r->texts, "%.0f", attempt));
        if (value_time(c, "last_healthy_at"))
                add_fact(facts, &n, "Last healthy", local_time(r, value_time(c, "last_healthy_at")));
        if (value_time(c, "first_fault_at"))
                add_fact(facts, &n, "First fault", local_time(r, value_time(c, "first_fault_at")));
        add_fact(facts, &n, "Metrics", value_text(c, "pivot"));
        r->writer->facts(r->out, facts, n);
        write_reasons(r, c);
}

static bool has_advice(const struct report *r) {
        return cJSON_GetArraySize(member(r, "advice")) > 0;
}

static void write_advice(struct report *r) {
        const char *items[ROWS_MAX];
        const cJSON *item;
        size_t n = 0;
        cJSON_ArrayForEach(item, member(r, "advice")) if (n < ROWS_MAX && cJSON_IsString(item))
                items[n++] = item->valuestring;
        r->writer->list(r->out, items, n, true);
}

static bool has_charts(const struct report *r) {
        return cJSON_GetArraySize(member(r, "charts")) > 0;
}

static bool is_always(const struct report *r) {
        (void)r;
        return true;
}

static bool has_evidence(const struct report *r) {
        return cJSON_GetArraySize(member(r, "evidence")) > 0;
}

static bool is_number(const cJSON *e) {
        return isfinite(value_number(e, "value")) || isfinite(value_number(e, "threshold"));
}

static const char *in_unit(struct report *r, const cJSON *e, const char *name) {
        char text[WORDS_MAX];
        double value = value_number(e, name);
        if (!isfinite(value))
                return "";
        words_value(value, words_unit_of(value_text(e, "metric")), text);
        return page_keep(&r->texts, "%s", text);
}

/* Stack traces are indented with tabs, which are no characters of a page. */
static const char *untabbed(struct report *r, const char *text) {
        SCOPED(buf_done) struct buf out = BUF_INIT(1 << 20);
        for (const char *p = text; *p; p++)
                buf_put(&out, *p == '\t' ? "    " : p, *p == '\t' ? 4 : 1);
        return page_keep(&r->texts, "%s", buf_str(&out));
}

/* Numbers as a table, the rest (log lines, operations, settings) in full. */
static void write_evidence(struct report *r) {
        static const char *const titles[] = {"Metric", "Statistic", "Value", "Threshold", "At", ""};
        const char *cells[ROWS_MAX * ELEMENTS(titles)];
        struct page_table table = {
                .titles = titles, .n_columns = ELEMENTS(titles), .cells = cells, .right = 1u << 2 | 1u << 3};
        const cJSON *e;
        cJSON_ArrayForEach(e, member(r, "evidence")) {
                SCOPED(buf_done) struct buf series = BUF_INIT(4096);
                const char *metric = value_text(e, "metric");
                const char **row = cells + table.n_rows * ELEMENTS(titles);
                if (!is_number(e) || table.n_rows == ROWS_MAX)
                        continue;
                words_series(metric[0] ? metric : value_text(e, "kind"), value_text(e, "dimensions"), &series);
                row[0] = page_keep(&r->texts, "%s", buf_str(&series));
                row[1] = value_text(e, "statistic");
                row[2] = in_unit(r, e, "value");
                row[3] = in_unit(r, e, "threshold");
                row[4] = local_time(r, value_time(e, "at"));
                row[5] = value_text(e, "text");
                table.n_rows++;
        }
        if (table.n_rows > 0)
                r->writer->table(r->out, &table);
        cJSON_ArrayForEach(e, member(r, "evidence")) {
                const char *metric = value_text(e, "metric"), *text = untabbed(r, value_text(e, "text"));
                if (is_number(e))
                        continue;
                bool is_log = strcmp(value_text(e, "kind"), "log") == 0;
                r->writer->log(r->out, value_time(e, "at"),
                               page_keep(&r->texts, "%s%s%s%s%s", is_log ? "" : value_text(e, "kind"),
                                         is_log || !metric[0] ? "" : " ", metric,
                                         text[0] && (metric[0] || !is_log) ? ": " : "", text));
        }
}

static bool has_symptoms(const struct report *r) {
        return cJSON_GetArraySize(member(r, "symptoms")) + cJSON_GetArraySize(member(r, "suppressed")) > 0;
}

static void write_symptoms(struct report *r) {
        const char *items[ROWS_MAX];
        const cJSON *item;
        size_t n = 0;
        cJSON_ArrayForEach(item, member(r, "symptoms")) if (n < ROWS_MAX)
                items[n++] = page_keep(&r->texts, "%s%s%s", value_text(item, "text"),
                                       value_text(item, "relation")[0] ? ": " : "", value_text(item, "relation"));
        cJSON_ArrayForEach(item, member(r, "suppressed")) if (n < ROWS_MAX)
                items[n++] = page_keep(&r->texts, "%s, since %s: explained by this incident",
                                       value_text(item, "diagnoser"), local_time(r, value_time(item, "since")));
        r->writer->list(r->out, items, n, false);
}

/* What people did, as far as flinkwatch was told. */
static void write_actions(struct report *r) {
        const char *items[ROWS_MAX];
        const cJSON *item;
        size_t n = 0;
        cJSON_ArrayForEach(item, member(r, "timeline")) if (n < ROWS_MAX && !is_kind(item, own_kinds))
                items[n++] = page_keep(&r->texts, "%s: %s %s", local_time(r, value_time(item, "at")),
                                       value_text(item, "kind"), value_text(item, "text"));
        const char *comment = value_text(r->document, "comment");
        if (comment[0] && n < ROWS_MAX)
                items[n++] = page_keep(&r->texts, "Comment: %s", comment);
        if (n > 0)
                r->writer->list(r->out, items, n, false);
        else
                r->writer->text(r->out, "Nobody has acknowledged or silenced it.");
}

static void write_deliveries(struct report *r) {
        static const char *const titles[] = {"At", "What", "To"};
        const char *cells[ROWS_MAX * ELEMENTS(titles)];
        struct page_table table = {.titles = titles, .n_columns = ELEMENTS(titles), .cells = cells};
        const cJSON *item;
        cJSON_ArrayForEach(item, member(r, "timeline")) {
                const char **row = cells + table.n_rows * ELEMENTS(titles);
                if (!is_kind(item, told_kinds) || table.n_rows == ROWS_MAX)
                        continue;
                row[0] = local_time(r, value_time(item, "at"));
                row[1] = value_text(item, "kind");
                row[2] = value_text(item, "text");
                table.n_rows++;
        }
        if (table.n_rows > 0)
                r->writer->table(r->out, &table);
        else
                r->writer->text(r->out, cJSON_IsTrue(member(r, "quiet")) ? "None: it is quiet, nobody was told."
                                                                         : "None so far.");
}

static bool has_related(const struct report *r) {
        return cJSON_GetArraySize(member(r, "related")) > 0;
}

static void write_related(struct report *r) {
        static const char *const titles[] = {"Incident", "Severity", "What", "Began", "Resolved"};
        const char *cells[ROWS_MAX * ELEMENTS(titles)];
        struct page_table table = {.titles = titles, .n_columns = ELEMENTS(titles), .cells = cells};
        const cJSON *item;
        cJSON_ArrayForEach(item, member(r, "related")) {
                const char **row = cells + table.n_rows * ELEMENTS(titles);
                int64_t resolved_s = value_time(item, "resolved_at");
                if (table.n_rows == ROWS_MAX)
                        break;
                row[0] = page_keep(&r->texts, "%lld %s", (long long)value_count(item, "id"),
                                   value_text(item, "diagnoser"));
                row[1] = value_text(item, "severity");
                row[2] = value_text(item, "title");
                row[3] = local_time(r, value_time(item, "onset_at"));
                row[4] = resolved_s ? local_time(r, resolved_s) : "still open";
                table.n_rows++;
        }
        r->writer->table(r->out, &table);
}

/* The partition's console; NULL when the ARN is none. */
static const char *console_of(const char *partition) {
        static const char *const consoles[][2] = {{"aws", "console.aws.amazon.com"},
                                                  {"aws-cn", "console.amazonaws.cn"},
                                                  {"aws-us-gov", "console.amazonaws-us-gov.com"}};
        for (size_t i = 0; i < ELEMENTS(consoles); i++)
                if (strcmp(partition, consoles[i][0]) == 0)
                        return consoles[i][1];
        return NULL;
}

static bool is_region(const char *region) {
        return region[0] && region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* The log group in CloudWatch's console, which takes names that are escaped twice, with $ for the percent sign. */
static void write_links(struct report *r) {
        SCOPED(buf_done) struct buf url = BUF_INIT(8192);
        struct span rest = span_of(value_text(r->document, "application_arn"));
        const char *group = value_text(member(r, "facts"), "log_group");
        span_split(&rest, ':');
        SCOPED(free) char *partition = span_dup(span_split(&rest, ':'));
        span_split(&rest, ':');
        SCOPED(free) char *region = span_dup(rest.data ? span_split(&rest, ':') : SPAN(""));
        const char *console = partition ? console_of(partition) : NULL;
        if (!group[0] || !console || !region || !is_region(region))
                return;
        buf_printf(&url, "https://%s.%s/cloudwatch/home?region=%s#logsV2:log-groups/log-group/", region, console,
                   region);
        for (const char *p = group; *p; p++)
                if (isalnum((unsigned char)*p) || strchr("-_.", *p))
                        buf_put_char(&url, *p);
                else
                        buf_printf(&url, "$25%02X", (unsigned char)*p);
        r->writer->link(r->out, buf_str(&url), page_keep(&r->texts, "Log group %s in the AWS console", group));
}

static void write_logs_and_evidence(struct report *r) {
        write_evidence(r);
        write_links(r);
}

static void write_blanks(struct report *r) {
        r->writer->fill(r->out, "Impact: who noticed what, how many records late or lost");
        r->writer->fill(r->out, "What went well, what did not");
        r->writer->fill(r->out, "What is to be changed, by whom, until when");
}

static const struct part {
        struct page_link link;
        bool (*is_there)(const struct report *r);
        void (*write)(struct report *r);
} parts[] = {
        {{"cause", "Cause"}, has_cause, write_cause},
        {{"advice", "What to do"}, has_advice, write_advice},
        {{"charts", "Metrics"}, has_charts, report_write_charts},
        {{"timeline", "Timeline"}, is_always, report_write_timeline},
        {{"evidence", "Evidence"}, has_evidence, write_logs_and_evidence},
        {{"symptoms", "Seen with it, not the cause"}, has_symptoms, write_symptoms},
        {{"actions", "Actions taken"}, is_always, write_actions},
        {{"deliveries", "Messages"}, is_always, write_deliveries},
        {{"related", "Other incidents of the application"}, has_related, write_related},
        {{"review", "To be completed"}, is_always, write_blanks},
};

static void write_foot(struct report *r) {
        char zone[64] = "local";
        time_t at = (time_t)value_time(r->document, "generated_at");
        struct tm tm;
        if (localtime_r(&at, &tm))
                strftime(zone, sizeof zone, "%Z (UTC%z)", &tm);
        r->writer->end(r->out, page_keep(&r->texts, "Draft by flinkwatch %s, %s. Times are %s.",
                                         value_text(r->document, "generator"), local_time(r, at), zone));
}

void report_write(struct buf *out, const cJSON *document, const struct page_writer *writer) {
        struct report r = {.document = document, .writer = writer, .out = out};
        struct page_link links[ELEMENTS(parts)];
        size_t n = 0;
        for (size_t i = 0; i < ELEMENTS(parts); i++)
                if (parts[i].is_there(&r))
                        links[n++] = parts[i].link;
        write_head(&r);
        write_facts(&r);
        writer->contents(out, links, n);
        for (size_t i = 0; i < ELEMENTS(parts); i++) {
                if (!parts[i].is_there(&r))
                        continue;
                writer->section(out, &parts[i].link);
                parts[i].write(&r);
                writer->section_end(out);
        }
        write_foot(&r);
        page_texts_done(&r.texts);
}
