/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/family.h"

#include <math.h>
#include <string.h>

#include "util/number.h"
#include "util/utf8.h"

void family_head(struct buf *out, const struct family *f, bool is_openmetrics) {
        static const char *const types[] = {"gauge", "counter", "histogram"};
        const char *total = f->type == FAMILY_COUNTER && !is_openmetrics ? "_total" : "";
        buf_printf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", f->name, total, f->help, f->name, total, types[f->type]);
        if (is_openmetrics && f->unit)
                buf_printf(out, "# UNIT %s %s\n", f->name, f->unit);
}

/* Escaped as the formats ask for; what is no UTF-8 becomes U+FFFD. */
static void put_value(struct buf *out, const char *text) {
        size_t len = text ? strlen(text) : 0;
        for (size_t i = 0, width; i < len; i += width) {
                width = utf8_width(text + i, len - i);
                if (width == 0) {
                        buf_put_str(out, "\xef\xbf\xbd");
                        width = 1;
                } else if (text[i] == '\\' || text[i] == '"') {
                        buf_printf(out, "\\%c", text[i]);
                } else if (text[i] == '\n') {
                        buf_put_str(out, "\\n");
                } else {
                        buf_put(out, text + i, width);
                }
        }
}

void family_sample(struct buf *out, const struct family *f, const char *suffix, const struct family_label *labels,
                   size_t n_labels, double value) {
        char number[32];
        buf_printf(out, "%s%s%s", f->name, suffix, f->type == FAMILY_COUNTER ? "_total" : "");
        for (size_t i = 0; i < n_labels; i++) {
                buf_printf(out, "%s%s=\"", i == 0 ? "{" : ",", labels[i].name);
                put_value(out, labels[i].value);
                buf_put_str(out, i + 1 == n_labels ? "\"}" : "\"");
        }
        if (isfinite(value))
                number_format(value, number);
        else
                memcpy(number, "NaN", 4);
        buf_printf(out, " %s\n", number);
}
