/* SPDX-License-Identifier: Apache-2.0 */
/* When something only stopped answering: what heap, collection, CPU and container memory did in the five minutes before, against the
 * hour before. What the numbers do not show is not claimed. */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "faults/analysis.h"
#include "util/text.h"

enum { NEAR_S = 300, BASE_S = 3600 };

/* Limits beyond which a process is taken to have had no time left to answer. */
enum { HEAP_FULL_PCT = 90, GC_HIGH_PCT = 10, GC_SOLE_PCT = 25, CPU_PINNED_PCT = 95, CONTAINER_FULL_PCT = 95 };

struct reading_pair {
        double near, base; /* NaN: no data */
};

static double extreme(const struct series_view *s, int64_t from_s, int64_t to_s, bool is_mean) {
        double sum = 0, most = NAN;
        size_t n = 0;
        for (size_t i = s ? series_from(s, from_s) : 0; s && i < s->n_samples && s->samples[i].at_s < to_s; i++) {
                double v = s->samples[i].value;
                most = n == 0 || v > most ? v : most;
                sum += v;
                n++;
        }
        return n == 0 ? NAN : is_mean ? sum / (double)n : most;
}

/* The peak of the minutes before, the mean of the hour before those. The minute of the fault itself may hold it. */
static struct reading_pair read_pair(const struct window *w, const char *metric, int64_t fault_s) {
        const struct series_view *s = window_find(w, metric, "Maximum");
        s = s ? s : window_find(w, metric, NULL);
        return (struct reading_pair){extreme(s, fault_s - NEAR_S, fault_s + 60, false),
                                     extreme(s, fault_s - NEAR_S - BASE_S, fault_s - NEAR_S, true)};
}

static void put_reading(struct buf *to, const char *name, struct reading_pair r, const char *unit) {
        if (isnan(r.near))
                return;
        buf_printf(to, "%s%s %.0f %s", to->len > 0 ? ", " : "", name, r.near, unit);
        if (!isnan(r.base))
                buf_printf(to, " (%.0f in the hour before)", r.base);
}

struct signs {
        struct reading_pair heap, gc_pct, cpu, memory;
};

static struct signs read_signs(const struct window *w, int64_t fault_s) {
        struct signs s = {read_pair(w, "heapMemoryUtilization", fault_s), read_pair(w, "oldGenerationGCTime", fault_s),
                          read_pair(w, "containerCPUUtilization", fault_s),
                          read_pair(w, "containerMemoryUtilization", fault_s)};
        /* Milliseconds a minute as a share of the wall clock. */
        s.gc_pct.near = s.gc_pct.near * 100 / 60000;
        s.gc_pct.base = s.gc_pct.base * 100 / 60000;
        return s;
}

static bool is_rising(struct reading_pair r, double by) {
        return isnan(r.base) || r.near > r.base + by;
}

static const char *decide(const struct signs *s, struct root_cause *to) {
        bool is_gc = s->gc_pct.near >= GC_SOLE_PCT ||
                     (s->gc_pct.near >= GC_HIGH_PCT && (s->heap.near >= HEAP_FULL_PCT - 5 || is_rising(s->gc_pct, 5)));
        bool is_heap = s->heap.near >= HEAP_FULL_PCT, is_container = s->memory.near >= CONTAINER_FULL_PCT;
        if (is_gc || is_heap || is_container) {
                to->category = "memory";
                return is_gc || is_heap ? "collection and a full heap left no time to answer: "
                                        : "the container's memory was full: ";
        }
        if (s->cpu.near >= CPU_PINNED_PCT) {
                to->category = "resource";
                return "the CPU was taken whole: ";
        }
        bool is_known = !isnan(s->cpu.near) && (!isnan(s->heap.near) || !isnan(s->gc_pct.near));
        if (is_known && strcmp(to->category, "unknown") == 0)
                to->category = "network";
        return is_known ? "neither memory nor CPU explains it, suspect the network (VPC, interfaces): "
                        : "not enough metrics to tell: ";
}

/* Without metrics, the log itself may tell of a pause just before. */
static int pivot_by_log(const struct fault_analysis *a, int64_t fault_s, struct root_cause *to) {
        SCOPED(buf_done) struct buf text = BUF_INIT(400);
        int64_t before_ms = fault_s * 1000 + 1000 - a->pause_ms;
        if (!a->pause[0] || a->pause_ms <= 0 || before_ms < 0 || before_ms > NEAR_S * 1000)
                return 0;
        to->category = "memory";
        buf_printf(&text, "the log tells of a pause before it: %s", a->pause);
        return text_replace(&to->pivot, buf_str(&text));
}

int report_pivot(const struct fault_analysis *a, int64_t fault_s, const struct fault *cause, struct root_cause *to) {
        SCOPED(buf_done) struct buf readings = BUF_INIT(600), text = BUF_INIT(1000);
        const struct fault_context *c = &a->context;
        if (cause->role != ROLE_SYMPTOM || fault_s <= 0)
                return 0;
        if (!c->window)
                return pivot_by_log(a, fault_s, to);
        struct signs s = read_signs(c->window, fault_s);
        put_reading(&readings, "old-generation GC", s.gc_pct, "% of wall clock");
        put_reading(&readings, "heap", s.heap, "%");
        put_reading(&readings, "container CPU", s.cpu, "%");
        put_reading(&readings, "container memory", s.memory, "%");
        buf_printf(&text, "%s%s", decide(&s, to),
                   readings.len > 0 ? buf_str(&readings) : "no data point in the 5 minutes before");
        return text_replace(&to->pivot, buf_str(&text));
}
