/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "util/scope.h"

static bool is_missed;

void report_bar(const char *what, double figure, const char *unit, double at_most) {
        bool is_met = figure <= at_most;
        printf("  %-58s %10.3f %-8s (bar %g: %s)\n", what, figure, unit, at_most, is_met ? "met" : "MISSED");
        is_missed = is_missed || !is_met;
}

void report_say(const char *what, double figure, const char *unit) {
        printf("  %-58s %10.3f %s\n", what, figure, unit);
}

bool report_is_missed(void) {
        return is_missed;
}

/* The first value of that name in a file of "name : value" lines. */
static void find_value(const char *path, const char *name, char *into, size_t size) {
        char line[512];
        SCOPED(fclose) FILE *in = fopen(path, "r");
        snprintf(into, size, "unknown");
        while (in && fgets(line, sizeof line, in)) {
                char *value = strchr(line, ':');
                if (!value || strncmp(line, name, strlen(name)) != 0)
                        continue;
                value += strspn(value, ": \t");
                value[strcspn(value, "\n")] = '\0';
                snprintf(into, size, "%s", value);
                return;
        }
}

/* The mount whose folder is the longest beginning of the path. */
static void find_file_system(const char *folder, char *into, size_t size) {
        char line[1024], device[256], mount[256], kind[64];
        size_t longest = 0;
        SCOPED(fclose) FILE *in = fopen("/proc/self/mounts", "r");
        snprintf(into, size, "unknown");
        while (in && fgets(line, sizeof line, in)) {
                if (sscanf(line, "%255s %255s %63s", device, mount, kind) != 3)
                        continue;
                size_t len = strlen(mount);
                if (len < longest || strncmp(folder, mount, len) != 0)
                        continue;
                longest = len;
                snprintf(into, size, "%s on %s", kind, device);
        }
}

void report_machine(const char *folder) {
        char processor[128], file_system[400];
        struct utsname name;
        find_value("/proc/cpuinfo", "model name", processor, sizeof processor);
        find_file_system(folder, file_system, sizeof file_system);
        long memory_mib = sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024);
        printf("machine: %s, %ld cores, %ld MiB", processor, sysconf(_SC_NPROCESSORS_ONLN), memory_mib);
        if (uname(&name) == 0)
                printf(", %s %s", name.sysname, name.release);
        printf("; files on %s", file_system);
        double load;
        if (getloadavg(&load, 1) == 1)
                printf("; load %.1f when it began", load);
        printf("\n");
}
