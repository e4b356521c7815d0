/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a scenario file. What is wrong with one ends the test with the file's name: the files are ours. */
#include "tests/unit/diagnosers/scenario.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "diagnosers/diagnosers.h"
#include "util/number.h"
#include "util/text.h"

static const char *reading = "";

static _Noreturn void __attribute__((format(printf, 1, 2))) fault(const char *format, ...) {
        va_list args;
        va_start(args, format);
        fprintf(stderr, "%s: ", reading);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
        va_end(args);
        exit(99);
}

static char *copy(const char *text) {
        return text ? strdup(text) : NULL;
}

static const char *text_of(const cJSON *object, const char *key) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
        return cJSON_IsString(item) ? item->valuestring : NULL;
}

/* "6h", "1d6h30m"; the given default when the member is not there. */
static int64_t time_of(const cJSON *object, const char *key, int64_t otherwise_s) {
        const char *text = text_of(object, key);
        int64_t s = otherwise_s;
        if (text && number_duration_s(span_of(text), &s) < 0)
                fault("%s: %s is no duration", key, text);
        return s;
}

static double number_of(const cJSON *object, const char *key, double otherwise) {
        const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
        return cJSON_IsNumber(item) ? item->valuedouble : otherwise;
}

static struct span_s span_at(const struct scenario *s, const cJSON *object) {
        struct span_s span = {time_of(object, "from", time_of(object, "at", 0)), 0};
        span.to_s = time_of(object, "to", text_of(object, "at") ? span.from_s + 60 : s->length_s);
        return span;
}

struct track *scenario_track(struct scenario *s, const char *metric, const char *dimensions) {
        for (size_t k = 0; k < s->n_tracks; k++) {
                size_t i = (s->likely_track + k) % s->n_tracks;
                if (strcmp(s->tracks[i].metric->name, metric) != 0 || strcmp(s->tracks[i].dimensions, dimensions) != 0)
                        continue;
                s->likely_track = i + 1;
                return &s->tracks[i];
        }
        const struct metric *row = metric_find(metric, NULL);
        if (!row || s->n_tracks == SERIES_MAX)
                fault("no metric %s, or too many", metric);
        struct track *t = &s->tracks[s->n_tracks++];
        *t = (struct track){row, copy(dimensions), calloc((size_t)(s->length_s / 60) + 1, sizeof(struct sample)), 0};
        return t;
}

static void set_application(struct scenario *s, const cJSON *facts) {
        struct application *a = &s->application;
        *a = (struct application){
                .version_id = 41,
                .is_checkpointing = true,
                .checkpoint_interval_ms = 60000,
                .checkpoint_min_pause_ms = 5000,
                .parallelism = 8,
                .parallelism_per_kpu = 1,
                .current_parallelism = 8,
                .has_snapshots = true,
                .has_rollback = true,
                .is_autoscaling = true,
                .seen_at_s = s->base_s,
        };
        static const char *const texts[][2] = {
                {"target", "prod"},
                {"name", "orders"},
                {"status", "RUNNING"},
                {"runtime", "FLINK-1_20"},
                {"metrics_level", "APPLICATION"},
                {"log_level", "INFO"},
                {"checkpoint_configuration", "DEFAULT"},
                {"log_group", "/aws/kinesis-analytics/orders"},
                {"log_stream", "kinesis-analytics-log-stream"},
        };
        for (const struct field *f = application_fields; f->name; f++) {
                for (size_t i = 0; i < ELEMENTS(texts); i++)
                        if (strcmp(texts[i][0], f->name) == 0)
                                *field_text(f, a) = copy(texts[i][1]);
                const cJSON *item = cJSON_GetObjectItemCaseSensitive(facts, f->name);
                if (cJSON_IsNull(item))
                        free(TAKE(*field_text(f, a)));
                else if (item && f->kind == FIELD_TEXT) {
                        char *plan = cJSON_IsObject(item) ? cJSON_PrintUnformatted(item) : NULL;
                        text_replace(field_text(f, a), plan ? plan : item->valuestring);
                        cJSON_free(plan);
                } else if (item)
                        field_set_int(f, a, cJSON_IsNumber(item) ? (int64_t)item->valuedouble : cJSON_IsTrue(item));
        }
        const cJSON *item;
        cJSON_ArrayForEach(item, facts) {
                bool is_known = false;
                for (const struct field *f = application_fields; f->name; f++)
                        is_known = is_known || strcmp(f->name, item->string) == 0;
                if (!is_known)
                        fault("application has no %s", item->string);
        }
}

