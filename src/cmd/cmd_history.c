/* `bursar history`: what happened to a member's account, or in the organisation. */
#include "cmd/entries.h"
#include "cmd/interrupt.h"
#include "cmd/subcommands.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LIMIT_DEFAULT = 100, PAGE_ROWS_MAX = 1000, CHART_ROWS = 8, CHART_BYTES_MAX = 1 << 18 };
enum { COLUMNS_DEFAULT = 80, COLUMNS_MAX = 300 };

struct history_query {
    struct management management;
    struct entries entries;
    const char *uin, *from, *to, *kinds, *hold, *token, *format;
    char from_text[32], to_text[32];
    uint64_t limit;
    bool ascending, no_chart;
};

static void write_request(struct history_query *query, const char *cursor)
{
    struct management *management = &query->management;
    struct json_writer *writer = &management->writer;
    uint64_t left = query->limit > 0 ? query->limit - query->entries.count : PAGE_ROWS_MAX;
    management_begin(management);
    management_text(management, "MemberUin", query->uin);
    management_list(management, "Kinds", query->kinds);
    management_text(management, "StartTime", *query->from_text ? query->from_text : NULL);
    management_text(management, "EndTime", *query->to_text ? query->to_text : NULL);
    management_text(management, "ClientToken", query->token);
    management_text(management, "Order", query->ascending ? "asc" : "desc");
    management_text(management, "Cursor", *cursor ? cursor : NULL);
    json_write_key(writer, SLICE("Limit"));
    json_write_u64(writer, left < PAGE_ROWS_MAX ? left : PAGE_ROWS_MAX);
}

static int write_hold(struct history_query *query)
{
    uint64_t hold;
    if (!query->hold)
        return -1;
    if (!slice_to_u64(slice_text(query->hold), &hold))
        return fail(&subcommand_history, EXIT_USAGE, "--hold %s: not the number of a hold",
                    query->hold);
    json_write_key(&query->management.writer, SLICE("HoldId"));
    json_write_u64(&query->management.writer, hold);
    return -1;
}

static int print_pages(struct history_query *query)
{
    struct entry_page page = {.cursor = ""};
    struct slice answer;
    int code;
    interrupt_watch();
    do {
        write_request(query, page.cursor);
        code = write_hold(query);
        if (code < 0)
            code = management_send(&query->management, "DescribeEntries", &answer);
        if (code < 0)
            code = entries_read(&query->entries, answer, &page);
        if (code < 0)
            code = entries_print(&query->entries, &page);
    } while (code < 0 && *page.cursor && !interrupted() &&
             (query->limit == 0 || query->entries.count < query->limit));
    if (code < 0 && interrupted())
        return fail(&subcommand_history, EXIT_INTERRUPTED, "stopped after %llu entries",
                    (unsigned long long)query->entries.count);
    return code;
}

static size_t terminal_columns(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_DEFAULT;
    return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

static void reverse(struct chart_point *points, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct chart_point point = points[i];
        points[i] = points[count - 1 - i];
        points[count - 1 - i] = point;
    }
}

static void print_chart(struct history_query *query)
{
    struct buffer out;
    struct entries *entries = &query->entries;
    if (!entries->keeps_points)
        return;
    if (!query->ascending)
        reverse(entries->points, entries->point_count);
    buffer_init(&out, CHART_BYTES_MAX);
    chart_draw(entries->points, entries->point_count, terminal_columns(), CHART_ROWS,
               output_has_colour(), &out);
    if (out.len > 0) {
        /* Numbers, times and colours: nothing that is not ours. */
        fputc('\n', stdout);
        fwrite(out.at, 1, out.len, stdout);
    }
    buffer_done(&out);
}

static int print_all(struct history_query *query)
{
    struct entries *entries = &query->entries;
    entries->self = &subcommand_history;
    entries->uin = slice_text(query->uin);
    entries->limit = query->limit;
    int code = entries_open(entries, query->format);
    if (code >= 0)
        return code;
    entries->keeps_points =
        query->uin && !query->no_chart && output_is_terminal() && entries->format == OUTPUT_TABLE;
    code = print_pages(query);
    if (code >= 0)
        return code;
    if (entries->format == OUTPUT_JSON)
        output_write(entries->count > 0 ? SLICE("]\n") : SLICE("[]\n"));
    entries_end(entries);
    print_chart(query);
    return -1;
}

static int history(struct history_query *query)
{
    int code = query->uin ? check_uin(&subcommand_history, query->uin) : -1;
    if (code < 0)
        code = entries_check_time(&subcommand_history, "from", query->from, query->from_text);
    if (code < 0)
        code = entries_check_time(&subcommand_history, "to", query->to, query->to_text);
    if (code < 0)
        code = print_all(query);
    entries_done(&query->entries);
    return code;
}

static int run_history(int argc, char **argv)
{
    struct history_query query = {.management = MANAGEMENT_DEFAULT(&subcommand_history),
                                  .limit = LIMIT_DEFAULT};
    const struct option_spec options[] = {
        {"from", "TIME", "Only entries of this time or later.", OPTION_TEXT, &query.from},
        {"to", "TIME", "Only entries before this time.", OPTION_TEXT, &query.to},
        {"kind", "KIND,...", "Only these kinds: charge, or top_up,withdraw.", OPTION_TEXT,
         &query.kinds},
        {"hold", "N", "Only this hold and what became of it.", OPTION_TEXT, &query.hold},
        {"made-by", "TOKEN", "Only what the command with this token made.", OPTION_TEXT,
         &query.token},
        {"limit", "N", "At most N entries; 0 is no limit. Default 100.", OPTION_NUMBER,
         &query.limit},
        {"oldest-first", NULL, "From the oldest on. Default: the newest first.", OPTION_FLAG,
         &query.ascending},
        {"no-chart", NULL, "No chart below the table.", OPTION_FLAG, &query.no_chart},
        OUTPUT_OPTION(&query.format),
        MANAGEMENT_OPTIONS(&query.management),
        MANAGEMENT_CREDENTIALS(&query.management),
    };
    int code = management_parse(&query.management, options, sizeof(options) / sizeof(options[0]),
                                argc, argv, 1, &query.uin);
    if (code >= 0)
        return code;
    code = management_done(&query.management, history(&query));
    return output_finish(&subcommand_history, code);
}

const struct subcommand subcommand_history = {
    .name = "history",
    .summary = "Show what happened to a member's account, with the balance after each entry",
    .arguments = "[UIN]",
    .description =
        "Lists the entries of a member's account, the newest first: number, time (UTC), kind, "
        "amount, the real balance and the cash after it, and why. An amount has a sign when it "
        "made the real balance larger or smaller; a capture has none, since the money was set "
        "aside before. Without UIN it lists every entry of the organisation, keys and policies "
        "too.\n\n"
        "On a terminal a chart of the real balance over the time shown stands below the table "
        "(red below zero, unless NO_COLOR is set). A table shows money in units of the currency; "
        "json, jsonl and csv the API's names and cents.\n\n"
        "TIME is a date (its first moment), \"2026-11-23 13:00:00\", both UTC, or RFC 3339.\n\n"
        "Exit status: 0 done; 2 usage; 3 key or permission refused; 4 no such member; 5 rate "
        "limit; 6 network.",
    .examples = "bursar history 700001941608 --data books\n"
                "bursar history 700001941608 --data books --from 2026-11-01 --to 2026-12-01\n"
                "bursar history --data books --kind adjust,withdraw --limit 0 --output csv\n"
                "bursar history 700001941608 --data books --made-by order-4711",
    .run = run_history,
};
