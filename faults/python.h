/* SPDX-License-Identifier: Apache-2.0 */
/* Tracebacks of PyFlink: in the message of a Java exception, or as a text of their own. */
#pragma once

#include "faults/trace.h"

/* Puts the exception of the last traceback in the trace's text before its other sections, as their root. */
void python_unfold(struct trace *t);
