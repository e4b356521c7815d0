/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/doctor_machine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "aws/shlex.h"
#include "util/text.h"

enum {
        FREE_WARNING_MB = 1024, /* a year of twenty applications */
        FREE_FAILED_MB = 64,    /* SQLite needs room for its log to commit anything */
        FILES_LEAST = 1024,     /* 768 clients, the network, the store */
        MEND_MAX_BYTES = 4096,
};

static void examine_directory(const char *path, struct doctor_lines *lines) {
        SCOPED(close) int fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        int error = errno;
        if (fd < 0 && (error == EOPNOTSUPP || error == EISDIR))
                error = access(path, W_OK | X_OK) == 0 ? 0 : errno;
        else if (fd >= 0)
                error = 0;
        if (error == 0) {
                doctor_say(lines, VERDICT_OK, "state_directory", NULL, NULL, "%s is writable", path);
                return;
        }
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        if (error == ENOSPC || error == EDQUOT) {
                buf_printf(&mend, "make room on the file system of %s", path);
        } else {
                buf_printf(&mend, "sudo chown -R $(stat -c %%U /proc/%d) ", (int)getpid());
                shlex_quote(&mend, path);
                buf_put_str(&mend, ", and let the unit write there (StateDirectory=, ReadWritePaths=)");
        }
        doctor_say(lines, VERDICT_FAILED, "state_directory", NULL, buf_str(&mend), "%s is not writable: %s", path,
                   strerror(error));
}

static void examine_space(const char *path, struct doctor_lines *lines) {
        struct statvfs fs;
        if (statvfs(path, &fs) < 0) {
                doctor_say(lines, VERDICT_FAILED, "free_space", NULL, "does the folder exist?", "%s: %s", path,
                           strerror(errno));
                return;
        }
        uint64_t free_mb = (uint64_t)fs.f_bavail * fs.f_frsize >> 20,
                 all_mb = (uint64_t)fs.f_blocks * fs.f_frsize >> 20;
        enum verdict verdict = free_mb < FREE_FAILED_MB    ? VERDICT_FAILED
                               : free_mb < FREE_WARNING_MB ? VERDICT_WARNING
                                                           : VERDICT_OK;
        SCOPED(buf_done) struct buf mend = BUF_INIT(MEND_MAX_BYTES);
        buf_printf(&mend, "make room on the file system of %s, or lower retention in [storage]", path);
        doctor_say(lines, verdict, "free_space", NULL, verdict == VERDICT_OK ? NULL : buf_str(&mend),
                   "%llu of %llu MiB are free where %s is", (unsigned long long)free_mb, (unsigned long long)all_mb,
                   path);
}

/* The database and what SQLite and the store keep beside it. */
static void examine_database(const char *path, const struct store *s, struct doctor_lines *lines) {
        uint64_t bytes = 0;
        size_t n_moved = 0;
        DIR *directory = opendir(path);
        for (struct dirent *entry; directory && (entry = readdir(directory));) {
                struct stat st;
                if (strncmp(entry->d_name, "flinkwatch.db", 13) != 0 ||
                    fstatat(dirfd(directory), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                        continue;
                bytes += (uint64_t)st.st_size;
                n_moved += strncmp(entry->d_name, "flinkwatch.db.corrupt", 21) == 0 && !strstr(entry->d_name, "-wal") &&
                           !strstr(entry->d_name, "-shm");
        }
        if (directory)
                closedir(directory);
        int64_t n_bad = store_unreadable(s);
        SCOPED(buf_done) struct buf text = BUF_INIT(MEND_MAX_BYTES);
        buf_printf(&text, "%.1f MiB in %s", (double)bytes / (1 << 20), path);
        if (n_bad > 0)
                buf_printf(&text, "; %lld damaged pieces of history were left out", (long long)n_bad);
        if (n_moved > 0)
                buf_printf(&text, "; a damaged database was moved aside %zu times", n_moved);
        bool is_good = n_bad == 0 && n_moved == 0;
        doctor_say(lines, is_good ? VERDICT_OK : VERDICT_WARNING, "database", NULL,
                   is_good ? NULL
                           : "look at the disk (journalctl -k, smartctl -a); then remove flinkwatch.db.corrupt-*",
                   "%s", buf_str(&text));
}

static void examine_socket(const struct doctor_socket *socket, struct doctor_lines *lines) {
        struct stat st;
        if (lstat(socket->path, &st) < 0 || !S_ISSOCK(st.st_mode)) {
                doctor_say(lines, VERDICT_FAILED, "socket", NULL, "sudo systemctl restart flinkwatch",
                           "%s is gone: no other client can reach the daemon", socket->path);
                return;
        }
        unsigned mode = (unsigned)(st.st_mode & 0777);
        if (!socket->group)
                doctor_say(lines, VERDICT_OK, "socket", NULL, NULL,
                           "%s, mode %03o: for root and the daemon's user only (no socket_group)", socket->path, mode);
        else if (st.st_gid != socket->gid)
                doctor_say(lines, VERDICT_FAILED, "socket", NULL, "sudo systemctl restart flinkwatch",
                           "%s belongs to the group of number %u, socket_group is %s (%u)", socket->path,
                           (unsigned)st.st_gid, socket->group, (unsigned)socket->gid);
        else
                doctor_say(lines, VERDICT_OK, "socket", NULL, NULL, "%s, mode %03o, group %s", socket->path, mode,
                           socket->group);
}

static void examine_files(struct doctor_lines *lines) {
        struct rlimit limit;
        size_t n_open = 0;
        DIR *directory = opendir("/proc/self/fd");
        for (struct dirent *entry; directory && (entry = readdir(directory));)
                n_open += entry->d_name[0] != '.';
        if (directory) {
                n_open--; /* the directory itself */
                closedir(directory);
        }
        if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
                return;
        unsigned long long most = (unsigned long long)limit.rlim_cur;
        bool is_full = most - most / 5 < n_open, is_low = most < FILES_LEAST;
        doctor_say(lines,
                   is_full  ? VERDICT_FAILED
                   : is_low ? VERDICT_WARNING
                            : VERDICT_OK,
                   "open_files", NULL,
                   is_full || is_low ? "sudo systemctl edit flinkwatch: [Service] LimitNOFILE=4096" : NULL,
                   "%zu of %llu", n_open, most);
}

void machine_examine(const char *state_directory, const struct doctor_socket *socket, const struct store *s,
                     struct doctor_lines *lines) {
        examine_directory(state_directory, lines);
        examine_space(state_directory, lines);
        examine_database(state_directory, s, lines);
        examine_socket(socket, lines);
        examine_files(lines);
}
