/* `bursar query`: members' balances, through libbursar. Owns its client. Main thread.
 *
 * 1. Nothing that the server would refuse for its form is sent: uins are checked here, and more
 *    than ten become several calls. */
#include "base/uin.h"
#include "cmd/balances.h"
#include "cmd/interrupt.h"
#include "cmd/progress.h"
#include "cmd/remote.h"
#include "cmd/subcommands.h"

#include <stdlib.h>
#include <string.h>

enum { UINS_A_CALL = 10, UINS_MAX = 100000 };
/* Several calls may meet the limit through no fault of who asked. */
enum { MANY_RETRIES = 4 };

struct query {
    bool all;
    uint64_t page; /* 0 = not given */
    const char *output;
    struct remote_flags remote;

    struct uin *uins; /* ascending, each once */
    size_t uin_count;
    struct bursar_client *client;
    struct balances balances;
    uint64_t total;
};

static int read_uins(struct query *query, char **texts, size_t count)
{
    if (count == 0)
        return -1;
    if (count > UINS_MAX)
        return fail(&subcommand_query, EXIT_USAGE, "at most %d UINs; or --all", UINS_MAX);
    query->uins = calloc(count, sizeof *query->uins);
    if (!query->uins)
        return fail(&subcommand_query, EXIT_NETWORK, "no memory");
    for (size_t i = 0; i < count; i++) {
        if (!uin_parse(slice_text(texts[i]), &query->uins[i]))
            return fail(&subcommand_query, EXIT_USAGE,
                        "\"%s\" is not a UIN: 1 to 20 digits, not beginning with 0", texts[i]);
    }
    qsort(query->uins, count, sizeof *query->uins, uin_order);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !uin_equal(query->uins[i], query->uins[i - 1]))
            query->uins[query->uin_count++] = query->uins[i];
    }
    return -1;
}

static bool page_has(const struct bursar_balance_page *page, const char *uin)
{
    for (size_t i = 0; i < page->member_count; i++) {
        if (strcmp(page->members[i].member_uin, uin) == 0)
            return true;
    }
    return false;
}

static void print_page(struct query *query, const struct bursar_balance_page *page)
{
    balances_open(&query->balances);
    for (size_t i = 0; i < page->member_count; i++)
        balances_print(&query->balances, &page->members[i]);
}

/* Up to ten; those that were not found are named on stderr. */
static int query_some(struct query *query, const struct uin *uins, size_t count, bool *ret_missing)
{
    char texts[UINS_A_CALL][UIN_DIGITS_MAX + 1];
    const char *named[UINS_A_CALL];
    const struct bursar_balance_page *page = NULL;
    for (size_t i = 0; i < count; i++) {
        texts[i][uin_print(uins[i], texts[i])] = '\0';
        named[i] = texts[i];
    }
    enum bursar_result result = bursar_describe_org_member_account_balance(
        query->client, 1, UINS_A_CALL, named, count, &page);
    if (result != BURSAR_OK)
        return remote_failed(&subcommand_query, query->client, result);
    print_page(query, page);
    query->total += page->total_count;
    for (size_t i = 0; i < count; i++) {
        if (page_has(page, texts[i]))
            continue;
        *ret_missing = true;
        fail(&subcommand_query, EXIT_NOT_FOUND, "%s is not a member of this organisation",
             texts[i]);
    }
    return -1;
}

static int query_uins(struct query *query)
{
    bool missing = false;
    for (size_t i = 0; i < query->uin_count; i += UINS_A_CALL) {
        size_t count = query->uin_count - i < UINS_A_CALL ? query->uin_count - i : UINS_A_CALL;
        int code = query_some(query, query->uins + i, count, &missing);
        if (code >= 0)
            return code;
    }
    return missing ? EXIT_NOT_FOUND : EXIT_OK;
}

static int query_page(struct query *query)
{
    const struct bursar_balance_page *page = NULL;
    uint64_t number = query->page ? query->page : 1;
    enum bursar_result result = bursar_describe_org_member_account_balance(
        query->client, number, UINS_A_CALL, NULL, 0, &page);
    if (result != BURSAR_OK)
        return remote_failed(&subcommand_query, query->client, result);
    print_page(query, page);
    query->total = page->total_count;
    return EXIT_OK;
}

static int walk_all(struct query *query, struct bursar_balance_walk *walk)
{
    const struct bursar_member_balance *member;
    struct progress progress;
    enum bursar_result result;
    progress_start(&progress, "members", 0);
    interrupt_watch();
    while ((result = bursar_balance_walk_next(walk, &member)) == BURSAR_OK && !interrupted()) {
        progress.all = bursar_balance_walk_total(walk);
        progress_update(&progress, query->balances.count);
        balances_open(&query->balances);
        balances_print(&query->balances, member);
    }
    progress_end(&progress);
    query->total = bursar_balance_walk_total(walk);
    if (interrupted())
        return fail(&subcommand_query, EXIT_INTERRUPTED, "stopped after %llu of %llu members",
                    (unsigned long long)query->balances.count, (unsigned long long)query->total);
    if (result != BURSAR_END)
        return remote_failed(&subcommand_query, query->client, result);
    balances_open(&query->balances);
    return EXIT_OK;
}

