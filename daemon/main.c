/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "daemon/service.h"

static const char usage[] = "Usage: flinkwatchd [OPTION]...\n"
                            "Watches Apache Flink applications on Amazon Managed Service for Apache Flink.\n"
                            "\n"
                            "  -c, --config FILE      configuration (default " SYSCONFDIR
                            "/flinkwatch/flinkwatch.conf)\n"
                            "      --check-config     say what is wrong with the configuration and exit: 0 or 78\n"
                            "      --oneshot          one full round: discover, collect, diagnose, deliver; then exit\n"
                            "      --log-level LEVEL  debug, info, notice, warning or error\n"
                            "      --version          print the version and exit\n"
                            "  -h, --help             print this and exit\n"
                            "\n"
                            "See flinkwatchd(8) and flinkwatch.conf(5).\n";

enum { DESCRIPTORS = 8192 };
enum { OPTION_CHECK = 256, OPTION_ONESHOT, OPTION_LEVEL, OPTION_VERSION };

struct command {
        struct service_options service;
        bool is_check;
};

/* -1: go on; else the exit status. */
static int parse_arguments(int argc, char **argv, struct command *ret) {
        static const struct option options[] = {
                {"config", required_argument, NULL, 'c'},
                {"check-config", no_argument, NULL, OPTION_CHECK},
                {"oneshot", no_argument, NULL, OPTION_ONESHOT},
                {"log-level", required_argument, NULL, OPTION_LEVEL},
                {"version", no_argument, NULL, OPTION_VERSION},
                {"help", no_argument, NULL, 'h'},
                {0},
        };
        int option;
        enum log_level level;
        while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
                switch (option) {
                case 'c':
                        ret->service.config_path = optarg;
                        break;
                case OPTION_CHECK:
                        ret->is_check = true;
                        break;
                case OPTION_ONESHOT:
                        ret->service.is_oneshot = true;
                        break;
                case OPTION_LEVEL:
                        if (log_level_parse(span_of(optarg), &level) < 0) {
                                fprintf(stderr,
                                        "flinkwatchd: --log-level %s: expected debug, info, notice, warning or error\n",
                                        optarg);
                                return EX_USAGE;
                        }
                        ret->service.log_level = (int)level;
                        break;
                case OPTION_VERSION:
                        puts("flinkwatchd " PACKAGE_VERSION);
                        return EX_OK;
                case 'h':
                        fputs(usage, stdout);
                        return EX_OK;
                default:
                        fputs("Try flinkwatchd --help.\n", stderr);
                        return EX_USAGE;
                }
        }
        if (optind < argc) {
                fprintf(stderr, "flinkwatchd: unexpected argument %s. Try flinkwatchd --help.\n", argv[optind]);
                return EX_USAGE;
        }
        return -1;
}

/* What the process holds in memory is nobody's business, after a crash or before. The limit alone is not heeded where the kernel hands core
 * files to a program. */
static void forbid_core_files(void) {
        struct rlimit none = {0, 0};
        setrlimit(RLIMIT_CORE, &none);
        prctl(PR_SET_DUMPABLE, 0);
}

/* The soft limit is 1024 for the sake of programs that use select(). */
static void raise_descriptors(void) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= DESCRIPTORS)
                return;
        limit.rlim_cur = limit.rlim_max < DESCRIPTORS ? limit.rlim_max : DESCRIPTORS;
        setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
        struct command command = {.service = {.config_path = SYSCONFDIR "/flinkwatch/flinkwatch.conf",
                                              .log_level = -1,
                                              .version = PACKAGE_VERSION}};
        int status = parse_arguments(argc, argv, &command);
        if (status >= 0)
                return status;
        forbid_core_files();
        raise_descriptors();
        signal(SIGPIPE, SIG_IGN);
        struct config *config = NULL;
        SCOPED(config_faults_done) struct config_faults faults = {0};
        if (config_load(command.service.config_path, &config, &faults) < 0) {
                fputs(faults.n > 0 ? buf_str(&faults.lines) : "flinkwatchd: out of memory\n", stderr);
                return EX_CONFIG;
        }
        if (command.is_check) {
                config_free(config);
                return EX_OK;
        }
        log_open(command.service.log_level >= 0 ? (enum log_level)command.service.log_level : config->log_level);
        return service_run(&command.service, config);
}
