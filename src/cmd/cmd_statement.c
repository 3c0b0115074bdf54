/* `bursar statement`: a period of a member's account, from balance to balance. */
#include "cmd/entries.h"
#include "cmd/interrupt.h"
#include "cmd/subcommands.h"
#include "codec/timestamp.h"
#include "sys/sys.h"

#include <stdio.h>

enum { PAGE_ROWS = 1000 };

struct statement {
    struct management management;
    struct entries entries;
    const char *uin, *from, *to, *format;
    char from_text[32], to_text[32];
};

static int ask(struct statement *statement, const char *cursor, struct slice *ret_answer)
{
    struct management *management = &statement->management;
    management_begin(management);
    management_text(management, "MemberUin", statement->uin);
    management_text(management, "StartTime", statement->from_text);
    management_text(management, "EndTime", statement->to_text);
    management_text(management, "Cursor", *cursor ? cursor : NULL);
    json_write_key(&management->writer, SLICE("Limit"));
    json_write_u64(&management->writer, PAGE_ROWS);
    return management_send(management, "DescribeStatement", ret_answer);
}

/* Keys in alphabetical order, as in the API: the closing balance comes first. */
static void print_front(struct statement *statement, const struct entry_page *page)
{
    struct entries *entries = &statement->entries;
    if (entries->format == OUTPUT_JSON) {
        output_write(SLICE("{\"Closing\":"));
        output_write(slice_text(page->closing.json));
        output_write(SLICE(",\n\"Data\":"));
    }
    entries_print_balance(entries, "opening_balance", slice_text(statement->from_text),
                          &page->opening.row);
}

static void print_back(struct statement *statement, const struct entry_page *page)
{
    struct entries *entries = &statement->entries;
    entries_print_balance(entries, "closing_balance", slice_text(statement->to_text),
                          &page->closing.row);
    if (entries->format == OUTPUT_JSON) {
        output_write(entries->count > 0 ? SLICE("],\n\"Opening\":") : SLICE("[],\n\"Opening\":"));
        output_write(slice_text(page->opening.json));
        output_write(SLICE("}\n"));
    }
    entries_end(entries);
}

static int print_pages(struct statement *statement)
{
    struct entry_page page = {.cursor = ""};
    struct slice answer;
    bool first = true;
    int code;
    interrupt_watch();
    do {
        code = ask(statement, page.cursor, &answer);
        if (code < 0)
            code = entries_read(&statement->entries, answer, &page);
        if (code < 0 && first)
            print_front(statement, &page);
        first = false;
        if (code < 0)
            code = entries_print(&statement->entries, &page);
    } while (code < 0 && *page.cursor && !interrupted());
    if (code < 0 && interrupted())
        return fail(&subcommand_statement, EXIT_INTERRUPTED, "stopped; the statement is not whole");
    if (code < 0)
        print_back(statement, &page);
    return code;
}

/* Without an end it ends now, and the same now on every page. */
static void settle_end(struct statement *statement)
{
    struct buffer text;
    if (*statement->to_text)
        return;
    buffer_init_fixed(&text, statement->to_text, sizeof statement->to_text - 1);
    timestamp_print_rfc3339(&text, sys_now_us(sys_real()));
    statement->to_text[text.len] = '\0';
}

static int state(struct statement *statement)
{
    const struct subcommand *self = &subcommand_statement;
    if (!statement->uin)
        return fail(self, EXIT_USAGE, "which member? give its UIN");
    if (!statement->from)
        return fail(self, EXIT_USAGE, "from when on? give --from TIME");
    int code = check_uin(self, statement->uin);
    if (code < 0)
        code = entries_check_time(self, "from", statement->from, statement->from_text);
    if (code < 0)
        code = entries_check_time(self, "to", statement->to, statement->to_text);
    if (code >= 0)
        return code;
    settle_end(statement);
    statement->entries.self = self;
    statement->entries.uin = slice_text(statement->uin);
    code = entries_open(&statement->entries, statement->format);
    return code >= 0 ? code : print_pages(statement);
}

static int run(int argc, char **argv)
{
    struct statement statement = {.management = MANAGEMENT_DEFAULT(&subcommand_statement)};
    const struct option_spec options[] = {
        {"from", "TIME", "Entries of this time or later; needed.", OPTION_TEXT, &statement.from},
        {"to", "TIME", "Entries before this time. Default: now.", OPTION_TEXT, &statement.to},
        {"output", "FORMAT", "table, json, jsonl or csv. Default: table on a terminal, else json.",
         OPTION_TEXT, &statement.format},
        MANAGEMENT_OPTIONS(&statement.management),
        MANAGEMENT_CREDENTIALS(&statement.management),
    };
    int code =
        management_parse(&statement.management, options, sizeof(options) / sizeof(options[0]), argc,
                         argv, 1, &statement.uin);
    if (code >= 0)
        return code;
    code = state(&statement);
    entries_done(&statement.entries);
    code = management_done(&statement.management, code);
    return output_finish(&subcommand_statement, code);
}

const struct subcommand subcommand_statement = {
    .name = "statement",
    .summary = "Show a period of a member's account: opening balance, entries, closing balance",
    .arguments = "UIN",
    .description =
        "Prints what the member had at the start of a period, every entry in it, the oldest first, "
        "with the balance after it, and what it had at the end. Statements of periods that follow "
        "each other fit together: one's closing balance is the next one's opening balance, and no "
        "entry is in both.\n\n"
        "A table shows money in units of the currency; csv has the same rows with the API's names "
        "and cents; json is one object with Opening, Data and Closing, jsonl the entries only.\n\n"
        "TIME is a date (its first moment), \"2026-11-23 13:00:00\", both UTC, or RFC 3339.\n\n"
        "Exit status: 0 done; 2 usage; 3 key or permission refused; 4 no such member; 5 rate "
        "limit; 6 network.",
    .examples =
        "bursar statement 700001941608 --from 2026-11-01 --to 2026-12-01 --data books\n"
        "bursar statement 700001941608 --from 2026-11-01 --data books --output csv >november.csv",
    .run = run,
};
