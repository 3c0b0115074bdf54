/* A balance row: the nine fields of DescribeOrgMemberAccountBalance, in every answer that shows a
 * member's balance. Private to this room. */
#ifndef API_BALANCE_ROW_H
#define API_BALANCE_ROW_H

#include "base/buffer.h"
#include "ledger/fields.h"

/* A member as a command or an entry left it: its grants are those that were active then. */
void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out);

#endif
