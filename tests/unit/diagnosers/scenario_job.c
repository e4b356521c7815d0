/* SPDX-License-Identifier: Apache-2.0 */
/* What a healthy job publishes, minute by minute, and what becomes of it while it restarts, is down, dead or stopped. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/diagnosers/scenario.h"

enum { MINUTE = 60, DAY = 86400 };

double scenario_noise(const char *name, int64_t minute) {
        uint64_t h = 1469598103934665603u;
        for (; *name; name++)
                h = (h ^ (unsigned char)*name) * 1099511628211u;
        h ^= (uint64_t)minute * 0x9E3779B97F4A7C15u;
        h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9u;
        h = (h ^ (h >> 27)) * 0x94D049BB133111EBu;
        h ^= h >> 31;
        return (double)(h >> 11) / 9007199254740992.0;
}

/* The state that the job is in, NULL when it runs; single restarts last their minute. */
static const struct job_state *state_at(const struct scenario *s, int64_t at_s) {
        for (size_t i = 0; i < s->n_states; i++)
                if (at_s + MINUTE > s->states[i].span.from_s && at_s < s->states[i].span.to_s)
                        return &s->states[i];
        return NULL;
}

/* The job's running figures, carried from minute to minute. */
struct job {
        double uptime_ms, restarts, failed_checkpoints, lag_ms, duration_ms, size_bytes, watermark_s, down_ms,
                next_restart_s;
        bool is_working, is_there;
};

/* Daily load around 1: least at night, most in the afternoon. */
static double load(int64_t at_s) {
        return 1 + 0.5 * sin(2 * M_PI * ((double)(at_s % DAY) / DAY - 0.375));
}

static void restart(struct job *j, int64_t at_s, double into_minute_s) {
        j->restarts++;
        j->uptime_ms = 0;
        (void)at_s;
        j->down_ms += fmin(15000, (60 - into_minute_s) * 1000);
}

static void step_loop(struct job *j, const struct job_state *st, int64_t at_s) {
        double from_s = fmax((double)st->span.from_s, (double)at_s);
        double minimum_ms = j->uptime_ms + 60000;
        if (j->next_restart_s < from_s)
                j->next_restart_s = from_s;
        for (; j->next_restart_s < (double)at_s + MINUTE && j->next_restart_s < (double)st->span.to_s;
             j->next_restart_s += (double)st->every_s) {
                restart(j, at_s, j->next_restart_s - (double)at_s);
                minimum_ms = 0;
        }
        /* Lives of under two minutes get nothing done. */
        j->is_working = st->every_s > 180 && minimum_ms > 0;
        j->uptime_ms = minimum_ms > 0 ? minimum_ms : j->uptime_ms;
        if (st->every_s <= 180)
                j->failed_checkpoints += (at_s / MINUTE) % 3 == 0;
}

static void step(const struct scenario *s, struct job *j, int64_t at_s) {
        const struct job_state *st = state_at(s, at_s);
        j->down_ms = 0;
        j->is_working = j->is_there = true;
        if (!st)
                j->uptime_ms += 60000;
        else if (st->kind == JOB_RESTART) {
                restart(j, at_s, 30);
                if (st->resets_counter)
                        j->restarts = j->failed_checkpoints = 0;
        } else if (st->kind == JOB_LOOP)
                step_loop(j, st, at_s);
        else if (st->kind == JOB_STOPPED) {
                j->is_there = j->is_working = false;
                j->uptime_ms = j->restarts = j->failed_checkpoints = 0;
        } else if (st->kind == JOB_DOWN) {
                j->is_working = false;
                j->uptime_ms = 0;
                j->down_ms = 60000;
        } else {
                j->is_working = false;
                j->uptime_ms += 60000;
        }
        double now_s = (double)(s->base_s + at_s);
        if (j->is_working && j->is_there) {
                j->lag_ms = fmax(300 + 900 * scenario_noise("lag", at_s / MINUTE), j->lag_ms - 240000);
                j->watermark_s = now_s - 5 - j->lag_ms / 1000;
                j->duration_ms = floor(3500 + 1800 * scenario_noise("duration", at_s / MINUTE) + 600 * load(at_s));
                j->size_bytes = floor(4.0e8 + 6.0e7 * load(at_s) + 4.0e6 * scenario_noise("size", at_s / MINUTE));
        } else if (st)
                j->lag_ms += 60000;
}

static void put(struct scenario *s, const char *metric, const char *dimensions, int64_t at_s, double value) {
        struct track *t = scenario_track(s, metric, dimensions);
        if (t && !isnan(value))
                t->samples[t->n_samples++] = (struct sample){s->base_s + at_s, value};
}

