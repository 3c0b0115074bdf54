/* DescribeOrgMemberAccountBalance as typed rows. Strict, because a field that is misread is money
 * misread: every field must be there, of its type, and every amount exact to the micro.
 *
 * Owns: nothing; rows and texts live in the client's arena until its next call. */
#include "base/uin.h"
#include "client/client.h"
#include "codec/decimal.h"
#include "codec/json.h"

enum { PAGE_ROWS_MAX = 10, UINS_MAX = 10 };

enum row_field {
    ROW_UIN,
    ROW_NAME,
    ROW_IS_CREDIT,
    ROW_REAL,
    ROW_CASH,
    ROW_CREDIT,
    ROW_TEMP,
    ROW_BASIC,
    ROW_OWE,
    ROW_FIELDS,
};

static const char *const row_names[ROW_FIELDS] = {
    [ROW_UIN] = "MemberUin",
    [ROW_NAME] = "MemberName",
    [ROW_IS_CREDIT] = "IsCreditAccount",
    [ROW_REAL] = "RealBalance",
    [ROW_CASH] = "CashAccountBalance",
    [ROW_CREDIT] = "CreditAmount",
    [ROW_TEMP] = "TempCredit",
    [ROW_BASIC] = "BasicCreditAmount",
    [ROW_OWE] = "OweAmount",
};

/* A page being read. */
struct page_reading {
    struct bursar_client *client;
    struct json_reader reader;
    struct bursar_member_balance *rows;
    size_t row_count;
    size_t row_count_max;
    bool has_data, has_total, has_number;
};

static enum bursar_result fail_field(struct bursar_client *client, const char *name,
                                     const char *what)
{
    return client_fail(client, BURSAR_PROTOCOL, "the answer is not what the API promises: %s %s",
                       name, what);
}

static enum bursar_result take_text(struct bursar_client *client, const char *name,
                                    struct json_token token, const char **ret_text)
{
    if (token.kind != JSON_STRING)
        return fail_field(client, name, "is not a string");
    *ret_text = client_text(client, token.text);
    return *ret_text ? BURSAR_OK
                     : fail_field(client, name, "holds a zero byte or does not fit in memory");
}

static enum bursar_result take_uin(struct bursar_client *client, struct json_token token,
                                   const char **ret_text)
{
    struct uin uin;
    if (token.kind == JSON_STRING && !uin_parse(token.text, &uin))
        return fail_field(client, row_names[ROW_UIN], "is not a number of 1 to 20 digits");
    return take_text(client, row_names[ROW_UIN], token, ret_text);
}

static enum bursar_result take_bool(struct bursar_client *client, const char *name,
                                    struct json_token token, bool *ret_value)
{
    if (token.kind != JSON_TRUE && token.kind != JSON_FALSE)
        return fail_field(client, name, "is neither true nor false");
    *ret_value = token.kind == JSON_TRUE;
    return BURSAR_OK;
}

static enum bursar_result take_amount(struct bursar_client *client, const char *name,
                                      struct json_token token, int64_t *ret_micros)
{
    struct amount amount;
    if (token.kind != JSON_NUMBER)
        return fail_field(client, name, "is not a number");
    switch (decimal_parse_cents(token.text, &amount)) {
    case DECIMAL_OK:
        *ret_micros = amount.micros;
        return BURSAR_OK;
    case DECIMAL_PRECISE:
        return fail_field(client, name, "is more precise than a millionth of a unit");
    case DECIMAL_OVERFLOW:
        return fail_field(client, name, "is larger than any amount");
    case DECIMAL_SYNTAX:
        break;
    }
    return fail_field(client, name, "is not a number");
}

static enum bursar_result take_count(struct bursar_client *client, const char *name,
                                     struct json_token token, uint64_t *ret_count)
{
    int64_t count;
    if (token.kind != JSON_NUMBER || !json_number_to_i64(token.text, &count) || count < 0)
        return fail_field(client, name, "is not a whole number from 0");
    *ret_count = (uint64_t)count;
    return BURSAR_OK;
}

static enum bursar_result take_field(struct bursar_client *client, enum row_field field,
                                     struct json_token token, struct bursar_member_balance *row)
{
    const char *name = row_names[field];
    switch (field) {
    case ROW_UIN:
        return take_uin(client, token, &row->member_uin);
    case ROW_NAME:
        return take_text(client, name, token, &row->member_name);
    case ROW_IS_CREDIT:
        return take_bool(client, name, token, &row->is_credit_account);
    case ROW_REAL:
        return take_amount(client, name, token, &row->real_balance);
    case ROW_CASH:
        return take_amount(client, name, token, &row->cash_account_balance);
    case ROW_CREDIT:
        return take_amount(client, name, token, &row->credit_amount);
    case ROW_TEMP:
        return take_amount(client, name, token, &row->temp_credit);
    case ROW_BASIC:
        return take_amount(client, name, token, &row->basic_credit_amount);
    case ROW_OWE:
        return take_amount(client, name, token, &row->owe_amount);
    case ROW_FIELDS:
        break;
    }
    return BURSAR_OK;
}

static enum row_field field_named(struct slice name)
{
    unsigned field = 0;
    while (field < ROW_FIELDS && !slice_equal(name, slice_text(row_names[field])))
        field++;
    return (enum row_field)field;
}

