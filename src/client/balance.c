/* DescribeOrgMemberAccountBalance as typed rows.
 *
 * Owns: nothing; rows and texts live in the client's arena until its next call. */
#include "base/uin.h"
#include "client/answer.h"
#include "codec/json.h"

enum { PAGE_ROWS_MAX = 10, UINS_MAX = 10 };

static const struct shape_member page_fields[] = {
    SHAPE_LIST(OBJECTS, struct bursar_balance_page, members, member_count, &answer_member, "Data",
               NULL),
    SHAPE_MEMBER(COUNT, struct bursar_balance_page, total_count, "TotalCount", NULL),
    SHAPE_MEMBER(COUNT, struct bursar_balance_page, page_number, "PageNumber", NULL),
};
static const struct shape page_object = SHAPE(page_fields, struct bursar_balance_page);

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
    if (result == BURSAR_OK)
        result = answer_read(client, &client->arena, response, &page_object, &client->page);
    if (result == BURSAR_OK && client->page.member_count > row_count_max)
        result = answer_fail(client, "Data", "holds more members than were asked for");
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
