/* Answers, as the library's users get them: the input is the body of an answer with status 200.
 * The transport is this file's own.
 *
 * 1. A call ends as one of the results it may have; whoever is refused gets a code, and every other
 *    failure has a message.
 * 2. What is given is inside the answer, zero-terminated, and JSON.
 * 3. A page has no more rows than were asked for, each whole, with amounts that are their own
 *    decimal text.
 * 4. Walks end, though every page is the same answer, and give entries in their order. */
#include "client/client.h"

#include "base/check.h"
#include "base/uin.h"
#include "codec/decimal.h"
#include "codec/json.h"
#include "fuzz.h"

enum { ROWS_MAX = 3, ARENA_BYTES = 1 << 10, ARENA_BYTES_MAX = 64 << 20 };

static struct slice answer;

static enum bursar_result open_nothing(struct bursar_client *client,
                                       const struct bursar_options *options, struct fault *fault)
{
    (void)client, (void)options, (void)fault;
    return BURSAR_OK;
}

static enum bursar_result give_answer(struct bursar_client *client)
{
    buffer_clear(&client->response);
    client->was_sent = true;
    buffer_append(&client->response, answer);
    return buffer_ok(&client->response) ? BURSAR_OK
                                        : client_fail(client, BURSAR_MEMORY, "out of memory");
}

static void close_nothing(struct bursar_client *client)
{
    (void)client;
}

const struct transport transport_curl = {open_nothing, give_answer, close_nothing};

