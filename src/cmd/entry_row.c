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

/* A move has two members: both are read, and one is taken. */
struct reading {
    struct entry_row *row;
    struct arena *arena;
    struct bursar_member_balance after, to_after;
    bool has_after, has_to_after;
};

static bool read_after(struct json_reader *reader, struct reading *reading, bool to)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_OBJECT)
        return false;
    *(to ? &reading->has_to_after : &reading->has_after) = true;
    return member_row_read(reader, reading->arena, to ? &reading->to_after : &reading->after);
}

static bool is_amount(struct slice key)
{
    return slice_equal(key, SLICE("Amount")) || slice_equal(key, SLICE("CashAmount")) ||
           slice_equal(key, SLICE("IncomeAmount")) || slice_equal(key, SLICE("GiftAmount"));
}

static bool read_amount(struct json_reader *reader, struct entry_row *row)
{
    struct json_token token;
    struct amount amount;
    row->has_amount = true;
    return json_next(reader, &token) == JSON_NUMBER &&
           decimal_parse_cents(token.text, &amount) == DECIMAL_OK &&
           amount_add(row->amount, amount, &row->amount);
}

static struct slice *text_of(struct entry_row *row, struct slice key)
{
    return slice_equal(key, SLICE("Time"))          ? &row->time
           : slice_equal(key, SLICE("Kind"))        ? &row->kind
           : slice_equal(key, SLICE("MemberUin"))   ? &row->member
           : slice_equal(key, SLICE("ToMemberUin")) ? &row->to
           : slice_equal(key, SLICE("Reason"))      ? &row->reason
           : slice_equal(key, SLICE("MemberName")) || slice_equal(key, SLICE("Name")) ||
                   slice_equal(key, SLICE("PolicyName")) || slice_equal(key, SLICE("SecretId"))
               ? &row->name
               : NULL;
}

static struct slice *request_text_of(struct entry_row *row, struct slice key)
{
    return slice_equal(key, SLICE("Door"))        ? &row->door
           : slice_equal(key, SLICE("RequestId")) ? &row->request_id
           : slice_equal(key, SLICE("UserUin"))   ? &row->user
           : slice_equal(key, SLICE("UnixName"))  ? &row->unix_name
           : slice_equal(key, SLICE("UnixUser"))  ? &row->unix_user
                                                  : NULL;
}

static bool read_request(struct json_reader *reader, struct entry_row *row)
{
    struct json_token key, token;
    if (json_next(reader, &key) != JSON_OBJECT)
        return false;
    while (json_next(reader, &key) == JSON_KEY) {
        struct slice *text = request_text_of(row, key.text);
        if (!text) {
            if (!json_skip(reader))
                return false;
            continue;
        }
        if (json_next(reader, &token) != JSON_STRING && token.kind != JSON_NUMBER)
            return false;
        *text = token.text;
    }
    return key.kind == JSON_OBJECT_END;
}

static bool read_field(struct json_reader *reader, struct slice key, struct reading *reading)
{
    struct json_token token;
    struct slice *text = text_of(reading->row, key);
    if (slice_equal(key, SLICE("After")) || slice_equal(key, SLICE("ToAfter")))
        return read_after(reader, reading, key.at[0] == 'T');
    if (slice_equal(key, SLICE("Request")))
        return read_request(reader, reading->row);
    if (is_amount(key))
        return read_amount(reader, reading->row);
    if (slice_equal(key, SLICE("EntryId")))
        return json_next(reader, &token) == JSON_NUMBER &&
               slice_to_u64(token.text, &reading->row->entry);
    if (!text)
        return json_skip(reader);
    if (json_next(reader, &token) != JSON_STRING)
        return false;
    *text = token.text;
    return true;
}

static bool is_receiver(const struct entry_row *row, struct slice uin)
{
    return row->to.len > 0 && slice_equal(row->to, uin);
}

bool entry_row_read(struct json_reader *reader, struct arena *arena, struct slice uin,
                    struct entry_row *ret_row)
{
    struct json_token key;
    struct reading reading = {.row = ret_row, .arena = arena};
    size_t start = reader->at - 1;
    *ret_row = (struct entry_row){0};
    while (json_next(reader, &key) == JSON_KEY)
        if (!read_field(reader, key.text, &reading))
            return false;
    bool to = is_receiver(ret_row, uin);
    ret_row->raw = slice_of(reader->text.at + start, reader->at - start);
    ret_row->has_after = to ? reading.has_to_after : reading.has_after;
    ret_row->after = to ? reading.to_after : reading.after;
    ret_row->real_micros = ret_row->after.real_balance;
    ret_row->cash_micros = ret_row->after.cash_account_balance;
    return key.kind == JSON_OBJECT_END && ret_row->entry > 0;
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
    if (row->user.len > 0)
        return row->user;
    if (row->unix_user.len == 0)
        return row->door;
    buffer_append(memory, row->unix_name.len > 0 ? row->unix_name : row->unix_user);
    buffer_char(memory, '@');
    buffer_append(memory, row->door);
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
    COLUMN("RequestId", RECORD_TEXT, row.request_id),
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
