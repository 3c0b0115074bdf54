/* Rows of nine fields (cmd/member_rows.h). Owns the memory of one answer's rows. Main thread. */
#include "cmd/member_rows.h"

#include "cmd/balances.h"
#include "codec/shape.h"

enum { ARENA_BYTES = 65536, ARENA_BYTES_MAX = 256 << 20 };

#define ROW_MEMBER(kind, member, name)                                                             \
    SHAPE_MEMBER(kind, struct bursar_member_balance, member, name, NULL)
static const struct shape_member row_members[] = {
    ROW_MEMBER(CENTS, basic_credit_amount, "BasicCreditAmount"),
    ROW_MEMBER(CENTS, cash_account_balance, "CashAccountBalance"),
    ROW_MEMBER(CENTS, credit_amount, "CreditAmount"),
    ROW_MEMBER(BOOL, is_credit_account, "IsCreditAccount"),
    ROW_MEMBER(WORD, member_name, "MemberName"),
    ROW_MEMBER(WORD, member_uin, "MemberUin"),
    ROW_MEMBER(CENTS, owe_amount, "OweAmount"),
    ROW_MEMBER(CENTS, real_balance, "RealBalance"),
    ROW_MEMBER(CENTS, temp_credit, "TempCredit"),
};
static const struct shape row_shape = SHAPE(row_members, struct bursar_member_balance);

bool member_row_read(struct json_reader *reader, struct arena *arena,
                     struct bursar_member_balance *ret_row)
{
    struct shape_wrong wrong;
    size_t start = reader->at - 1;
    if (!json_skip_rest(reader, JSON_OBJECT))
        return false;
    struct slice row = slice_of(reader->text.at + start, reader->at - start);
    return shape_read(&row_shape, row, arena, ret_row, &wrong);
}

/* --- the rows of an answer --- */

struct rows {
    const struct bursar_member_balance *members;
    size_t count;
    struct bursar_member_balance member;
    bool has_members;
};

static const struct shape_member rows_members[] = {
    SHAPE_NESTED(true, struct rows, member, &row_shape, "Member", NULL),
    SHAPE_GIVEN_LIST(struct rows, members, count, has_members, &row_shape, "Members", NULL),
};
static const struct shape rows_shape = SHAPE(rows_members, struct rows);

/* What cannot be read is not printed: the answer itself was checked by the client. */
static size_t walk_rows(struct slice response, struct balances *balances)
{
    struct rows rows;
    struct arena arena;
    struct shape_wrong wrong;
    if (!arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX))
        return 0;
    if (!shape_read(&rows_shape, response, &arena, &rows, &wrong))
        rows = (struct rows){.count = 0};
    if (rows.member.member_uin) {
        rows.members = &rows.member;
        rows.count = 1;
    }
    for (size_t i = 0; i < rows.count && balances; i++)
        balances_print(balances, &rows.members[i]);
    arena_done(&arena);
    return rows.count;
}

size_t member_rows_count(struct slice response)
{
    return walk_rows(response, NULL);
}

void member_rows_print(struct slice response)
{
    struct balances balances;
    balances_init(&balances, OUTPUT_TABLE);
    balances_open(&balances);
    size_t count = walk_rows(response, &balances);
    balances_end(&balances, true, count);
}
