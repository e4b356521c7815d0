/* SPDX-License-Identifier: Apache-2.0 */
/* A file of log events of any bytes, read in chunks of a size that its first byte gives, to its report. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "faults/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        SCOPED(fault_analysis_free) struct fault_analysis *a = NULL;
        SCOPED(fault_reader_free) struct fault_reader *r = NULL;
        SCOPED(fault_report_done) struct fault_report report = {0};
        static const struct fault_context nothing = {0};
        size_t chunk = size > 0 ? (size_t)data[0] + 1 : 1;
        if (fault_analysis_new(&nothing, &a) < 0 || fault_reader_new(a, &r) < 0)
                return 0;
        for (size_t at = size > 0; at < size; at += chunk)
                if (fault_reader_feed(
                            r, (struct span){(const char *)data + at, size - at < chunk ? size - at : chunk}) < 0)
                        return 0;
        if (fault_reader_end(r) < 0 || fault_analysis_report(a, &report) < 0)
                return 0;
        /* What only keeps a loop going is never called its trigger. */
        if (report.root_cause && strcmp(report.root_cause->role, "trigger") == 0 && report.root_cause->message &&
            strstr(report.root_cause->message, "Partial recovery is not supported") == report.root_cause->message)
                abort();
        return 0;
}
