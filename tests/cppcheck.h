/* SPDX-License-Identifier: Apache-2.0 */
/* Macros of libraries, for cppcheck, which does not read their headers. */
#define cJSON_ArrayForEach(item, array) for (item = (array) ? (array)->child : NULL; item; item = item->next)
