/* The rows of nine fields in an answer of product `bursar`: its "Member", or its "Members". */
#ifndef CMD_MEMBER_ROWS_H
#define CMD_MEMBER_ROWS_H

#include "codec/shape.h"

#include <bursar.h>

/* Of struct bursar_member_balance; fields that are not of the nine are passed over. */
extern const struct shape member_row_shape;

/* The same with the object as it came. */
struct member_row {
    struct bursar_member_balance row; /* member_uin NULL: there is none */
    const char *json;
};
extern const struct shape member_row_json_shape;

/* All of them as a table with a line before it, if there are any. */
void member_rows_print(struct slice response);

#endif
