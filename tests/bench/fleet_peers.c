/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/fleet.h"
#include "util/scope.h"

static const char *source_folder(void) {
        const char *folder = getenv("FLINKWATCH_SRCDIR");
        return folder ? folder : ".";
}

/* The number that a program prints, 0 when it fails. */
static double run(const char *const *argv, const char *folder) {
        int ends[2], status = 0;
        char text[128] = "";
        if (pipe(ends) < 0)
                return 0;
        fflush(stdout);
        pid_t pid = fork();
        if (pid == 0) {
                dup2(ends[1], STDOUT_FILENO);
                close(ends[0]);
                close(ends[1]);
                if (folder && chdir(folder) < 0)
                        _exit(1);
                execvp(argv[0], (char *const *)argv);
                _exit(127);
        }
        close(ends[1]);
        SCOPED(fclose) FILE *in = fdopen(ends[0], "r");
        while (in && fgets(text, sizeof text, in))
                ;
        if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
                return 0;
        return strtod(text, NULL);
}

double fleet_peer_boto_s(int port) {
        const char *python = getenv("PYTHON");
        char script[PATH_MAX], number[16];
        snprintf(script, sizeof script, "%s/tests/bench/boto_poller.py", source_folder());
        snprintf(number, sizeof number, "%d", port);
        return run((const char *[]){python ? python : "/usr/bin/python3", "-B", script, number, NULL}, NULL);
}

/* Installs the SDK below `folder`, as its lock file has it. */
double fleet_peer_javascript_s(int port, const char *folder) {
        char command[4 * PATH_MAX], home[PATH_MAX];
        if (!realpath(source_folder(), home))
                return 0;
        snprintf(command, sizeof command,
                 "command -v npm >/dev/null || { echo 'npm is not installed' >&2; exit 1; }; "
                 "mkdir js && cp '%s'/tests/bench/js_poller/* js/ && cd js && "
                 "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2 && exec node poller.mjs %d",
                 home, port);
        return run((const char *[]){"/bin/sh", "-c", command, NULL}, folder);
}
