# SPDX-License-Identifier: Apache-2.0
"""CPU seconds that botocore takes for one GetMetricData request of 500 queries, five points each: boto_poller.py PORT"""

import datetime
import resource
import sys

import botocore.config
import botocore.session

REQUESTS = 20
APPLICATIONS = 20
METRICS = """runningTime numRestarts restartingTime failingTime cancellingTime numberOfFailedCheckpoints lastCheckpointDuration
lastCheckpointSize cpuUtilization containerCPUUtilization heapMemoryUtilization containerMemoryUtilization containerDiskUtilization
oldGenerationGCTime oldGenerationGCCount threadsCount numRecordsInPerSecond numRecordsOutPerSecond numLateRecordsDropped
millisBehindLatest records_lag_max currentInputWatermark currentOutputWatermark managedMemoryUtilization busyTimeMsPerSecond""".split()


def queries():
    return [{"Id": f"q{i * len(METRICS) + k}",
             "MetricStat": {"Metric": {"Namespace": "AWS/KinesisAnalytics", "MetricName": metric,
                                       "Dimensions": [{"Name": "Application", "Value": f"payments-application-{i:05}"}]},
                            "Period": 60, "Stat": "Maximum"}}
            for i in range(APPLICATIONS) for k, metric in enumerate(METRICS)]


def cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    session = botocore.session.get_session()
    session.set_credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG")
    client = session.create_client("cloudwatch", region_name="eu-west-1", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}",
                                   config=botocore.config.Config(retries={"max_attempts": 0}))
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
    asked = queries()

    def poll():
        answer = client.get_metric_data(MetricDataQueries=asked, StartTime=start, EndTime=start + datetime.timedelta(minutes=5),
                                        ScanBy="TimestampAscending")
        results = answer["MetricDataResults"]
        assert len(results) == 500 and all(len(r["Values"]) == 5 == len(r["Timestamps"]) for r in results)

    poll()
    before = cpu_s()
    for _ in range(REQUESTS):
        poll()
    print((cpu_s() - before) / REQUESTS)


main()
