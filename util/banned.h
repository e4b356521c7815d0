/* SPDX-License-Identifier: Apache-2.0 */
/* Force-included in every file: functions that cannot be used safely do not compile. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FLINKWATCH_BANNED(function) function##_is_banned_see_util_banned_h

#undef strcpy
#define strcpy(a, b) FLINKWATCH_BANNED(strcpy)
#undef strcat
#define strcat(a, b) FLINKWATCH_BANNED(strcat)
#undef strncpy
#define strncpy(a, b, c) FLINKWATCH_BANNED(strncpy)
#undef sprintf
#define sprintf(...) FLINKWATCH_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) FLINKWATCH_BANNED(vsprintf)
#undef strtok
#define strtok(a, b) FLINKWATCH_BANNED(strtok)
#undef atoi
#define atoi(a) FLINKWATCH_BANNED(atoi)
#undef atol
#define atol(a) FLINKWATCH_BANNED(atol)
#undef atof
#define atof(a) FLINKWATCH_BANNED(atof)
#undef gmtime
#define gmtime(a) FLINKWATCH_BANNED(gmtime)
#undef localtime
#define localtime(a) FLINKWATCH_BANNED(localtime)
#undef ctime
#define ctime(a) FLINKWATCH_BANNED(ctime)
#undef asctime
#define asctime(a) FLINKWATCH_BANNED(asctime)
#undef system
#define system(a) FLINKWATCH_BANNED(system)
#undef popen
#define popen(a, b) FLINKWATCH_BANNED(popen)
