// SPDX-License-Identifier: Apache-2.0
// CPU seconds that the JavaScript SDK takes for one GetMetricData request of 500 queries, five points each: poller.mjs PORT
import assert from "node:assert";
import { CloudWatchClient, GetMetricDataCommand } from "@aws-sdk/client-cloudwatch";

const requests = 100;
const metrics = `runningTime numRestarts restartingTime failingTime cancellingTime numberOfFailedCheckpoints lastCheckpointDuration
lastCheckpointSize cpuUtilization containerCPUUtilization heapMemoryUtilization containerMemoryUtilization containerDiskUtilization
oldGenerationGCTime oldGenerationGCCount threadsCount numRecordsInPerSecond numRecordsOutPerSecond numLateRecordsDropped
millisBehindLatest records_lag_max currentInputWatermark currentOutputWatermark managedMemoryUtilization busyTimeMsPerSecond`.split(/\s+/);

const queries = [];
for (let i = 0; i < 20; i++)
  for (const metric of metrics)
    queries.push({
      Id: `q${queries.length}`,
      MetricStat: {
        Metric: {
          Namespace: "AWS/KinesisAnalytics",
          MetricName: metric,
          Dimensions: [{ Name: "Application", Value: `payments-application-${String(i).padStart(5, "0")}` }],
        },
        Period: 60,
        Stat: "Maximum",
      },
    });

const client = new CloudWatchClient({
  region: "eu-west-1",
  endpoint: `http://127.0.0.1:${process.argv[2]}`,
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG" },
  maxAttempts: 1,
});

async function poll() {
  const StartTime = new Date("2026-01-01T00:00:00Z");
  const EndTime = new Date("2026-01-01T00:05:00Z");
  const answer = await client.send(
    new GetMetricDataCommand({ MetricDataQueries: queries, StartTime, EndTime, ScanBy: "TimestampAscending" }));
  const results = answer.MetricDataResults;
  assert(results.length === 500 && results.every((r) => r.Values.length === 5 && r.Timestamps.length === 5));
}

for (let i = 0; i < 20; i++) await poll(); // the compiler has seen it
const before = process.cpuUsage();
for (let i = 0; i < requests; i++) await poll();
const used = process.cpuUsage(before);
console.log((used.user + used.system) / 1e6 / requests);
