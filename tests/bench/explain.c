/* SPDX-License-Identifier: Apache-2.0 */
/* How fast one core judges log lines, and whether the memory stays the same however long the log: a healthy job's log, and a restart loop of which
 * half is stack traces. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faults/reader.h"

enum { CHUNK_BYTES = 256 << 10, BAR_MB_S = 100, SHORT_MB = 40, LONG_MB = 200 };

#define ENVELOPE                                                                                                       \
        "\\\"applicationARN\\\":\\\"arn:aws:kinesisanalytics:eu-west-1:111122223333:application/"                      \
        "orders\\\",\\\"applicationVersionId\\\":\\\"43\\\","

static double cpu_s(void) {
        struct timespec t;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void put_line(struct buf *to, long long at_ms, const char *logger, const char *level, const char *message,
                     const char *trace) {
        buf_printf(
                to,
                "{\"timestamp\":%lld,\"message\":\"{" ENVELOPE
                "\\\"locationInformation\\\":\\\"%s.log(Some.java:123)\\\",\\\"logger\\\":\\\"%s\\\",\\\"message\\\":\\\"%s\\\","
                "\\\"messageSchemaVersion\\\":\\\"1\\\",\\\"messageType\\\":\\\"%s\\\",\\\"threadName\\\":\\\"flink-pekko.actor.default-dispatcher-"
                "17\\\"%s%s%s}\",\"ingestionTime\":%lld,\"eventId\":\"3850000000000000000000000000000000000000%lld\"}\n",
                at_ms, logger, logger, message, level, trace ? ",\\\"throwableInformation\\\":\\\"" : "",
                trace ? trace : "", trace ? "\\\"" : "", at_ms + 900, at_ms);
}

/* A minute of a healthy job. */
static void put_healthy(struct buf *to, long long at_ms) {
        char text[400];
        for (int i = 0; i < 20; i++) {
                snprintf(
                        text, sizeof text,
                        "Assigning shard shardId-%012d from stream arn:aws:kinesis:eu-west-1:111122223333:stream/orders to subtask %d.",
                        i, i % 8);
                put_line(to, at_ms + i * 100,
                         "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator", "INFO",
                         text, NULL);
        }
        snprintf(
                text, sizeof text,
                "Completed checkpoint %lld for job 7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b (18211 bytes, checkpointDuration=812 ms, finalizationTime=37 ms).",
                at_ms / 60000);
        put_line(to, at_ms + 3000, "org.apache.flink.runtime.checkpoint.CheckpointCoordinator", "INFO", text, NULL);
}

/* One round of a loop: a failure told by both sides, the restart, the source's answer. */
static void put_round(struct buf *to, long long at_ms, int attempt) {
        SCOPED(buf_done) struct buf trace = BUF_INIT(64 << 10);
        char text[400];
        buf_printf(&trace, "java.lang.NumberFormatException: For input string: \\\\\\\"12,%d\\\\\\\"", attempt % 100);
        for (int i = 0; i < 30; i++)
                buf_printf(
                        &trace,
                        "\\\\n\\\\tat org.apache.flink.streaming.runtime.tasks.Step%d.process(Step.java:%d) ~[flink-dist-1.20.0.jar:1.20.0]",
                        i, i);
        buf_put_str(&trace, "\\\\n\\\\tat com.acme.orders.ParseOrder.map(ParseOrder.java:57) ~[?:?]\\\\n");
        for (int side = 0; side < 2; side++) {
                snprintf(
                        text, sizeof text,
                        "Source: orders -> Parse (3/4)%s (1f2e3d4c5b6a79881f2e3d4c5b6a7988_cbc357ccb763df2852fee8c4fc7d55f2_2_%d) switched from RUNNING to "
                        "FAILED with failure cause:",
                        side == 0 ? "#1" : "", attempt);
                put_line(to, at_ms + side * 14,
                         side == 0 ? "org.apache.flink.runtime.taskmanager.Task"
                                   : "org.apache.flink.runtime.executiongraph.ExecutionGraph",
                         "WARN", text, buf_str(&trace));
        }
        for (int i = 0; i < 16; i++) {
                snprintf(
                        text, sizeof text,
                        "Source: orders -> Parse (%d/16) (1f2e3d4c5b6a79881f2e3d4c5b6a7988_cbc357ccb763df2852fee8c4fc7d55f2_%d_%d) switched from CANCELING to "
                        "CANCELED.",
                        i + 1, i, attempt);
                put_line(to, at_ms + 30 + i, "org.apache.flink.runtime.executiongraph.ExecutionGraph", "INFO", text,
                         NULL);
        }
        put_line(
                to, at_ms + 60, "org.apache.flink.runtime.source.coordinator.SourceCoordinator", "ERROR",
                "Uncaught exception in the SplitEnumerator for Source Source: orders while handling subtask 2 recovery. Triggering job failover.",
                "java.lang.UnsupportedOperationException: Partial recovery is not supported\\\\n\\\\tat "
                "org.apache.flink.connector.kinesis.source.enumerator.KinesisStreamsSourceEnumerator.addSplitsBack(KinesisStreamsSourceEnumerator.java:163)");
        put_line(to, at_ms + 10000, "org.apache.flink.runtime.executiongraph.ExecutionGraph", "INFO",
                 "Job orders (7f3c2a9b8e1d4c5f6a7b8c9d0e1f2a3b) switched from state RESTARTING to RUNNING.", NULL);
}

