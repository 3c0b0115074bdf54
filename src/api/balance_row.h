/* A balance row: the nine fields of DescribeOrgMemberAccountBalance, in every answer that shows a
 * member's balance. Private to this room. */
#ifndef API_BALANCE_ROW_H
#define API_BALANCE_ROW_H

#include "base/buffer.h"
#include "ledger/fields.h"

/* A member of the book at `t_us`. */
void balance_row_of(const struct book *book, const struct member *member, int64_t t_us,
                    struct buffer *out);
/* A member as a command or an entry left it: its grants are those that were active then. */
void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out);

#endif
