/* Members' balances on standard output (cmd/balances.h). Owns its line. Main thread.
 *
 * 1. Tables are for people: units of the currency. JSON, JSONL and CSV keep the API's names and its
 *    cents, so that they can be imported again.
 * 2. JSON has the API's key order: alphabetical. */
#include "cmd/balances.h"

#include "base/amount.h"
#include "codec/csv.h"
#include "codec/decimal.h"
#include "codec/json.h"

/* Nine cells; a name of 64 characters is at most 256 bytes, doubled when all of it is escaped. */
enum { LINE_BYTES_MAX = 8192, AMOUNT_COUNT = 6 };

static const struct table_column columns[] = {
    {"MEMBER UIN", false},  {"NAME", false}, {"CREDIT ACCOUNT", false},
    {"REAL BALANCE", true}, {"CASH", true},  {"CREDIT", true},
    {"TEMPORARY", true},    {"BASIC", true}, {"OWED", true},
};

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
        output_write(SLICE("MemberUin,MemberName,IsCreditAccount,RealBalance,CashAccountBalance,"
                           "CreditAmount,TempCredit,BasicCreditAmount,OweAmount\n"));
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

static void cents(struct buffer *line, const char *before, int64_t micros)
{
    buffer_text(line, before);
    decimal_print_cents(line, (struct amount){micros});
}

static void print_csv(struct buffer *line, const struct bursar_member_balance *member)
{
    csv_write(line, slice_text(member->member_uin));
    buffer_char(line, ',');
    csv_write(line, slice_text(member->member_name));
    buffer_text(line, member->is_credit_account ? ",true" : ",false");
    cents(line, ",", member->real_balance);
    cents(line, ",", member->cash_account_balance);
    cents(line, ",", member->credit_amount);
    cents(line, ",", member->temp_credit);
    cents(line, ",", member->basic_credit_amount);
    cents(line, ",", member->owe_amount);
    buffer_char(line, '\n');
}

static void print_json(struct buffer *line, const struct bursar_member_balance *member)
{
    cents(line, "{\"BasicCreditAmount\":", member->basic_credit_amount);
    cents(line, ",\"CashAccountBalance\":", member->cash_account_balance);
    cents(line, ",\"CreditAmount\":", member->credit_amount);
    buffer_text(line, member->is_credit_account ? ",\"IsCreditAccount\":true"
                                                : ",\"IsCreditAccount\":false");
    BUFFER_LITERAL(line, ",\"MemberName\":");
    json_quote(line, slice_text(member->member_name));
    BUFFER_LITERAL(line, ",\"MemberUin\":");
    json_quote(line, slice_text(member->member_uin));
    cents(line, ",\"OweAmount\":", member->owe_amount);
    cents(line, ",\"RealBalance\":", member->real_balance);
    cents(line, ",\"TempCredit\":", member->temp_credit);
    buffer_char(line, '}');
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
        print_csv(line, member);
        break;
    case OUTPUT_JSON:
        if (balances->count > 0)
            buffer_char(line, ',');
        print_json(line, member);
        break;
    case OUTPUT_JSONL:
        print_json(line, member);
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
