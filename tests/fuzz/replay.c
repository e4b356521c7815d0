/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libFuzzer in the tests: runs a fuzz target over the files and folders that are named. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/fuzz.h"
#include "util/buf.h"
#include "util/scope.h"

enum { INPUT_MAX = 16 << 20 };

static int replay(const char *path);

static int replay_folder(const char *path, DIR *folder) {
        int n = 0;
        for (struct dirent *entry; (entry = readdir(folder));) {
                SCOPED(buf_done) struct buf name = BUF_INIT(4096);
                buf_printf(&name, "%s/%s", path, entry->d_name);
                if (entry->d_name[0] != '.')
                        n += replay(buf_str(&name));
        }
        return n;
}

static int replay(const char *path) {
        DIR *folder = opendir(path);
        if (folder) {
                int n = replay_folder(path, folder);
                closedir(folder);
                return n;
        }
        SCOPED(fclose) FILE *f = fopen(path, "rb");
        SCOPED(buf_done) struct buf content = BUF_INIT(INPUT_MAX);
        char chunk[65536];
        size_t n;
        while (f && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
                buf_put(&content, chunk, n);
        /* A copy of exactly that size: one byte too many is seen. */
        uint8_t *exact = malloc(content.len > 0 ? content.len : 1);
        must(f && exact && content.failed == 0);
        if (content.len > 0)
                memcpy(exact, buf_str(&content), content.len);
        LLVMFuzzerTestOneInput(exact, content.len);
        free(exact);
        return 1;
}

int main(int argc, char **argv) {
        int n = 0;
        for (int i = 1; i < argc; i++)
                n += replay(argv[i]);
        printf("%s: %d inputs\n", argv[0], n);
        return n > 0 ? 0 : 1;
}
