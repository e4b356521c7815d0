/* SPDX-License-Identifier: Apache-2.0 */
#include "util/glob.h"

#include "util/span.h"

/* Linear in practice: only the last `*` is ever tried again. */
static bool matches(struct span pattern, const char *name) {
        size_t p = 0, star = pattern.len;
        const char *resume = NULL;
        while (*name) {
                if (p < pattern.len && pattern.data[p] == '*') {
                        star = p++;
                        resume = name;
                } else if (p < pattern.len && (pattern.data[p] == '?' || pattern.data[p] == *name)) {
                        p++;
                        name++;
                } else if (resume) {
                        p = star + 1;
                        name = ++resume;
                } else {
                        return false;
                }
        }
        while (p < pattern.len && pattern.data[p] == '*')
                p++;
        return p == pattern.len;
}

bool glob_matches(const char *pattern, const char *name) {
        return matches(span_of(pattern), name);
}

bool glob_list_matches(const char *list, const char *name) {
        bool has_positive = false, is_matched = false;
        struct span rest = span_of(list);
        while (rest.data) {
                struct span item = span_trim(span_split(&rest, ','));
                if (item.len == 0)
                        continue;
                if (item.data[0] == '!') {
                        item = span_trim((struct span){item.data + 1, item.len - 1});
                        if (matches(item, name))
                                return false;
                        continue;
                }
                has_positive = true;
                is_matched = is_matched || matches(item, name);
        }
        return is_matched || !has_positive;
}