/* The object whose brace has been read. */
static enum bursar_result read_row(struct page_reading *page, struct bursar_member_balance *row)
{
    struct json_token token;
    unsigned seen = 0;
    while (json_next(&page->reader, &token) == JSON_KEY) {
        enum row_field field = field_named(token.text);
        if (field == ROW_FIELDS) {
            (void)json_skip(&page->reader);
            continue;
        }
        (void)json_next(&page->reader, &token);
        enum bursar_result result = take_field(page->client, field, token, row);
        if (result != BURSAR_OK)
            return result;
        seen |= 1u << field;
    }
    for (unsigned field = 0; field < ROW_FIELDS; field++)
        if (!(seen & 1u << field))
            return fail_field(page->client, row_names[field], "is missing");
    return BURSAR_OK;
}

static enum bursar_result read_rows(struct page_reading *page)
{
    struct json_token token;
    if (json_next(&page->reader, &token) != JSON_ARRAY)
        return fail_field(page->client, "Data", "is not a list");
    while (json_next(&page->reader, &token) == JSON_OBJECT) {
        if (page->row_count == page->row_count_max)
            return fail_field(page->client, "Data", "holds more members than were asked for");
        enum bursar_result result = read_row(page, &page->rows[page->row_count]);
        if (result != BURSAR_OK)
            return result;
        page->row_count++;
    }
    page->has_data = true;
    return token.kind == JSON_ARRAY_END
               ? BURSAR_OK
               : fail_field(page->client, "Data", "is not a list of objects");
}

static enum bursar_result read_member(struct page_reading *page, struct slice key)
{
    struct json_token token;
    if (slice_equal(key, SLICE("Data")))
        return read_rows(page);
    if (slice_equal(key, SLICE("TotalCount"))) {
        (void)json_next(&page->reader, &token);
        page->has_total = true;
        return take_count(page->client, "TotalCount", token, &page->client->page.total_count);
    }
    if (slice_equal(key, SLICE("PageNumber"))) {
        (void)json_next(&page->reader, &token);
        page->has_number = true;
        return take_count(page->client, "PageNumber", token, &page->client->page.page_number);
    }
    (void)json_skip(&page->reader);
    return BURSAR_OK;
}

static enum bursar_result read_page(struct page_reading *page)
{
    struct json_token token;
    (void)json_next(&page->reader, &token); /* an object, as the envelope has shown */
    while (json_next(&page->reader, &token) == JSON_KEY) {
        enum bursar_result result = read_member(page, token.text);
        if (result != BURSAR_OK)
            return result;
    }
    if (!page->has_data)
        return fail_field(page->client, "Data", "is missing");
    if (!page->has_total)
        return fail_field(page->client, "TotalCount", "is missing");
    if (!page->has_number)
        return fail_field(page->client, "PageNumber", "is missing");
    return BURSAR_OK;
}

/* {"PageNumber":1,"PageSize":10,"MemberUins":["..."]}, what is 0 or empty left out. */
static enum bursar_result write_parameters(struct bursar_client *client, uint64_t page_number,
                                           uint64_t page_size, const char *const *uins,
                                           size_t uin_count, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    if (page_number > 0) {
        json_write_key(&writer, SLICE("PageNumber"));
        json_write_u64(&writer, page_number);
    }
    if (page_size > 0) {
        json_write_key(&writer, SLICE("PageSize"));
        json_write_u64(&writer, page_size);
    }
    if (uin_count > 0) {
        json_write_key(&writer, SLICE("MemberUins"));
        json_open_array(&writer);
        for (size_t i = 0; i < uin_count; i++) {
            struct uin uin;
            if (!uins[i] || !uin_parse(slice_text(uins[i]), &uin))
                return client_fail(client, BURSAR_USAGE,
                                   "member uin %zu is not a number of 1 to 20 digits", i + 1);
            json_write_string(&writer, slice_text(uins[i]));
        }
        json_close_array(&writer);
    }
    json_close_object(&writer);
    buffer_char(out, '\0');
    return BURSAR_OK;
}

static enum bursar_result call_page(struct bursar_client *client, const char *parameters,
                                    size_t row_count_max)
{
    struct slice response;
    enum bursar_result result = client_call(
        client, "billing", "2018-07-09", "DescribeOrgMemberAccountBalance", parameters, &response);
    if (result != BURSAR_OK)
        return result;
    struct page_reading page = {.client = client, .row_count_max = row_count_max};
    page.rows = arena_take_array(&client->arena, row_count_max, sizeof *page.rows);
    if (!page.rows)
        return client_fail(client, BURSAR_MEMORY, "out of memory");
    client->page = (struct bursar_balance_page){0};
    json_reader_init(&page.reader, response, &client->arena);
    result = read_page(&page);
    client->page.members = page.rows;
    client->page.member_count = page.row_count;
    client->page.request_id = client->request_id;
    return result;
}

enum bursar_result
bursar_describe_org_member_account_balance(struct bursar_client *client, uint64_t page_number,
                                           uint64_t page_size, const char *const *member_uins,
                                           size_t member_uin_count,
                                           const struct bursar_balance_page **ret_page)
{
    char memory[512];
    struct buffer
        parameters; /* written before the call makes an end of the page the uins may be in */
    if (page_size > PAGE_ROWS_MAX || member_uin_count > UINS_MAX || page_number > INT64_MAX)
        return client_fail(client, BURSAR_USAGE,
                           "a page holds 1 to 10 members, and at most 10 uins can be asked for");
    buffer_init_fixed(&parameters, memory, sizeof memory);
    enum bursar_result result = write_parameters(client, page_number, page_size, member_uins,
                                                 member_uin_count, &parameters);
    if (result == BURSAR_OK)
        result = call_page(client, memory, page_size ? (size_t)page_size : PAGE_ROWS_MAX);
    if (result == BURSAR_OK)
        *ret_page = &client->page;
    return result;
}