struct figures {
        double mb, seconds;
        size_t peak_bytes;
};

/* The block again, later: every line begins with {"timestamp": and 13 digits. */
static void shift(struct buf *lines, long long by_ms) {
        for (char *p = lines->data, *end = p + lines->len; p < end;
             p = (char *)memchr(p, '\n', (size_t)(end - p)) + 1) {
                char *digits = p + strlen("{\"timestamp\":");
                long long at_ms = strtoll(digits, NULL, 10) + by_ms;
                for (int i = 12; i >= 0; i--, at_ms /= 10)
                        digits[i] = (char)('0' + at_ms % 10);
        }
}

/* Only the reading is timed, not the making of the lines. */
static struct figures judge(bool is_loop, double mb) {
        SCOPED(buf_done) struct buf lines = BUF_INIT(16 << 20);
        SCOPED(fault_analysis_free) struct fault_analysis *a = NULL;
        SCOPED(fault_reader_free) struct fault_reader *r = NULL;
        SCOPED(fault_report_done) struct fault_report report = {0};
        static const struct fault_context nothing = {0};
        struct figures f = {0};
        long long from_ms = 1767225600000, at_ms = from_ms;
        if (fault_analysis_new(&nothing, &a) < 0 || fault_reader_new(a, &r) < 0)
                abort();
        for (int i = 0; lines.len < 8 << 20; i++, at_ms += 60000)
                if (is_loop)
                        put_round(&lines, at_ms, i);
                else
                        put_healthy(&lines, at_ms);
        size_t before = mallinfo2().uordblks;
        for (; f.mb < mb; shift(&lines, at_ms - from_ms)) {
                double began_s = cpu_s();
                for (size_t at = 0; at < lines.len; at += CHUNK_BYTES)
                        if (fault_reader_feed(r, (struct span){lines.data + at, lines.len - at < CHUNK_BYTES
                                                                                        ? lines.len - at
                                                                                        : CHUNK_BYTES}) < 0)
                                abort();
                f.seconds += cpu_s() - began_s;
                f.mb += (double)lines.len / 1e6;
                size_t now = mallinfo2().uordblks - before;
                f.peak_bytes = now > f.peak_bytes ? now : f.peak_bytes;
        }
        if (fault_reader_end(r) < 0 || fault_analysis_report(a, &report) < 0 || (report.root_cause != NULL) != is_loop)
                abort();
        return f;
}

static void tell(const char *name, bool is_loop) {
        struct figures brief = judge(is_loop, SHORT_MB), lengthy = judge(is_loop, LONG_MB);
        double mb_s = lengthy.mb / lengthy.seconds;
        printf("explain   %s, %.0f MB: %.0f MB/s of one core (bar %d): %s\n", name, lengthy.mb, mb_s, BAR_MB_S,
               mb_s >= BAR_MB_S ? "met" : "missed");
        bool is_constant = lengthy.peak_bytes <= brief.peak_bytes + brief.peak_bytes / 10;
        printf("explain   %s, memory: %.1f MiB after %.0f MB, %.1f MiB after %.0f MB (bar: the same): %s\n", name,
               (double)brief.peak_bytes / 1048576, brief.mb, (double)lengthy.peak_bytes / 1048576, lengthy.mb,
               is_constant ? "met" : "missed");
}

int main(void) {
        tell("healthy log", false);
        tell("restart loop", true);
        return 0;
}