static void read_facts(struct scenario *s, const cJSON *root) {
        const cJSON *item;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "status")) s->statuses[s->n_statuses++] =
                (struct status_change){time_of(item, "at", 0), copy(text_of(item, "status"))};
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "operations")) {
                struct span_s span = span_at(s, item);
                const cJSON *versions = cJSON_GetObjectItemCaseSensitive(item, "versions");
                struct operation *o = &s->operations[s->n_operations++];
                *o = (struct operation){
                        .target = copy("prod"),
                        .application = copy("orders"),
                        .id = copy(text_of(item, "id") ? text_of(item, "id") : "op-1"),
                        .kind = copy(text_of(item, "kind")),
                        .status = copy(text_of(item, "status") ? text_of(item, "status") : "SUCCESSFUL"),
                        .failure = copy(text_of(item, "failure")),
                        .started_at_s = s->base_s + span.from_s,
                        .ended_at_s = text_of(item, "to") ? s->base_s + span.to_s : 0,
                };
                if (versions) {
                        o->version_from = (int64_t)cJSON_GetArrayItem(versions, 0)->valuedouble;
                        o->version_to = (int64_t)cJSON_GetArrayItem(versions, 1)->valuedouble;
                }
        }
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "snapshots")) {
                s->snapshot_ready_s[s->n_snapshots] = time_of(item, "ready", s->length_s);
                s->snapshots[s->n_snapshots++] = (struct snapshot){
                        .target = copy("prod"),
                        .application = copy("orders"),
                        .name = copy(text_of(item, "name")),
                        .status = copy(text_of(item, "status") ? text_of(item, "status") : "READY"),
                        .created_at_s = s->base_s + time_of(item, "at", 0),
                };
        }
}

static void read_states(struct scenario *s, const cJSON *root) {
        static const char *const kinds[] = {"restart", "loop", "stopped", "down", "dead"};
        const cJSON *item;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "job")) {
                const char *kind = text_of(item, "kind");
                size_t k = 0;
                while (k < ELEMENTS(kinds) && strcmp(kinds[k], text_or_empty(kind)) != 0)
                        k++;
                if (k == ELEMENTS(kinds) || s->n_states == STATES_MAX)
                        fault("job kind %s is unknown, or too many", text_or_empty(kind));
                s->states[s->n_states++] = (struct job_state){
                        (enum job_kind)k, span_at(s, item), time_of(item, "every", 40),
                        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "resets"))};
        }
}

struct segment {
        struct span_s span;
        const char *shape, *noise_key;
        double value, to_value, noise;
        int64_t every_s;
};

static double segment_value(const struct scenario *s, const struct segment *g, const struct metric *m, int64_t at_s,
                            double was) {
        double share = g->span.to_s > g->span.from_s
                               ? (double)(at_s - g->span.from_s) / (double)(g->span.to_s - g->span.from_s)
                               : 0;
        double v = g->value + (isnan(g->to_value) ? 0 : share * (g->to_value - g->value));
        v *= 1 + g->noise * (2 * scenario_noise(g->noise_key, at_s / 60) - 1);
        if (strcmp(g->shape, "scale") == 0)
                v *= was;
        else if (strcmp(g->shape, "add") == 0)
                v += was;
        else if (strcmp(g->shape, "behind") == 0)
                v = ((double)(s->base_s + at_s) - v) * 1000;
        return m->unit == UNIT_PCT || m->unit == UNIT_PER_S ? round(v * 100) / 100 : floor(v);
}

/* Replaces the samples of a span by generated ones. */
static void replace_span(struct scenario *s, struct track *t, const struct segment *g) {
        struct sample *merged = calloc((size_t)(s->length_s / 60) + 1, sizeof *merged);
        size_t n = 0, old = 0;
        double last = 0;
        bool needs_old = strcmp(g->shape, "scale") == 0 || strcmp(g->shape, "add") == 0;
        for (int64_t at_s = 0; at_s < s->length_s; at_s += t->metric->period_s) {
                while (old < t->n_samples && t->samples[old].at_s < s->base_s + at_s)
                        old++;
                bool has_old = old < t->n_samples && t->samples[old].at_s == s->base_s + at_s;
                double was = has_old ? t->samples[old].value : 0, v = was;
                bool is_in = at_s >= g->span.from_s && at_s < g->span.to_s, keep = has_old;
                if (is_in && strcmp(g->shape, "absent") == 0)
                        keep = false;
                else if (is_in && strcmp(g->shape, "hold") == 0)
                        v = last;
                else if (is_in && (has_old || !needs_old)) {
                        /* "every" keeps a value until the next multiple: a gauge that repeats */
                        int64_t step_s = g->every_s > 0 ? at_s - (at_s - g->span.from_s) % g->every_s : at_s;
                        v = segment_value(s, g, t->metric, step_s, was);
                        keep = true;
                }
                if (keep)
                        merged[n++] = (struct sample){s->base_s + at_s, v};
                last = keep ? v : last;
        }
        free(t->samples);
        t->samples = merged;
        t->n_samples = n;
}