static double noisy(const char *name, int64_t at_s, double level, double share) {
        return round(100 * level * (1 + share * (2 * scenario_noise(name, at_s / MINUTE) - 1))) / 100;
}

static void publish_times(struct scenario *s, const struct job *j, int64_t at_s) {
        bool is_2 = flink_version(s->application.runtime) >= 202;
        put(s, is_2 ? "runningTime" : "uptime", "", at_s, j->uptime_ms);
        put(s, is_2 ? "numRestarts" : "fullRestarts", "", at_s, j->restarts);
        put(s, is_2 ? "restartingTime" : "downtime", "", at_s, j->down_ms);
        if (is_2) {
                put(s, "failingTime", "", at_s, 0);
                put(s, "cancellingTime", "", at_s, 0);
        }
}

static void publish_tasks(struct scenario *s, const struct job *j, int64_t at_s) {
        static const char *const tasks[] = {"Task=Source: orders -> Parse", "Task=Window -> Score", "Task=Sink: s3"};
        if (metric_level_parse(s->application.metrics_level) == LEVEL_APPLICATION)
                return;
        for (size_t i = 0; i < 3; i++) {
                double busy = j->is_working ? noisy(tasks[i], at_s, 260 + 160 * load(at_s), 0.2) : 0;
                put(s, "busyTimeMsPerSecond", tasks[i], at_s, busy);
                put(s, "backPressuredTimeMsPerSecond", tasks[i], at_s,
                    j->is_working ? noisy("bp", at_s + (int64_t)i, 18, 0.9) : 0);
                put(s, "idleTimeMsPerSecond", tasks[i], at_s, 980 - busy);
        }
}

static void publish_work(struct scenario *s, const struct job *j, int64_t at_s) {
        double l = j->is_working ? load(at_s) : 0.02, work = j->is_working ? 1 : 0;
        put(s, "cpuUtilization", "", at_s, noisy("cpu", at_s, 4 + 36 * l, 0.15));
        put(s, "containerCPUUtilization", "", at_s, noisy("ccpu", at_s, 6 + 36 * l, 0.15));
        /* A heap fills and is collected: a sawtooth of half an hour. */
        put(s, "heapMemoryUtilization", "", at_s, noisy("heap", at_s, 42 + 22 * (double)(at_s % 1740) / 1740, 0.04));
        put(s, "containerMemoryUtilization", "", at_s, noisy("mem", at_s, 63, 0.03));
        put(s, "containerDiskUtilization", "", at_s, noisy("disk", at_s, 12, 0.02));
        put(s, "oldGenerationGCTime", "", at_s, at_s % 1740 < MINUTE ? 180 : 0);
        put(s, "oldGenerationGCCount", "", at_s, at_s % 1740 < MINUTE ? 1 : 0);
        put(s, "threadsCount", "", at_s, floor(118 + 6 * scenario_noise("threads", at_s / MINUTE)));
        put(s, "numRecordsInPerSecond", "", at_s, work * noisy("in", at_s, 2400 * l, 0.1));
        put(s, "numRecordsOutPerSecond", "", at_s, work * noisy("out", at_s, 2300 * l, 0.1));
        put(s, "numLateRecordsDropped", "", at_s, 0);
        put(s, "millisBehindLatest", "", at_s, floor(j->lag_ms));
        put(s, "currentInputWatermark", "", at_s, j->watermark_s * 1000);
        put(s, "currentOutputWatermark", "", at_s, (j->watermark_s - 2) * 1000);
        put(s, "managedMemoryUtilization", "", at_s, noisy("managed", at_s, 55, 0.02));
        if (at_s % 3600 == 0)
                put(s, "KPUs", "", at_s,
                    (double)(s->application.parallelism /
                                     (s->application.parallelism_per_kpu ? s->application.parallelism_per_kpu : 1) +
                             1));
}

void scenario_make_healthy(struct scenario *s) {
        struct job j = {.uptime_ms = 3.6e8, .next_restart_s = -1};
        for (int64_t at_s = 0; at_s < s->length_s; at_s += MINUTE) {
                step(s, &j, at_s);
                if (!j.is_there)
                        continue;
                publish_times(s, &j, at_s);
                put(s, "numberOfFailedCheckpoints", "", at_s, j.failed_checkpoints);
                if (j.duration_ms > 0) {
                        put(s, "lastCheckpointDuration", "", at_s, j.duration_ms);
                        put(s, "lastCheckpointSize", "", at_s, j.size_bytes);
                }
                publish_work(s, &j, at_s);
                publish_tasks(s, &j, at_s);
        }
}
