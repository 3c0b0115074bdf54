/* Rows of nine fields (cmd/member_rows.h). Owns the memory of one answer. Main thread. */
#include "cmd/member_rows.h"

#include "cmd/answer.h"
#include "cmd/balances.h"

enum { ARENA_BYTES = 65536, ARENA_BYTES_MAX = 256 << 20 };

#define NINE(kind, member, name)                                                                   \
    SHAPE_MEMBER(kind, struct bursar_member_balance, member, name, NULL)
static const struct shape_member nine[] = {
    NINE(WORD, member_uin, "MemberUin"),
    NINE(WORD, member_name, "MemberName"),
    NINE(BOOL, is_credit_account, "IsCreditAccount"),
    NINE(CENTS, real_balance, "RealBalance"),
    NINE(CENTS, cash_account_balance, "CashAccountBalance"),
    NINE(CENTS, credit_amount, "CreditAmount"),
    NINE(CENTS, temp_credit, "TempCredit"),
    NINE(CENTS, basic_credit_amount, "BasicCreditAmount"),
    NINE(CENTS, owe_amount, "OweAmount"),
};
const struct shape member_row_shape = SHAPE(nine, struct bursar_member_balance);
const struct shape member_row_json_shape = SHAPE_KEEPING_JSON(nine, struct member_row, json);

struct rows {
    struct bursar_member_balance member; /* member_uin NULL: there is none */
    const struct bursar_member_balance *members;
    size_t count;
    bool are_given;
};
static const struct shape_member rows_members[] = {
    SHAPE_NESTED(true, struct rows, member, &member_row_shape, "Member", NULL),
    SHAPE_GIVEN_LIST(struct rows, members, count, are_given, &member_row_shape, "Members", NULL),
};
static const struct shape rows_shape = SHAPE(rows_members, struct rows);

/* What cannot be read is not printed: the answer itself was checked by the client. */
void member_rows_print(struct slice response)
{
    struct arena arena;
    struct balances balances;
    struct rows rows;
    if (!arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX))
        return;
    if (answer_parse(&rows_shape, response, &arena, &rows) &&
        (rows.count > 0 || rows.member.member_uin)) {
        output_write(SLICE("\n"));
        balances_init(&balances, OUTPUT_TABLE);
        balances_open(&balances);
        if (rows.member.member_uin)
            balances_print(&balances, &rows.member);
        for (size_t i = 0; i < rows.count; i++)
            balances_print(&balances, &rows.members[i]);
        balances_end(&balances, true, balances.count);
    }
    arena_done(&arena);
}