/* Adds `value` to a counter every so often within the span; what was added stays. */
static void add_to_counter(struct scenario *s, struct track *t, const struct segment *g) {
        for (size_t i = 0; i < t->n_samples; i++) {
                int64_t at_s = t->samples[i].at_s - s->base_s;
                int64_t to_s = at_s + 60 < g->span.to_s ? at_s + 60 : g->span.to_s;
                if (to_s > g->span.from_s)
                        t->samples[i].value +=
                                g->value *
                                (double)((to_s - g->span.from_s - 1) / (g->every_s > 0 ? g->every_s : 60) + 1);
        }
}

static void set_points(struct scenario *s, struct track *t, const cJSON *points) {
        const cJSON *pair;
        t->n_samples = 0;
        cJSON_ArrayForEach(pair, points) {
                int64_t at_s;
                if (number_duration_s(span_of(cJSON_GetArrayItem(pair, 0)->valuestring), &at_s) < 0)
                        fault("a point's time");
                t->samples[t->n_samples++] = (struct sample){s->base_s + at_s,
                                                             cJSON_GetArrayItem(pair, 1)->valuedouble};
        }
}

static void read_series(struct scenario *s, const cJSON *root) {
        const cJSON *row, *item;
        cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(root, "series")) {
                const char *dimensions = text_or_empty(text_of(row, "dimensions"));
                struct track *t = scenario_track(s, text_of(row, "metric"), dimensions);
                if (cJSON_GetObjectItemCaseSensitive(row, "points"))
                        set_points(s, t, cJSON_GetObjectItemCaseSensitive(row, "points"));
                cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(row, "segments")) {
                        struct segment g = {
                                .span = span_at(s, item),
                                .shape = text_of(item, "shape"),
                                .noise_key = text_of(row, "metric"),
                                .value = number_of(item, "value", 0),
                                .to_value = number_of(item, "to_value", NAN),
                                .noise = number_of(item, "noise", 0),
                                .every_s = time_of(item, "every", 0),
                        };
                        static const char *const shapes[] = {"value", "scale",  "add",    "behind",
                                                             "hold",  "absent", "counter"};
                        size_t k = 0;
                        while (k < ELEMENTS(shapes) && strcmp(shapes[k], text_or_empty(g.shape)) != 0)
                                k++;
                        if (k == ELEMENTS(shapes))
                                fault("shape %s is unknown", text_or_empty(g.shape));
                        if (strcmp(g.shape, "counter") == 0)
                                add_to_counter(s, t, &g);
                        else
                                replace_span(s, t, &g);
                }
        }
}

static bool names_metric(const cJSON *names, const char *metric) {
        const cJSON *name;
        if (!names)
                return true;
        cJSON_ArrayForEach(name, names) if (strcmp(name->valuestring, metric) == 0) return true;
        return false;
}

static void cut_gaps(struct scenario *s, const cJSON *root) {
        const cJSON *gap;
        cJSON_ArrayForEach(gap, cJSON_GetObjectItemCaseSensitive(root, "gaps")) {
                struct segment g = {.span = span_at(s, gap), .shape = "absent"};
                for (size_t i = 0; i < s->n_tracks; i++)
                        if (names_metric(cJSON_GetObjectItemCaseSensitive(gap, "metrics"), s->tracks[i].metric->name))
                                replace_span(s, &s->tracks[i], &g);
        }
        const cJSON *item;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "unread"))
                s->unread[s->n_unread++] = span_at(s, item);
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "quiet"))
                s->quiet[s->n_quiet++] = span_at(s, item);
}

static void read_settings(struct scenario *s, const cJSON *root) {
        const cJSON *item;
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "settings")) {
                struct span rest = span_of(item->string);
                char *name = span_dup(span_split(&rest, '.'));
                const struct diagnoser *d = diagnoser_find(name);
                int index = d ? param_find(d->params, rest.data) : -ENOENT;
                struct err err;
                double value;
                if (index < 0 || param_parse(&d->params[index], span_of(item->valuestring), &value, &err) < 0)
                        fault("setting %s", item->string);
                s->settings[s->n_settings].diagnoser = name;
                s->settings[s->n_settings].index = index;
                s->settings[s->n_settings++].value = value;
        }
}

