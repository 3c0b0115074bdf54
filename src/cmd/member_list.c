/* `bursar member list`: members that match, by uin or by what they have left. Owns the memory of
 * one page. Main thread. */
#include "cmd/member_list.h"

#include "cmd/answer.h"
#include "cmd/balances.h"
#include "cmd/interrupt.h"
#include "cmd/management.h"
#include "cmd/member_rows.h"
#include "codec/decimal.h"

#include <string.h>

enum { PAGE_ROWS = 1000, PAGE_MEMORY = 1 << 18, PAGE_MEMORY_MAX = 256 << 20, CURSOR_BYTES = 512 };

struct member_query {
    struct management management;
    const char *search, *prefix, *below, *sort, *order, *format;
    uint64_t limit;
    bool in_arrears;

    struct balances balances;
    struct arena arena;
    char cursor[CURSOR_BYTES];
    uint64_t total;
};

static int write_below(struct member_query *query)
{
    char memory[40];
    struct buffer cents;
    struct amount amount;
    if (!query->below)
        return -1;
    if (decimal_parse_units(slice_text(query->below), &amount) != DECIMAL_OK)
        return fail(&member_list, EXIT_USAGE,
                    "--available-below %s: not an amount in units of the currency, as 12.34",
                    query->below);
    buffer_init_fixed(&cents, memory, sizeof memory);
    decimal_print_cents(&cents, amount);
    json_write_key(&query->management.writer, SLICE("AvailableBelow"));
    json_write_raw(&query->management.writer, buffer_slice(&cents));
    return -1;
}

static int ask(struct member_query *query, struct slice *ret_answer)
{
    struct management *management = &query->management;
    uint64_t left = query->limit > 0 ? query->limit - query->balances.count : PAGE_ROWS;
    management_begin(management);
    management_text(management, "Search", query->search);
    management_text(management, "UinPrefix", query->prefix);
    management_text(management, "SortBy", query->sort);
    management_text(management, "Order", query->order);
    management_text(management, "Cursor", *query->cursor ? query->cursor : NULL);
    if (query->in_arrears) {
        json_write_key(&management->writer, SLICE("InArrears"));
        json_write_bool(&management->writer, true);
    }
    json_write_key(&management->writer, SLICE("Limit"));
    json_write_u64(&management->writer, left < PAGE_ROWS ? left : PAGE_ROWS);
    int code = write_below(query);
    return code >= 0 ? code : management_send(management, "DescribeMembers", ret_answer);
}

struct member_page {
    const struct bursar_member_balance *members;
    size_t count;
    const char *cursor;
    uint64_t total;
};
static const struct shape_member page_members[] = {
    SHAPE_LIST(OBJECTS, struct member_page, members, count, &member_row_shape, "Data", NULL),
    SHAPE_OPTIONAL(WORD, struct member_page, cursor, "NextCursor", NULL),
    SHAPE_MEMBER(COUNT, struct member_page, total, "TotalCount", NULL),
};
static const struct shape page_shape = SHAPE(page_members, struct member_page);

static int print_page(struct member_query *query, struct slice answer)
{
    struct member_page page;
    arena_reset(&query->arena);
    balances_open(&query->balances);
    if (!answer_parse(&page_shape, answer, &query->arena, &page) ||
        (page.cursor && strlen(page.cursor) >= sizeof query->cursor))
        return fail(&member_list, EXIT_NETWORK, "the answer is not one of DescribeMembers");
    for (size_t i = 0; i < page.count; i++)
        balances_print(&query->balances, &page.members[i]);
    snprintf(query->cursor, sizeof query->cursor, "%s", page.cursor ? page.cursor : "");
    query->total = page.total;
    return -1;
}

static int print_pages(struct member_query *query)
{
    struct slice answer;
    int code;
    interrupt_watch();
    do {
        code = ask(query, &answer);
        if (code < 0)
            code = print_page(query, answer);
    } while (code < 0 && *query->cursor && !interrupted() &&
             (query->limit == 0 || query->balances.count < query->limit));
    return code < 0 && interrupted() ? EXIT_INTERRUPTED : code;
}

static int list(struct member_query *query)
{
    enum output_format format;
    int code = output_format_parse(&member_list, query->format, &format);
    if (code >= 0)
        return code;
    if (!arena_init(&query->arena, PAGE_MEMORY, PAGE_MEMORY_MAX))
        return fail(&member_list, EXIT_NETWORK, "no memory");
    balances_init(&query->balances, format);
    code = print_pages(query);
    balances_end(&query->balances, code < 0, query->total);
    arena_done(&query->arena);
    return code;
}

static int run_list(int argc, char **argv)
{
    struct member_query query = {.management = MANAGEMENT_DEFAULT(&member_list)};
    const struct option_spec options[] = {
        {"search", "TEXT", "Only members whose name contains this.", OPTION_TEXT, &query.search},
        {"uin-prefix", "DIGITS", "Only members whose UIN begins so.", OPTION_TEXT, &query.prefix},
        {"in-arrears", NULL, "Only members that owe.", OPTION_FLAG, &query.in_arrears},
        {"available-below", "AMOUNT",
         "Only members with less than this available: money and credit, less what is frozen.",
         OPTION_TEXT, &query.below},
        {"sort", "BY", "uin (default) or available.", OPTION_TEXT, &query.sort},
        {"order", "ORDER", "asc (default) or desc.", OPTION_TEXT, &query.order},
        {"limit", "N", "At most N members; 0, the default, is no limit.", OPTION_NUMBER,
         &query.limit},
        OUTPUT_OPTION(&query.format),
        MANAGEMENT_OPTIONS(&query.management),
        MANAGEMENT_CREDENTIALS(&query.management),
    };
    int code = management_parse(&query.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 0, NULL);
    if (code >= 0)
        return code;
    code = management_done(&query.management, list(&query));
    return output_finish(&member_list, code);
}

const struct subcommand member_list = {
    .name = "member list",
    .summary = "List members: all, or those that match",
    .description =
        "Lists members with the nine fields of DescribeOrgMemberAccountBalance, as `bursar query` "
        "prints them: in a table in units of the currency, in json, jsonl and csv with the API's "
        "names and cents. Conditions add up. Names are compared without regard to the case of "
        "ASCII letters.",
    .examples = "bursar member list --data books --in-arrears\n"
                "bursar member list --data books --available-below 10 --sort available --limit 20\n"
                "bursar member list --data books --search aurora --output csv",
    .run = run_list,
};
