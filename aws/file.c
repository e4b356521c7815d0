/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/scope.h"

enum { CHUNK_BYTES = 4096 };

static int failed(struct err *err, const char *path, int number) {
        return err_set(err, -number, "%s: %s", path, strerrordesc_np(number));
}

static int read_all(int fd, const char *path, struct buf *ret, struct err *err) {
        char chunk[CHUNK_BYTES];
        ssize_t n;
        int r = 0;
        while (r == 0 && (n = read(fd, chunk, sizeof chunk)) != 0) {
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0) {
                        r = failed(err, path, errno);
                        break;
                }
                buf_put(ret, chunk, (size_t)n);
                if (ret->failed == -EMSGSIZE)
                        r = err_set(err, -EFBIG, "%s: longer than %zu bytes", path, ret->cap);
                else if (ret->failed)
                        r = failed(err, path, ENOMEM);
        }
        explicit_bzero(chunk, sizeof chunk);
        return r;
}

int aws_file_read(const char *path, struct buf *ret, struct err *err) {
        SCOPED(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        struct stat st;
        if (fd < 0)
                return failed(err, path, errno);
        if (fstat(fd, &st) < 0)
                return failed(err, path, errno);
        /* /dev/null is the usual way to say "no such file"; process substitution gives a pipe. */
        if (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
                return err_set(err, -EINVAL, "%s: not a file that can be read", path);
        if (st.st_size > 0 && (size_t)st.st_size <= ret->cap)
                buf_reserve(ret, (size_t)st.st_size); /* at once: growing would leave copies of a secret behind */
        return read_all(fd, path, ret, err);
}
