/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as people say them in titles and summaries. */
#pragma once

#include <stdint.h>

#include "model/window.h"

enum { PHRASE_MAX = 64 };

struct phrase {
        char text[PHRASE_MAX];
};

struct phrase phrase_ms(double ms);       /* "850 ms" "45.2 s" "3.5 min" */
struct phrase phrase_bytes(double bytes); /* "512 MiB" "1.4 GiB" */
struct phrase phrase_span(double span_s); /* "45 s" "12 min" "3 h 20 min": rounded to what matters */
struct phrase phrase_time(int64_t at_s);  /* "2026-01-02 03:04 UTC" */
struct phrase phrase_count(double n);     /* "12" "4.5" "1.2 M" */
/* Dollars a month of that many KPUs, at the price that most regions have. */
double kpu_usd_per_month(double kpus);
/* A sentence that begins with a blank when so many need a higher quota than an account has by default, else "". */
const char *kpu_quota_note(int64_t kpus);
/* Application KPUs: ceil(parallelism / per KPU), without the orchestration KPU. 0: not known. */
int64_t application_kpus(const struct application *a);
