/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/scope.h"

extern char **environ;

enum { WORDS_MAX = 16 };

static size_t split(char *command, char **words) {
        size_t n = 0;
        char *rest = command, *word;
        while ((word = strsep(&rest, " \t")) && n + 1 < WORDS_MAX)
                if (word[0])
                        words[n++] = word;
        words[n] = NULL;
        return n;
}

static int start(char *const *words, int from, pid_t *ret_pid) {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
        int r = posix_spawnp(ret_pid, words[0], &actions, NULL, words, environ);
        posix_spawn_file_actions_destroy(&actions);
        return -r;
}

static void feed(int to, struct span text) {
        while (text.len > 0) {
                ssize_t n = write(to, text.data, text.len);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return; /* the reader has seen enough */
                text.data += n;
                text.len -= (size_t)n;
        }
}

static int run(char *const *words, struct span text) {
        int ends[2];
        pid_t pid;
        if (pipe2(ends, O_CLOEXEC) < 0)
                return -errno;
        int r = start(words, ends[0], &pid);
        close(ends[0]);
        if (r == 0) {
                void (*interrupt)(int) = signal(SIGINT, SIG_IGN), (*broken)(int) = signal(SIGPIPE, SIG_IGN);
                feed(ends[1], text);
                close(ends[1]);
                while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
                        ;
                signal(SIGINT, interrupt);
                signal(SIGPIPE, broken);
                return 0;
        }
        close(ends[1]);
        return r;
}

int pager_show(struct span text) {
        const char *wanted = getenv("FLINKWATCH_PAGER");
        char *words[WORDS_MAX];
        wanted = wanted ? wanted : getenv("PAGER");
        SCOPED(free) char *command = strdup(wanted ? wanted : "less");
        if (!command || split(command, words) == 0 || strcmp(words[0], "cat") == 0)
                return -ENOENT;
        setenv("LESS", "FRX", 0);
        setenv("LESSCHARSET", "utf-8", 0);
        return run(words, text);
}
