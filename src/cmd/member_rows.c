/* Rows of nine fields (cmd/member_rows.h). Owns the memory of one walk through an answer. Main
 * thread. */
#include "cmd/member_rows.h"

#include "cmd/balances.h"
#include "codec/decimal.h"

#include <string.h>

enum { ARENA_BYTES = 65536, ARENA_BYTES_MAX = 256 << 20 };

static const char *keep(struct arena *arena, struct slice text)
{
    char *copy = arena_take(arena, text.len + 1);
    if (!copy)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    return copy;
}

static bool read_text(struct json_reader *reader, struct arena *arena, const char **ret_text)
{
    struct json_token token;
    if (json_next(reader, &token) != JSON_STRING)
        return false;
    *ret_text = keep(arena, token.text);
    return *ret_text != NULL;
}

static int64_t *amount_of(struct bursar_member_balance *row, struct slice key)
{
    struct {
        struct slice name;
        int64_t *amount;
    } amounts[] = {
        {SLICE("RealBalance"), &row->real_balance},
        {SLICE("CashAccountBalance"), &row->cash_account_balance},
        {SLICE("CreditAmount"), &row->credit_amount},
        {SLICE("TempCredit"), &row->temp_credit},
        {SLICE("BasicCreditAmount"), &row->basic_credit_amount},
        {SLICE("OweAmount"), &row->owe_amount},
    };
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        if (slice_equal(amounts[i].name, key))
            return amounts[i].amount;
    return NULL;
}

static bool read_field(struct json_reader *reader, struct slice key, struct arena *arena,
                       struct bursar_member_balance *row)
{
    struct json_token token;
    struct amount amount;
    int64_t *micros = amount_of(row, key);
    if (slice_equal(key, SLICE("MemberUin")))
        return read_text(reader, arena, &row->member_uin);
    if (slice_equal(key, SLICE("MemberName")))
        return read_text(reader, arena, &row->member_name);
    if (slice_equal(key, SLICE("IsCreditAccount"))) {
        enum json_kind kind = json_next(reader, &token);
        row->is_credit_account = kind == JSON_TRUE;
        return kind == JSON_TRUE || kind == JSON_FALSE;
    }
    if (!micros)
        return json_skip(reader);
    if (json_next(reader, &token) != JSON_NUMBER ||
        decimal_parse_cents(token.text, &amount) != DECIMAL_OK)
        return false;
    *micros = amount.micros;
    return true;
}

bool member_row_read(struct json_reader *reader, struct arena *arena,
                     struct bursar_member_balance *ret_row)
{
    struct json_token key;
    *ret_row = (struct bursar_member_balance){.member_uin = "", .member_name = ""};
    while (json_next(reader, &key) == JSON_KEY)
        if (!read_field(reader, key.text, arena, ret_row))
            return false;
    return key.kind == JSON_OBJECT_END;
}

/* --- the rows of an answer --- */

struct walk {
    struct json_reader reader;
    struct arena arena;
    struct balances *balances; /* NULL = only count */
    size_t count;
};

static bool take_row(struct walk *walk)
{
    struct bursar_member_balance row;
    if (!member_row_read(&walk->reader, &walk->arena, &row))
        return false;
    walk->count++;
    if (walk->balances)
        balances_print(walk->balances, &row);
    return true;
}

static bool take_field(struct walk *walk, struct slice key)
{
    struct json_token token;
    if (slice_equal(key, SLICE("Member")))
        return json_next(&walk->reader, &token) == JSON_OBJECT && take_row(walk);
    if (!slice_equal(key, SLICE("Members")))
        return json_skip(&walk->reader);
    if (json_next(&walk->reader, &token) != JSON_ARRAY)
        return false;
    while (json_next(&walk->reader, &token) == JSON_OBJECT)
        if (!take_row(walk))
            return false;
    return token.kind == JSON_ARRAY_END;
}

/* What cannot be read is not printed: the answer itself was checked by the client. */
static size_t walk_rows(struct slice response, struct balances *balances)
{
    struct walk walk = {.balances = balances};
    struct json_token key;
    if (!arena_init(&walk.arena, ARENA_BYTES, ARENA_BYTES_MAX))
        return 0;
    json_reader_init(&walk.reader, response, &walk.arena);
    if (json_next(&walk.reader, &key) == JSON_OBJECT)
        while (json_next(&walk.reader, &key) == JSON_KEY && take_field(&walk, key.text))
            ;
    arena_done(&walk.arena);
    return walk.count;
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