static int query_all(struct query *query)
{
    struct bursar_balance_walk *walk = NULL;
    enum bursar_result result = bursar_balance_walk_new(query->client, 0, &walk);
    if (result != BURSAR_OK)
        return remote_failed(&subcommand_query, query->client, result);
    int code = walk_all(query, walk);
    bursar_balance_walk_free(walk);
    return code;
}

/* A person at a terminal sees ten members and might take them for all. */
static void print_more_pages(const struct query *query)
{
    uint64_t pages = query->total / UINS_A_CALL + (query->total % UINS_A_CALL != 0);
    if (query->balances.format == OUTPUT_TABLE && output_is_terminal() && pages > 1)
        fprintf(stderr, "page %llu of %llu; --page N for another, --all for every member\n",
                (unsigned long long)(query->page ? query->page : 1), (unsigned long long)pages);
}

static int query_connected(struct query *query, enum output_format format)
{
    balances_init(&query->balances, format);
    int code = query->all             ? query_all(query)
               : query->uin_count > 0 ? query_uins(query)
                                      : query_page(query);
    balances_end(&query->balances, code == EXIT_OK || code == EXIT_NOT_FOUND, query->total);
    bool by_page = !query->all && query->uin_count == 0;
    int finished = output_finish(&subcommand_query, code);
    if (by_page && finished == EXIT_OK)
        print_more_pages(query);
    return finished;
}

static int run_parsed(struct query *query, char **rest, int rest_count)
{
    enum output_format format = OUTPUT_JSON;
    int code = output_format_parse(&subcommand_query, query->output, &format);
    if (code >= 0)
        return code;
    if ((query->all ? 1 : 0) + (query->page ? 1 : 0) + (rest_count > 0 ? 1 : 0) > 1)
        return fail(&subcommand_query, EXIT_USAGE, "give UINs, --page or --all: one of them");
    code = read_uins(query, rest, (size_t)rest_count);
    if (code >= 0)
        return code;
    bool many = query->all || query->uin_count > UINS_A_CALL;
    code = remote_connect(&subcommand_query, &query->remote, "billing", many ? MANY_RETRIES : 0,
                          &query->client);
    if (code >= 0)
        return code;
    code = query_connected(query, format);
    remote_disconnect(query->client);
    return code;
}

static int run_query(int argc, char **argv)
{
    struct query query = {.remote = REMOTE_FLAGS_DEFAULT};
    const struct option_spec options[] = {
        {"all", NULL, "Every member, ten a call and at most 20 calls a second.", OPTION_FLAG,
         &query.all},
        {"page", "N", "Page N of the listing, ten members a page; default 1.", OPTION_NUMBER,
         &query.page},
        {"as-of", "TIME",
         "Balances as they were then, of the members there were then: RFC 3339 "
         "(2026-11-23T13:00:00Z), or Unix seconds. Only bursar's servers can tell.",
         OPTION_TEXT, &query.remote.as_of},
        OUTPUT_OPTION(&query.output),
        REMOTE_OPTIONS(&query.remote),
    };
    char **rest = NULL;
    int rest_count = 0;
    int code = options_parse(&subcommand_query, options, sizeof options / sizeof *options, argc,
                             argv, &rest, &rest_count);
    if (code < 0)
        code = run_parsed(&query, rest, rest_count);
    free(query.uins);
    return code;
}

const struct subcommand subcommand_query = {
    .name = "query",
    .summary = "Show members' balances",
    .arguments = "[UIN...]",
    .description =
        "Asks DescribeOrgMemberAccountBalance and prints the nine fields of each member, in "
        "ascending order of UIN: of the members named, of one page, or of all.\n\n"
        "A table shows money in units of the organisation's currency, with two decimals or as "
        "many as are needed. The columns are MemberUin, MemberName, IsCreditAccount, "
        "RealBalance, CashAccountBalance, CreditAmount, TempCredit, BasicCreditAmount and "
        "OweAmount. json (one object with Data and TotalCount), jsonl and csv keep these names and "
        "the API's cents; csv and jsonl can be imported again.\n\n"
        "--as-of asks for a moment of the past (header X-Bursar-As-Of); names are those of "
        "today. The cloud ignores it, so give it to a bursar server only.\n\n"
        "More than ten UINs are asked for in several calls. --all survives members joining and "
        "leaving meanwhile and shows its progress on a terminal. Both wait when the rate limit "
        "was reached.\n\n"
        "Exit codes: 0 all found; 2 usage; 3 key or permission refused; 4 a UIN is not a "
        "member (it is named on stderr, the others are printed); 5 rate limit; 6 network.",
    .examples =
        "bursar query 700001941608                  one member\n"
        "bursar query --all --output csv            every member, for a spreadsheet or an import\n"
        "bursar query --all --as-of 2026-10-31T23:59:59Z --endpoint http://127.0.0.1:8080\n"
        "bursar query --endpoint http://127.0.0.1:8080 --credentials demo.ini --page 2\n",
    .run = run_query,
};