static int severity_of(const cJSON *item) {
        const char *text = text_of(item, "severity");
        enum severity severity;
        if (!text)
                return -1;
        if (severity_parse(span_of(text), &severity) < 0)
                fault("severity %s", text);
        return (int)severity;
}

static void read_expected(struct scenario *s, const cJSON *root) {
        const cJSON *item, *list = cJSON_GetObjectItemCaseSensitive(root, "expect");
        if (!cJSON_IsArray(list))
                fault("expect: no list");
        s->is_benign = true;
        cJSON_ArrayForEach(item, list) {
                struct expected *e = &s->expected[s->n_expected++];
                *e = (struct expected){
                        .diagnoser = copy(text_of(item, "diagnoser")),
                        .subject = copy(text_of(item, "subject")),
                        .is_quiet = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "quiet")),
                        .onset_s = time_of(item, "onset", -1),
                        .onset_within_s = time_of(item, "onset_within", 60),
                        .resolved_by_s = time_of(item, "resolved_by", -1),
                        .severity = severity_of(item),
                        .says = copy(text_of(item, "says")),
                        .advises = copy(text_of(item, "advises")),
                        .title = copy(text_of(item, "title")),
                };
                e->opened.from_s = time_of(item, "from", 0);
                e->opened.to_s = e->opened.from_s + time_of(item, "within", s->length_s);
                if (!diagnoser_find(text_or_empty(e->diagnoser)))
                        fault("no diagnoser %s", text_or_empty(e->diagnoser));
                s->is_benign = s->is_benign && (e->is_quiet || e->severity == SEVERITY_INFO);
        }
        cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(root, "blind"))
                s->blind[s->n_blind++] = copy(item->valuestring);
}

static char *read_all(const char *path) {
        SCOPED(fclose) FILE *file = fopen(path, "re");
        SCOPED(buf_done) struct buf text = BUF_INIT(1 << 20);
        if (!file)
                fault("cannot be opened");
        for (;;) {
                char *to = buf_reserve(&text, 4096);
                size_t n = to ? fread(to, 1, 4096, file) : 0;
                if (n == 0)
                        return buf_steal(&text);
                text.len += n;
                text.data[text.len] = '\0';
        }
}

struct scenario *scenario_load(const char *path, int64_t base_s) {
        reading = path;
        SCOPED(free) char *text = read_all(path);
        cJSON *root = cJSON_Parse(text);
        if (!root)
                fault("no JSON near: %.40s", text_or_empty(cJSON_GetErrorPtr()));
        struct scenario *s = calloc(1, sizeof *s);
        s->name = copy(path);
        s->about = copy(text_of(root, "about"));
        s->base_s = base_s;
        s->length_s = time_of(root, "length", 86400);
        s->every_s = time_of(root, "every", 300);
        s->judge_from_s = time_of(root, "judge_from", 0);
        set_application(s, cJSON_GetObjectItemCaseSensitive(root, "application"));
        read_facts(s, root);
        read_states(s, root);
        if (!cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(root, "healthy")))
                scenario_make_healthy(s);
        read_series(s, root);
        cut_gaps(s, root);
        read_settings(s, root);
        read_expected(s, root);
        cJSON_Delete(root);
        return s;
}

void scenario_free(struct scenario *s) {
        for (size_t i = 0; i < s->n_tracks; i++) {
                free(s->tracks[i].dimensions);
                free(s->tracks[i].samples);
        }
        for (size_t i = 0; i < s->n_statuses; i++)
                free(s->statuses[i].status);
        for (size_t i = 0; i < s->n_operations; i++)
                operation_done(&s->operations[i]);
        for (size_t i = 0; i < s->n_snapshots; i++)
                snapshot_done(&s->snapshots[i]);
        for (size_t i = 0; i < s->n_expected; i++) {
                struct expected *e = &s->expected[i];
                char *texts[] = {e->diagnoser, e->subject, e->says, e->advises, e->title};
                for (size_t k = 0; k < ELEMENTS(texts); k++)
                        free(texts[k]);
        }
        for (size_t i = 0; i < s->n_blind; i++)
                free(s->blind[i]);
        for (size_t i = 0; i < s->n_settings; i++)
                free(s->settings[i].diagnoser);
        application_done(&s->application);
        free(s->name);
        free(s->about);
        free(s);
}
