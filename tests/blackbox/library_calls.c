/* A stranger's program: every typed call of libbursar once, on one member with 1,000.00 in cash.
 * Prints what it is answered, a line a fact; test_library_writes.py knows what they must be.
 *
 *     library_calls ENDPOINT UIN */
#include <bursar.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static struct bursar_client *client;

static void require(enum bursar_result result, const char *what)
{
    if (result == BURSAR_OK)
        return;
    printf("%s: %d %s %s\n", what, (int)result, bursar_error_code(client),
           bursar_error_message(client));
    exit(1);
}

static const char *units(int64_t micros)
{
    static char texts[4][BURSAR_AMOUNT_SIZE];
    static unsigned at;
    char *text = texts[at++ % 4];
    bursar_amount_print(micros, text);
    return text;
}

static int64_t micros(const char *text)
{
    int64_t amount = 0;
    require(bursar_amount_parse(text, &amount) ? BURSAR_OK : BURSAR_USAGE, text);
    return amount;
}

static int64_t show(const char *what, const struct bursar_change *change)
{
    printf("%s: amount %s, real %s, credit %s, temporary %s, entry %s\n", what,
           units(change->amount), units(change->member.real_balance),
           units(change->member.credit_amount), units(change->member.temp_credit),
           change->entry_id > 0 ? "made" : "none");
    return change->entry_id;
}

static void use_hold(const char *uin)
{
    const struct bursar_change *change;
    const struct bursar_hold_page *page;
    struct bursar_hold_request hold = {
        .member_uin = uin, .amount = micros("10"), .expires_us = INT64_C(4102444800000000)};
    require(
        bursar_hold_create(client, &hold, &(struct bursar_write_options){.dry_run = true}, &change),
        "a hold, dry");
    show("a hold, dry", change);
    require(bursar_hold_create(client, &hold, NULL, &change), "a hold");
    struct bursar_hold_use use = {.member_uin = uin, .hold_id = show("a hold", change)};
    require(bursar_holds(client, uin, 0, 0, &page), "open holds");
    printf("open holds: %" PRIu64 ", %s until %" PRId64 "\n", page->total_count,
           units(page->holds[0].amount), page->holds[0].expires_us);
    use.amount = micros("4.000001");
    require(bursar_hold_capture(client, &use, NULL, &change), "a capture");
    show("a capture", change);
    use.amount = 0;
    require(bursar_hold_release(client, &use, NULL, &change), "a release");
    show("a release", change);
    require(bursar_holds(client, uin, 0, 0, &page), "open holds");
    printf("open holds: %" PRIu64 "\n", page->total_count);
}

static void use_credit(const char *uin)
{
    const struct bursar_change *change;
    int64_t basic = micros("50");
    struct bursar_credit credit = {
        .member_uin = uin, .basic_credit_amount = &basic, .allow_arrears = BURSAR_ON};
    require(bursar_credit_set(client, &credit, NULL, &change), "credit");
    show("credit", change);
    require(bursar_credit_set(client, &credit, NULL, &change), "credit again");
    show("credit again", change);
    struct bursar_grant_request grant = {.member_uin = uin, .amount = micros("5")};
    require(bursar_credit_grant(client, &grant, NULL, &change), "a grant");
    struct bursar_grant_end end = {.member_uin = uin, .grant_id = show("a grant", change)};
    require(bursar_credit_revoke(client, &end, NULL, &change), "a revocation");
    show("a revocation", change);
}

static void post_two(const char *uin)
{
    const struct bursar_posting *posting;
    const struct bursar_transfer transfers[] = {
        {.kind = BURSAR_GRANT_GIFT, .member_uin = uin, .amount = micros("3"), .reason = "gift"},
        {.kind = BURSAR_WITHDRAW, .member_uin = uin, .amount = micros("100000")},
    };
    require(bursar_post(client, transfers, 2,
                        &(struct bursar_write_options){.client_token = "two", .partial = true},
                        &posting),
            "two transfers");
    printf("two transfers: %zu error, %s at %" PRIu64 ", real %s\n", posting->error_count,
           posting->errors[0].code, posting->errors[0].index,
           units(posting->members[0].real_balance));
}

/* Each entry's moment is asked for once more, as a balance of the past. */
static void show_past(const char *uin)
{
    struct bursar_statement *statement;
    const struct bursar_entry *entry;
    const struct bursar_past_balance *past;
    enum bursar_result result;
    require(bursar_statement_new(client, uin, 0, 0, &statement), "a statement");
    while ((result = bursar_statement_next(statement, &entry)) == BURSAR_OK) {
        int64_t real = entry->after.real_balance;
        printf("entry: %s %s, real %s\n", entry->kind, units(entry->amount), units(real));
        require(bursar_balance_at(client, uin, entry->time_us, &past), "a balance");
        if (past->entry_id == entry->entry_id && past->member.real_balance != real)
            printf("a balance: %s instead of %s\n", units(past->member.real_balance), units(real));
    }
    require(result == BURSAR_END ? BURSAR_OK : result, "a statement");
    printf("statement: from %s to %s\n", units(bursar_statement_opening(statement)->real_balance),
           units(bursar_statement_closing(statement)->real_balance));
    bursar_statement_free(statement);
}

static void show_entries(const char *what, const struct bursar_entry_filter *filter)
{
    struct bursar_entries *entries;
    const struct bursar_entry *entry;
    enum bursar_result result;
    require(bursar_entries_new(client, filter, NULL, &entries), what);
    printf("%s:", what);
    while ((result = bursar_entries_next(entries, &entry)) == BURSAR_OK)
        printf(" %s", entry->kind);
    printf("\n");
    require(result == BURSAR_END ? BURSAR_OK : result, what);
    bursar_entries_free(entries);
}

int main(int argc, char **argv)
{
    char message[256];
    struct bursar_options options = {.endpoint = argc == 3 ? argv[1] : NULL,
                                     .secret_id = getenv("TENCENTCLOUD_SECRET_ID"),
                                     .secret_key = getenv("TENCENTCLOUD_SECRET_KEY")};
    if (bursar_global_init() != BURSAR_OK ||
        bursar_client_new(&options, message, sizeof message, &client) != BURSAR_OK)
        return 2;
    const char *uin = argv[2];
    const char *const kinds[] = {"hold", "capture"};
    use_hold(uin);
    use_credit(uin);
    post_two(uin);
    show_past(uin);
    show_entries("newest first", &(struct bursar_entry_filter){.member_uin = uin, .page_size = 2});
    show_entries("of two kinds",
                 &(struct bursar_entry_filter){.kinds = kinds, .kind_count = 2, .ascending = true});
    show_entries("of a token", &(struct bursar_entry_filter){.client_token = "two"});
    show_entries("of no token", &(struct bursar_entry_filter){.client_token = "three"});
    bursar_client_free(client);
    bursar_global_done();
    return 0;
}
