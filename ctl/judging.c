/* SPDX-License-Identifier: Apache-2.0 */
#include "ctl/judging.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX_BYTES = 900 << 10 }; /* a request has room for a MiB */

/* Whether a section's lines stay here: only those that are known to say nothing of judging. */
static bool is_withheld(struct span header) {
        static const char *const names[] = {"daemon", "target", "polling", "storage", "notifier"};
        size_t n = 0;
        while (n < header.len && !strchr(" \t]", header.data[n]))
                n++;
        for (size_t i = 0; i < ELEMENTS(names); i++)
                if (span_is((struct span){header.data, n}, names[i]))
                        return true;
        return false;
}

void judging_keep(struct buf *out, struct span file) {
        bool is_kept = true;
        while (file.data) {
                struct span line = span_split(&file, '\n'), text = span_trim(line);
                if (text.len > 0 && text.data[0] == '[')
                        is_kept = !is_withheld(span_trim((struct span){text.data + 1, text.len - 1}));
                if (is_kept)
                        buf_put_span(out, line);
                if (file.data)
                        buf_put_char(out, '\n');
        }
        buf_put_char(out, '\n');
}

int judging_read(const char *path, char **ret, struct err *reterr) {
        SCOPED(fclose) FILE *file = fopen(path, "re");
        SCOPED(buf_wipe) struct buf text = BUF_INIT(FILE_MAX_BYTES);
        SCOPED(buf_done) struct buf kept = BUF_INIT(FILE_MAX_BYTES + 1);
        char *to = file ? buf_reserve(&text, FILE_MAX_BYTES) : NULL;
        if (!file)
                return err_set(reterr, -errno, "%s cannot be read: %s", path, strerror(errno));
        if (!to)
                return err_set(reterr, -ENOMEM, "out of memory");
        text.len = fread(to, 1, FILE_MAX_BYTES, file);
        to[text.len] = '\0';
        if (ferror(file))
                return err_set(reterr, -EIO, "%s cannot be read: %s", path, strerror(errno));
        if (fgetc(file) != EOF)
                return err_set(reterr, -EFBIG, "%s is longer than %d KiB: is it a configuration?", path,
                               FILE_MAX_BYTES >> 10);
        if (strlen(to) != text.len)
                return err_set(reterr, -EINVAL, "%s holds NUL characters: is it a configuration?", path);
        judging_keep(&kept, buf_span(&text));
        *ret = buf_steal(&kept);
        return *ret ? 0 : err_set(reterr, -ENOMEM, "out of memory");
}
