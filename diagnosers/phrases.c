/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnosers/phrases.h"

#include <math.h>
#include <stdio.h>

#include "model/prices.h"
#include "util/text.h"
#include "util/timefmt.h"

enum { KPU_QUOTA = 64 };

struct phrase phrase_ms(double ms) {
        struct phrase p;
        if (ms < 1000)
                snprintf(p.text, sizeof p.text, "%.0f ms", ms);
        else if (ms < 120000)
                snprintf(p.text, sizeof p.text, ms < 10000 ? "%.1f s" : "%.0f s", ms / 1000);
        else
                snprintf(p.text, sizeof p.text, ms < 600000 ? "%.1f min" : "%.0f min", ms / 60000);
        return p;
}

struct phrase phrase_bytes(double bytes) {
        static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
        struct phrase p;
        size_t i = 0;
        for (; i < 4 && fabs(bytes) >= 1024; i++)
                bytes /= 1024;
        snprintf(p.text, sizeof p.text, i > 0 && fabs(bytes) < 10 ? "%.1f %s" : "%.0f %s", bytes, units[i]);
        return p;
}

struct phrase phrase_span(double span_s) {
        struct phrase p = {""};
        double grain = span_s >= 86400 * 2  ? 3600
                       : span_s >= 3600 * 6 ? 1800
                       : span_s >= 3600     ? 300
                       : span_s >= 120      ? 60
                                            : 1;
        char text[TIME_TEXT_MAX];
        time_span_text((int64_t)(round(span_s / grain) * grain), text);
        text_copy(p.text, sizeof p.text, text);
        return p;
}

struct phrase phrase_time(int64_t at_s) {
        struct phrase p;
        char text[TIME_TEXT_MAX];
        time_rfc3339(at_s, text);
        snprintf(p.text, sizeof p.text, "%.10s %.5s UTC", text, text + 11);
        return p;
}

struct phrase phrase_count(double n) {
        struct phrase p;
        if (fabs(n) >= 1e6)
                snprintf(p.text, sizeof p.text, "%.1f M", n / 1e6);
        else if (fabs(n) >= 1e4)
                snprintf(p.text, sizeof p.text, "%.0f k", n / 1e3);
        else
                snprintf(p.text, sizeof p.text,
                         n == floor(n) || fabs(n) >= 100 ? "%.0f"
                         : fabs(n) < 1                   ? "%.2f"
                                                         : "%.1f",
                         n);
        return p;
}

double kpu_usd_per_month(double kpus) {
        return kpus * prices_of(NULL).kpu_hour_usd * PRICES_MONTH_H;
}

const char *kpu_quota_note(int64_t kpus) {
        return kpus > KPU_QUOTA
                       ? " An application may have 64 KPUs by default: ask for more first (Service Quotas, code kinesisanalytics)."
                       : "";
}

int64_t application_kpus(const struct application *a) {
        int64_t parallelism = a->current_parallelism > 0 ? a->current_parallelism : a->parallelism;
        int64_t per_kpu = a->parallelism_per_kpu > 0 ? a->parallelism_per_kpu : 1;
        return parallelism > 0 ? (parallelism + per_kpu - 1) / per_kpu : 0;
}
