/* The rows of nine fields in an answer of product `bursar`: its "Member", or its "Members". */
#ifndef CMD_MEMBER_ROWS_H
#define CMD_MEMBER_ROWS_H

#include "base/arena.h"
#include "codec/json.h"

#include <bursar.h>

/* A row whose '{' was just read; texts are in the arena. Fields that are not of the nine are
 * skipped. False when it is not such a row. */
bool member_row_read(struct json_reader *reader, struct arena *arena,
                     struct bursar_member_balance *ret_row);

/* How many there are, and all of them as a table. */
size_t member_rows_count(struct slice response);
void member_rows_print(struct slice response);

#endif