static struct bursar_client *client_of_fuzzer(void)
{
    static struct bursar_client *client;
    struct bursar_options options = {.endpoint = "http://127.0.0.1:1",
                                     .secret_id = "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
                                     .secret_key = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"};
    if (!client) {
        CHECK(bursar_client_new(&options, NULL, 0, &client) == BURSAR_OK);
    }
    return client;
}

static bool is_json(struct slice text)
{
    struct arena arena;
    struct json_reader reader;
    struct json_token token;
    CHECK(arena_init(&arena, ARENA_BYTES, ARENA_BYTES_MAX));
    json_reader_init(&reader, text, &arena);
    bool ok = json_skip(&reader) && json_next(&reader, &token) == JSON_END;
    arena_done(&arena);
    return ok;
}

static void check_result(const struct bursar_client *client, enum bursar_result result)
{
    CHECK(result == BURSAR_OK || result == BURSAR_REFUSED || result == BURSAR_PROTOCOL);
    CHECK(result != BURSAR_REFUSED || bursar_error_code(client)[0]);
    CHECK(result != BURSAR_PROTOCOL || bursar_error_message(client)[0]);
    CHECK(slice_is_utf8(slice_text(bursar_request_id(client))));
}

static void check_amount(int64_t micros)
{
    char memory[32];
    struct buffer text;
    struct amount again;
    buffer_init_fixed(&text, memory, sizeof memory);
    decimal_print_cents(&text, (struct amount){micros});
    CHECK(decimal_parse_cents(buffer_slice(&text), &again) == DECIMAL_OK);
    CHECK(again.micros == micros);
}

static void check_row(const struct bursar_member_balance *row)
{
    struct uin uin;
    CHECK(uin_parse(slice_text(row->member_uin), &uin));
    CHECK(slice_is_utf8(slice_text(row->member_name)));
    check_amount(row->real_balance);
    check_amount(row->cash_account_balance);
    check_amount(row->credit_amount);
    check_amount(row->temp_credit);
    check_amount(row->basic_credit_amount);
    check_amount(row->owe_amount);
}

static void read_page(struct bursar_client *client)
{
    const struct bursar_balance_page *page = NULL;
    enum bursar_result result =
        bursar_describe_org_member_account_balance(client, 1, ROWS_MAX, NULL, 0, &page);
    check_result(client, result);
    if (result != BURSAR_OK)
        return;
    CHECK(page->member_count <= ROWS_MAX);
    for (size_t i = 0; i < page->member_count; i++)
        check_row(&page->members[i]);
}

static void read_holds(struct bursar_client *client)
{
    const struct bursar_hold_page *page = NULL;
    enum bursar_result result = bursar_holds(client, "100000000001", 0, ROWS_MAX, &page);
    check_result(client, result);
    for (size_t i = 0; result == BURSAR_OK && i < page->hold_count; i++)
        check_amount(page->holds[i].amount);
}

static void read_past(struct bursar_client *client)
{
    const struct bursar_past_balance *past = NULL;
    enum bursar_result result = bursar_balance_at(client, NULL, 0, &past);
    check_result(client, result);
    if (result == BURSAR_OK)
        check_row(&past->member);
}

/* The id of the entry, which must be behind `last_id`. */
static int64_t check_entry(const struct bursar_entry *entry, int64_t last_id)
{
    CHECK(entry->entry_id > last_id && entry->kind && is_json(slice_text(entry->json)));
    check_amount(entry->amount);
    if (entry->after.member_uin)
        check_row(&entry->after);
    if (entry->to_after.member_uin)
        check_row(&entry->to_after);
    return entry->entry_id;
}

static void walk_entries(struct bursar_client *client)
{
    const struct bursar_entry_filter filter = {.ascending = true};
    const struct bursar_entry *entry = NULL;
    struct bursar_entries *entries = NULL;
    enum bursar_result result;
    int64_t last_id = 0;
    CHECK(bursar_entries_new(client, &filter, NULL, &entries) == BURSAR_OK);
    while ((result = bursar_entries_next(entries, &entry)) == BURSAR_OK)
        last_id = check_entry(entry, last_id);
    if (result != BURSAR_END)
        check_result(client, result);
    bursar_entries_free(entries);
}

static void walk_statement(struct bursar_client *client)
{
    const struct bursar_entry *entry = NULL;
    struct bursar_statement *statement = NULL;
    enum bursar_result result;
    int64_t last_id = 0;
    CHECK(bursar_statement_new(client, NULL, 1, 0, &statement) == BURSAR_OK);
    while ((result = bursar_statement_next(statement, &entry)) == BURSAR_OK) {
        last_id = check_entry(entry, last_id);
        check_row(bursar_statement_opening(statement));
        check_row(bursar_statement_closing(statement));
    }
    if (result != BURSAR_END)
        check_result(client, result);
    bursar_statement_free(statement);
}

/* What a write makes of an answer that is none: nobody knows. */
static void check_write(const struct bursar_client *client, enum bursar_result result)
{
    CHECK(result == BURSAR_OK || result == BURSAR_REFUSED || result == BURSAR_UNKNOWN);
    CHECK(result != BURSAR_REFUSED || bursar_error_code(client)[0]);
    CHECK(result != BURSAR_UNKNOWN || bursar_error_message(client)[0]);
}

static void write_transfer(struct bursar_client *client)
{
    const struct bursar_transfer transfer = {BURSAR_TOP_UP, "100000000001", .amount = 1};
    const struct bursar_write_options options = {.client_token = "t", .partial = true};
    const struct bursar_posting *posting = NULL;
    enum bursar_result result = bursar_post(client, &transfer, 1, &options, &posting);
    check_write(client, result);
    if (result != BURSAR_OK)
        return;
    CHECK(posting->error_count <= 1);
    for (size_t i = 0; i < posting->member_count; i++)
        check_row(&posting->members[i]);
}

static void write_hold(struct bursar_client *client)
{
    const struct bursar_hold_request hold = {.member_uin = "100000000001", .amount = 1};
    const struct bursar_write_options options = {.client_token = "t"};
    const struct bursar_change *change = NULL;
    enum bursar_result result = bursar_hold_create(client, &hold, &options, &change);
    check_write(client, result);
    if (result == BURSAR_OK)
        check_row(&change->member);
}

typedef void use(struct bursar_client *client);

/* A replay makes every use of its input, fuzzing one, which the input decides: about three times as
 * many executions in the time. */
static void use_answer(struct bursar_client *client)
{
    static use *const uses[] = {read_page,      read_holds,     read_past, walk_entries,
                                walk_statement, write_transfer, write_hold};
    enum { USES = sizeof uses / sizeof *uses };
    uint64_t sum = answer.len;
    for (size_t i = 0; i < answer.len; i++)
        sum = sum * 31 + (unsigned char)answer.at[i];
    for (size_t i = 0; i < USES; i++)
        if (fuzz_is_replay() || sum % USES == i)
            uses[i](client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bursar_client *client = client_of_fuzzer();
    const char *response = NULL;
    size_t len = 0;
    answer = fuzz_text(data, size);
    enum bursar_result result =
        bursar_call(client, "billing", "2018-07-09", "DescribeX", NULL, &response, &len);
    check_result(client, result);
    if (result != BURSAR_PROTOCOL) {
        CHECK(is_json(answer) && len >= 2 && response[len] == '\0');
        CHECK(is_json(slice_of(response, len)));
    }
    use_answer(client);
    return 0;
}
