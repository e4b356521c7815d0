/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/activation.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

int activation_take(int *ret_fd, struct err *reterr) {
        int n = sd_listen_fds(1);
        *ret_fd = -1;
        if (n < 0)
                return err_set(reterr, n, "the sockets passed by the service manager: %s", strerror(-n));
        if (n == 0)
                return 0;
        int fd = SD_LISTEN_FDS_START;
        if (n == 1 && sd_is_socket_unix(fd, SOCK_STREAM, 1, NULL, 0) > 0) {
                *ret_fd = fd;
                return 0;
        }
        for (int i = 0; i < n; i++)
                close(fd + i);
        return err_set(
                reterr, -EINVAL,
                "the service manager passed %d socket%s: expected one ListenStream= with the path of a Unix socket", n,
                n == 1 ? " of another kind" : "s");
}
