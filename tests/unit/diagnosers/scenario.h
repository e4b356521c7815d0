/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario of tests/scenarios/ (format: README.md there): one application's timeline, minute by minute, and what must come of it. */
#pragma once

#include <stdbool.h>

#include "incidents/incidents.h"
#include "model/window.h"

enum { SERIES_MAX = 64, EXPECT_MAX = 8, NAMES_MAX = 48, STATES_MAX = 32, SPANS_MAX = 32, SETTINGS_MAX = 16 };

struct span_s {
        int64_t from_s, to_s; /* relative to the scenario's start */
};

struct track {
        const struct metric *metric;
        char *dimensions;
        struct sample *samples;
        size_t n_samples;
};

enum job_kind { JOB_RESTART, JOB_LOOP, JOB_STOPPED, JOB_DOWN, JOB_DEAD };

/* A time in which the job is not simply running. */
struct job_state {
        enum job_kind kind;
        struct span_s span;
        int64_t every_s;     /* loop: between restarts */
        bool resets_counter; /* restart: by a new job, whose counters begin at 0 */
};

struct expected {
        char *diagnoser, *subject;
        bool is_quiet;         /* recorded, not paged */
        struct span_s opened;  /* when it must open */
        int64_t onset_s;       /* -1: any */
        int64_t resolved_by_s; /* -1: any; 0: never in the scenario */
        int64_t onset_within_s;
        int severity;                 /* -1: any */
        char *says, *advises, *title; /* NULL, or what summary, advice, title must hold */
};

struct status_change {
        int64_t at_s;
        char *status;
};

struct scenario {
        char *name, *about;
        int64_t length_s, every_s, judge_from_s, base_s;
        struct application application;
        struct status_change statuses[STATES_MAX];
        size_t n_statuses;
        struct operation operations[STATES_MAX];
        size_t n_operations;
        struct snapshot snapshots[STATES_MAX];
        int64_t snapshot_ready_s[STATES_MAX];
        size_t n_snapshots;
        struct job_state states[STATES_MAX];
        size_t n_states;
        struct track tracks[SERIES_MAX];
        size_t n_tracks, likely_track; /* the one after that which was last asked for: they come in turns */
        struct span_s unread[SPANS_MAX], quiet[SPANS_MAX];
        size_t n_unread, n_quiet;
        struct expected expected[EXPECT_MAX];
        size_t n_expected;
        char *blind[NAMES_MAX]; /* diagnosers that must be blind at the end */
        size_t n_blind;
        struct {
                char *diagnoser;
                int index;
                double value;
        } settings[SETTINGS_MAX];
        size_t n_settings;
        bool is_benign; /* no page expected */
};

/* Fails the test with the file's name when it cannot be read. */
struct scenario *scenario_load(const char *path, int64_t base_s);
void scenario_free(struct scenario *s);

/* Fills the healthy tracks of that application, with its states' effects (scenario_job.c). */
void scenario_make_healthy(struct scenario *s);
struct track *scenario_track(struct scenario *s, const char *metric, const char *dimensions);
/* Evenly spread in [0, 1), the same for the same key, metric and minute whenever the scenario begins. */
double scenario_noise(const char *name, int64_t minute);
