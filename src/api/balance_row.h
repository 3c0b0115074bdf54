/* A balance row: the nine fields of DescribeOrgMemberAccountBalance, in every answer that shows a
 * member's balance. Private to this room. */
#ifndef API_BALANCE_ROW_H
#define API_BALANCE_ROW_H

#include "codec/shape.h"
#include "ledger/fields.h"

struct balance_row {
    struct fields fields;
    bool is_credit;
    struct uin uin;
    struct slice name;
};
extern const struct shape balance_row_shape;

/* As a command or an entry left it. */
struct balance_row balance_row_after(const struct member_state *state, struct uin uin,
                                     struct slice name);
/* By hand, for those who write many: the same bytes as by the table. */
void balance_row_write(const struct balance_row *row, struct buffer *out);
/* A member of the book at `t_us`. */
void balance_row_of(const struct book *book, const struct member *member, int64_t t_us,
                    struct buffer *out);
/* A member as a command or an entry left it: its grants are those that were active then. */
void balance_row_render(const struct member_state *state, struct uin uin, struct slice name,
                        struct buffer *out);

#endif
