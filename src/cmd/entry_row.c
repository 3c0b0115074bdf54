/* Entries for people (cmd/entry_row.h). Owns nothing. Main thread.
 *
 * 1. Tables are in units of the currency, CSV in the API's cents, as everywhere. */
#include "cmd/entry_row.h"

#include "codec/decimal.h"
#include "codec/records.h"

const struct table_column entry_columns[ENTRY_COLUMNS] = {
    {"ENTRY", true},  {"TIME", false},        {"KIND", false},
    {"AMOUNT", true}, {"REAL BALANCE", true}, {"CASH", true},
    {"BY", false},    {"REASON", false},      {"MEMBER UIN", false},
};

#define OF_ASKER(kind, member, name) SHAPE_OPTIONAL(kind, struct entry_asker, member, name, NULL)
static const struct shape_member asker_members[] = {
    OF_ASKER(TEXT, door, "Door"),
    OF_ASKER(TEXT, request_id, "RequestId"),
    OF_ASKER(TEXT, unix_name, "UnixName"),
    SHAPE_GIVEN(COUNT, struct entry_asker, unix_user, has_unix_user, "UnixUser", NULL),
    OF_ASKER(TEXT, user, "UserUin"),
};
static const struct shape asker_shape = SHAPE(asker_members, struct entry_asker);

#define OF_ROW(kind, member, name) SHAPE_OPTIONAL(kind, struct entry_row, member, name, NULL)
#define AMOUNT_OF_ROW(i, name)                                                                     \
    SHAPE_GIVEN(CENTS, struct entry_row, amounts[i], has_amounts[i], name, NULL)
static const struct shape_member row_members[] = {
    SHAPE_NESTED(true, struct entry_row, after, &member_row_shape, "After", NULL),
    AMOUNT_OF_ROW(0, "Amount"),
    AMOUNT_OF_ROW(1, "CashAmount"),
    SHAPE_MEMBER(COUNT, struct entry_row, entry, "EntryId", NULL),
    AMOUNT_OF_ROW(2, "GiftAmount"),
    AMOUNT_OF_ROW(3, "IncomeAmount"),
    SHAPE_MEMBER(TEXT, struct entry_row, kind, "Kind", NULL),
    OF_ROW(TEXT, names[0], "MemberName"),
    OF_ROW(TEXT, member, "MemberUin"),
    OF_ROW(TEXT, names[1], "Name"),
    OF_ROW(TEXT, names[2], "PolicyName"),
    OF_ROW(TEXT, reason, "Reason"),
    SHAPE_NESTED(true, struct entry_row, by, &asker_shape, "Request", NULL),
    OF_ROW(TEXT, names[3], "SecretId"),
    SHAPE_MEMBER(TEXT, struct entry_row, time, "Time", NULL),
    SHAPE_NESTED(true, struct entry_row, to_after, &member_row_shape, "ToAfter", NULL),
    OF_ROW(TEXT, to, "ToMemberUin"),
};
const struct shape entry_row_shape = SHAPE_KEEPING_JSON(row_members, struct entry_row, raw);

static bool is_receiver(const struct entry_row *row, struct slice uin)
{
    return row->to.len > 0 && slice_equal(row->to, uin);
}

/* A move has two members: one is taken. */
bool entry_row_settle(struct entry_row *row, struct slice uin)
{
    if (is_receiver(row, uin))
        row->after = row->to_after;
    row->has_after = row->after.member_uin != NULL;
    row->real_micros = row->after.real_balance;
    row->cash_micros = row->after.cash_account_balance;
    for (size_t i = 0; i < 4; i++) {
        row->has_amount = row->has_amount || row->has_amounts[i];
        row->name = row->names[i].len > 0 ? row->names[i] : row->name;
        if (!amount_add(row->amount, row->amounts[i], &row->amount))
            return false;
    }
    return row->entry > 0;
}

/* What an entry of a kind does to RealBalance: +1, -1 or nothing. */
static int direction_of(const struct entry_row *row, struct slice uin)
{
    static const struct slice up[] = {{"top_up", 6},  {"refund", 6}, {"grant_gift", 10},
                                      {"release", 7}, {"expire", 6}, {"adjust", 6},
                                      {"opening", 7}};
    static const struct slice down[] = {{"withdraw", 8}, {"charge", 6}, {"hold", 4}};
    if (slice_equal(row->kind, SLICE("move")))
        return is_receiver(row, uin) ? 1 : -1;
    for (size_t i = 0; i < sizeof up / sizeof *up; i++)
        if (slice_equal(row->kind, up[i]))
            return 1;
    for (size_t i = 0; i < sizeof down / sizeof *down; i++)
        if (slice_equal(row->kind, down[i]))
            return -1;
    return 0;
}

