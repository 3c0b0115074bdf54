/* Members' balances on standard output (cmd/balances.h). Owns its line. Main thread.
 *
 * 1. Tables are for people: units of the currency. JSON, JSONL and CSV keep the API's names and its
 *    cents, so that they can be imported again.
 * 2. JSON has the API's key order: alphabetical. */
#include "cmd/balances.h"

#include "base/amount.h"
#include "codec/decimal.h"
#include "codec/records.h"

/* Nine cells; a name of 64 characters is at most 256 bytes, doubled when all of it is escaped. */
enum { LINE_BYTES_MAX = 8192, AMOUNT_COUNT = 6 };

static const struct table_column columns[] = {
    {"MEMBER UIN", false},  {"NAME", false}, {"CREDIT ACCOUNT", false},
    {"REAL BALANCE", true}, {"CASH", true},  {"CREDIT", true},
    {"TEMPORARY", true},    {"BASIC", true}, {"OWED", true},
};

#define COLUMN(name, kind, member)                                                                 \
    {                                                                                              \
        name, kind, offsetof(struct bursar_member_balance, member), true                           \
    }
static const struct record_column csv_columns[] = {
    COLUMN("MemberUin", RECORD_WORD, member_uin),
    COLUMN("MemberName", RECORD_WORD, member_name),
    COLUMN("IsCreditAccount", RECORD_BOOLEAN, is_credit_account),
    COLUMN("RealBalance", RECORD_CENTS, real_balance),
    COLUMN("CashAccountBalance", RECORD_CENTS, cash_account_balance),
    COLUMN("CreditAmount", RECORD_CENTS, credit_amount),
    COLUMN("TempCredit", RECORD_CENTS, temp_credit),
    COLUMN("BasicCreditAmount", RECORD_CENTS, basic_credit_amount),
    COLUMN("OweAmount", RECORD_CENTS, owe_amount),
};
static const struct record_column json_columns[] = {
    COLUMN("BasicCreditAmount", RECORD_CENTS, basic_credit_amount),
    COLUMN("CashAccountBalance", RECORD_CENTS, cash_account_balance),
    COLUMN("CreditAmount", RECORD_CENTS, credit_amount),
    COLUMN("IsCreditAccount", RECORD_BOOLEAN, is_credit_account),
    COLUMN("MemberName", RECORD_WORD, member_name),
    COLUMN("MemberUin", RECORD_WORD, member_uin),
    COLUMN("OweAmount", RECORD_CENTS, owe_amount),
    COLUMN("RealBalance", RECORD_CENTS, real_balance),
    COLUMN("TempCredit", RECORD_CENTS, temp_credit),
};
static const struct record_table csv_table =
    RECORD_TABLE(csv_columns, struct bursar_member_balance);
static const struct record_table json_table =
    RECORD_TABLE(json_columns, struct bursar_member_balance);

void balances_init(struct balances *balances, enum output_format format)
{
    *balances = (struct balances){.format = format};
    buffer_init(&balances->line, LINE_BYTES_MAX);
    output_table_init(&balances->table, columns, sizeof columns / sizeof *columns);
}

void balances_open(struct balances *balances)
{
    if (balances->open)
        return;
    balances->open = true;
    switch (balances->format) {
    case OUTPUT_TABLE:
        break;
    case OUTPUT_CSV:
        records_write_header(&csv_table, &balances->line);
        output_write(buffer_slice(&balances->line));
        break;
    case OUTPUT_JSON:
        output_write(SLICE("{\"Data\":["));
        break;
    case OUTPUT_JSONL:
        break;
    }
}

static void print_table(struct balances *balances, const struct bursar_member_balance *member)
{
    const int64_t amounts[AMOUNT_COUNT] = {
        member->real_balance, member->cash_account_balance, member->credit_amount,
        member->temp_credit,  member->basic_credit_amount,  member->owe_amount,
    };
    struct slice cells[3 + AMOUNT_COUNT] = {
        slice_text(member->member_uin),
        slice_text(member->member_name),
        slice_text(member->is_credit_account ? "yes" : "no"),
    };
    size_t ends[AMOUNT_COUNT];
    for (size_t i = 0; i < AMOUNT_COUNT; i++) {
        decimal_print_units(&balances->line, (struct amount){amounts[i]});
        ends[i] = balances->line.len;
    }
    for (size_t i = 0, start = 0; i < AMOUNT_COUNT; start = ends[i++])
        cells[3 + i] = slice_of(balances->line.at + start, ends[i] - start);
    output_table_row(&balances->table, cells);
}

void balances_print(struct balances *balances, const struct bursar_member_balance *member)
{
    struct buffer *line = &balances->line;
    buffer_clear(line);
    switch (balances->format) {
    case OUTPUT_TABLE:
        print_table(balances, member);
        balances->count++;
        return;
    case OUTPUT_CSV:
        records_write_csv(&csv_table, member, RECORDS_ALL, line);
        break;
    case OUTPUT_JSON:
        if (balances->count > 0)
            buffer_char(line, ',');
        records_write_json(&json_table, member, line);
        break;
    case OUTPUT_JSONL:
        records_write_json(&json_table, member, line);
        buffer_char(line, '\n');
        break;
    }
    balances->count++;
    output_write(buffer_slice(line));
}

void balances_end(struct balances *balances, bool whole, uint64_t total)
{
    if (balances->open && balances->format == OUTPUT_TABLE)
        output_table_done(&balances->table);
    if (balances->open && balances->format == OUTPUT_JSON && whole) {
        buffer_clear(&balances->line);
        BUFFER_LITERAL(&balances->line, "],\"TotalCount\":");
        buffer_u64(&balances->line, total);
        BUFFER_LITERAL(&balances->line, "}\n");
        output_write(buffer_slice(&balances->line));
    }
    buffer_done(&balances->line);
}
