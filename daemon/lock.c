/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "util/scope.h"

static void read_holder(int fd, char pid[32]) {
        ssize_t n = pread(fd, pid, 31, 0);
        pid[n > 0 ? n : 0] = '\0';
        pid[strspn(pid, "0123456789")] = '\0';
}

int lock_take(const char *state_directory, int *ret_fd, struct err *reterr) {
        char path[PATH_MAX], pid[32];
        snprintf(path, sizeof path, "%s/lock", state_directory);
        SCOPED(close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
                return err_set(reterr, -errno, "cannot write to the state directory %s: %s", state_directory,
                               strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                if (errno != EWOULDBLOCK)
                        return err_set(reterr, -errno, "cannot lock %s: %s", path, strerror(errno));
                read_holder(fd, pid);
                return err_set(
                        reterr, -EBUSY,
                        "state directory %s is in use by flinkwatchd with pid %s: stop that one first or use another state_directory",
                        state_directory, pid[0] ? pid : "unknown");
        }
        int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
        if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) != n)
                return err_set(reterr, -errno, "cannot write %s: %s", path, strerror(errno));
        *ret_fd = fd;
        fd = -1;
        return 0;
}
