/* SPDX-License-Identifier: Apache-2.0 */
/* The database's tables, as an ordered list of migrations. */
#pragma once

#include "store/db.h"

/* Brings the database to the newest version, one transaction a step. -EPROTO: it was made by a newer flinkwatch. */
int schema_migrate(struct db *db);
/* The version that this program makes. */
int64_t schema_version(void);