void entry_row_print_amount(const struct entry_row *row, struct slice uin, struct buffer *out)
{
    int direction = direction_of(row, uin);
    if (!row->has_amount)
        return;
    if (direction > 0 && !amount_is_negative(row->amount))
        buffer_char(out, '+');
    if (direction < 0)
        buffer_char(out, '-');
    decimal_print_units(out, row->amount);
}

static struct slice units(struct buffer *memory, bool given, int64_t micros)
{
    size_t start = memory->len;
    if (given)
        decimal_print_units(memory, (struct amount){micros});
    return slice_of(memory->at + start, memory->len - start);
}

/* Why, or with whom, or which name, policy or key. */
static struct slice reason_of(const struct entry_row *row, struct slice uin, struct buffer *memory)
{
    size_t start = memory->len;
    if (row->to.len > 0) {
        bool to = is_receiver(row, uin);
        buffer_text(memory, to ? "from " : "to ");
        buffer_append(memory, to ? row->member : row->to);
        buffer_text(memory, row->reason.len > 0 ? ": " : "");
    }
    buffer_append(memory, row->reason.len > 0 ? row->reason : row->name);
    return slice_of(memory->at + start, memory->len - start);
}

/* The account, sub-account or role of the key; or the user of the server's machine. */
static struct slice by_of(const struct entry_row *row, struct buffer *memory)
{
    size_t start = memory->len;
    const struct entry_asker *by = &row->by;
    if (by->user.len > 0)
        return by->user;
    if (!by->has_unix_user)
        return by->door;
    if (by->unix_name.len > 0)
        buffer_append(memory, by->unix_name);
    else
        buffer_u64(memory, by->unix_user);
    buffer_char(memory, '@');
    buffer_append(memory, by->door);
    return slice_of(memory->at + start, memory->len - start);
}

void entry_row_cells(const struct entry_row *row, struct slice uin, struct buffer *memory,
                     struct slice ret_cells[ENTRY_COLUMNS])
{
    enum { CELLS_BYTES_MAX = 8192 };
    buffer_clear(memory);
    if (!buffer_reserve(memory, CELLS_BYTES_MAX)) /* so that the cells stay where they are */
        return;
    size_t start = memory->len;
    if (row->entry > 0)
        buffer_u64(memory, row->entry);
    ret_cells[0] = slice_of(memory->at + start, memory->len - start);
    ret_cells[1] = row->time;
    ret_cells[2] = row->kind;
    start = memory->len;
    entry_row_print_amount(row, uin, memory);
    ret_cells[3] = slice_of(memory->at + start, memory->len - start);
    ret_cells[4] = units(memory, row->has_after, row->real_micros);
    ret_cells[5] = units(memory, row->has_after, row->cash_micros);
    ret_cells[6] = by_of(row, memory);
    ret_cells[7] = reason_of(row, uin, memory);
    ret_cells[8] = row->member;
}

struct csv_row {
    struct entry_row row;
    struct slice by;
};

#define COLUMN(name, kind, member)                                                                 \
    {                                                                                              \
        name, kind, offsetof(struct csv_row, member), false                                        \
    }
static const struct record_column csv_columns[] = {
    COLUMN("EntryId", RECORD_COUNT, row.entry),
    COLUMN("Time", RECORD_TEXT, row.time),
    COLUMN("Kind", RECORD_TEXT, row.kind),
    COLUMN("MemberUin", RECORD_TEXT, row.member),
    COLUMN("ToMemberUin", RECORD_TEXT, row.to),
    COLUMN("Amount", RECORD_CENTS, row.amount),
    COLUMN("RealBalance", RECORD_CENTS, row.real_micros),
    COLUMN("CashAccountBalance", RECORD_CENTS, row.cash_micros),
    COLUMN("Reason", RECORD_TEXT, row.reason),
    COLUMN("By", RECORD_TEXT, by),
    COLUMN("RequestId", RECORD_TEXT, row.by.request_id),
};
static const struct record_table csv_table = RECORD_TABLE(csv_columns, struct csv_row);

void entry_csv_header(struct buffer *out)
{
    records_write_header(&csv_table, out);
}

void entry_row_csv(const struct entry_row *row, struct buffer *out)
{
    char text[160];
    struct buffer memory;
    buffer_init_fixed(&memory, text, sizeof text);
    const struct csv_row csv = {*row, by_of(row, &memory)};
    record_set empty = (row->entry > 0 ? 0 : 1U << 0) | (row->has_amount ? 0 : 1U << 5) |
                       (row->has_after ? 0 : 3U << 6);
    records_write_csv(&csv_table, &csv, ~empty, out);
}
