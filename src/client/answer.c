/* Answers read into structs, field by field as a table says. Strict, because a field that is
 * misread is money misread: every field must be there, of its kind, and every amount exact to the
 * micro.
 *
 * Owns nothing; texts and lists live in the arena that is given. The client's thread. */
#include "client/answer.h"

#include "base/check.h"
#include "base/uin.h"
#include "codec/decimal.h"
#include "codec/json.h"
#include "codec/timestamp.h"

enum { LIST_FIRST = 16 };

struct answer {
    struct bursar_client *client;
    struct arena *arena;
    struct json_reader reader;
};

static const struct answer_field member_fields[] = {
    ANSWER_FIELD(ANSWER_UIN, struct bursar_member_balance, member_uin, "MemberUin"),
    ANSWER_FIELD(ANSWER_TEXT, struct bursar_member_balance, member_name, "MemberName"),
    ANSWER_FIELD(ANSWER_BOOL, struct bursar_member_balance, is_credit_account, "IsCreditAccount"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, real_balance, "RealBalance"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, cash_account_balance,
                 "CashAccountBalance"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, credit_amount, "CreditAmount"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, temp_credit, "TempCredit"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, basic_credit_amount,
                 "BasicCreditAmount"),
    ANSWER_FIELD(ANSWER_AMOUNT, struct bursar_member_balance, owe_amount, "OweAmount"),
};
const struct answer_object answer_member =
    ANSWER_OBJECT_OF(member_fields, struct bursar_member_balance);

enum bursar_result answer_fail(struct bursar_client *client, const char *name, const char *what)
{
    return client_fail(client, BURSAR_PROTOCOL, "the answer is not what the API promises: %s %s",
                       name, what);
}

static enum bursar_result fail_memory(const struct answer *answer)
{
    return client_fail(answer->client, BURSAR_MEMORY, "out of memory");
}

static enum bursar_result copy_text(const struct answer *answer, struct slice text,
                                    const char **ret_text)
{
    char *copy = arena_take(answer->arena, text.len + 1);
    if (!copy)
        return fail_memory(answer);
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    *ret_text = copy;
    return BURSAR_OK;
}

static enum bursar_result take_text(const struct answer *answer, const char *name,
                                    struct json_token token, const char **ret_text)
{
    if (token.kind != JSON_STRING)
        return answer_fail(answer->client, name, "is not a string");
    if (slice_find(token.text, '\0') < token.text.len)
        return answer_fail(answer->client, name, "holds a zero byte");
    return copy_text(answer, token.text, ret_text);
}

static enum bursar_result take_uin(const struct answer *answer, const char *name,
                                   struct json_token token, const char **ret_text)
{
    struct uin uin;
    if (token.kind == JSON_STRING && !uin_parse(token.text, &uin))
        return answer_fail(answer->client, name, "is not a number of 1 to 20 digits");
    return take_text(answer, name, token, ret_text);
}

static enum bursar_result take_bool(const struct answer *answer, const char *name,
                                    struct json_token token, bool *ret_value)
{
    if (token.kind != JSON_TRUE && token.kind != JSON_FALSE)
        return answer_fail(answer->client, name, "is neither true nor false");
    *ret_value = token.kind == JSON_TRUE;
    return BURSAR_OK;
}

static enum bursar_result take_amount(const struct answer *answer, const char *name,
                                      struct json_token token, int64_t *ret_micros)
{
    struct amount amount;
    if (token.kind != JSON_NUMBER)
        return answer_fail(answer->client, name, "is not a number");
    switch (decimal_parse_cents(token.text, &amount)) {
    case DECIMAL_OK:
        *ret_micros = amount.micros;
        return BURSAR_OK;
    case DECIMAL_PRECISE:
        return answer_fail(answer->client, name, "is more precise than a millionth of a unit");
    case DECIMAL_OVERFLOW:
        return answer_fail(answer->client, name, "is larger than any amount");
    case DECIMAL_SYNTAX:
        break;
    }
    return answer_fail(answer->client, name, "is not a number");
}

static enum bursar_result take_id(const struct answer *answer, const char *name,
                                  struct json_token token, int64_t *ret_id)
{
    int64_t id;
    if (token.kind != JSON_NUMBER || !json_number_to_i64(token.text, &id) || id < 0)
        return answer_fail(answer->client, name, "is not a whole number from 0");
    *ret_id = id;
    return BURSAR_OK;
}

static enum bursar_result take_count(const struct answer *answer, const char *name,
                                     struct json_token token, uint64_t *ret_count)
{
    int64_t count = 0;
    enum bursar_result result = take_id(answer, name, token, &count);
    if (result == BURSAR_OK)
        *ret_count = (uint64_t)count;
    return result;
}

/* What has no end ends, as the API writes it, with the year 9999. */
static enum bursar_result take_time(const struct answer *answer, const char *name,
                                    struct json_token token, int64_t *ret_us)
{
    if (token.kind != JSON_STRING)
        return answer_fail(answer->client, name, "is not a string");
    if (slice_equal(token.text, SLICE("9999-12-31 23:59:59")))
        *ret_us = 0;
    else if (!timestamp_parse_plain(token.text, ret_us) &&
             !timestamp_parse_rfc3339(token.text, ret_us))
        return answer_fail(answer->client, name, "is not a time");
    return BURSAR_OK;
}

/* A list that grows: the items so far are moved when there is no room for one more. */
struct growing {
    char *items;
    size_t size; /* of one */
    size_t count;
    size_t room;
};

/* Zeroed room for one more; NULL when memory is short. */
static void *grow(const struct answer *answer, struct growing *list)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : LIST_FIRST;
        char *items = arena_take_array(answer->arena, room, list->size);
        if (!items)
            return NULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * list->size);
        list->items = items;
        list->room = room;
    }
    return list->items + list->count++ * list->size;
}

static void keep_list(const struct growing *list, const struct answer_field *field, char *at)
{
    const void *items = list->items;
    memcpy(at + field->offset, &items, sizeof items);
    memcpy(at + field->count_offset, &list->count, sizeof list->count);
}

static enum bursar_result read_ids(struct answer *answer, const struct answer_field *field,
                                   struct json_token token, char *at)
{
    struct growing list = {.size = sizeof(int64_t)};
    if (token.kind != JSON_ARRAY)
        return answer_fail(answer->client, field->name, "is not a list");
    while (json_next(&answer->reader, &token) != JSON_ARRAY_END) {
        int64_t *id = grow(answer, &list);
        if (!id)
            return fail_memory(answer);
        enum bursar_result result = take_id(answer, field->name, token, id);
        if (result != BURSAR_OK)
            return result;
    }
    keep_list(&list, field, at);
    return BURSAR_OK;
}

static enum bursar_result read_object(struct answer *answer, const struct answer_object *object,
                                      char *at);

static enum bursar_result read_objects(struct answer *answer, const struct answer_field *field,
                                       struct json_token token, char *at)
{
    struct growing list = {.size = field->object->size};
    if (token.kind != JSON_ARRAY)
        return answer_fail(answer->client, field->name, "is not a list");
    while (json_next(&answer->reader, &token) == JSON_OBJECT) {
        char *item = grow(answer, &list);
        if (!item)
            return fail_memory(answer);
        enum bursar_result result = read_object(answer, field->object, item);
        if (result != BURSAR_OK)
            return result;
    }
    if (token.kind != JSON_ARRAY_END)
        return answer_fail(answer->client, field->name, "is not a list of objects");
    keep_list(&list, field, at);
    return BURSAR_OK;
}

/* The value whose first token has been read. */
static enum bursar_result read_value(struct answer *answer, const struct answer_field *field,
                                     struct json_token token, char *at)
{
    void *value = at + field->offset;
    switch (field->kind) {
    case ANSWER_TEXT:
        return take_text(answer, field->name, token, value);
    case ANSWER_UIN:
        return take_uin(answer, field->name, token, value);
    case ANSWER_BOOL:
        return take_bool(answer, field->name, token, value);
    case ANSWER_AMOUNT:
        return take_amount(answer, field->name, token, value);
    case ANSWER_COUNT:
        return take_count(answer, field->name, token, value);
    case ANSWER_ID:
        return take_id(answer, field->name, token, value);
    case ANSWER_TIME:
        return take_time(answer, field->name, token, value);
    case ANSWER_IDS:
        return read_ids(answer, field, token, at);
    case ANSWER_OBJECTS:
        return read_objects(answer, field, token, at);
    case ANSWER_OBJECT:
        break;
    }
    if (token.kind != JSON_OBJECT)
        return answer_fail(answer->client, field->name, "is not an object");
    return read_object(answer, field->object, value);
}

static size_t field_find(const struct answer_object *object, struct slice name)
{
    size_t field = 0;
    while (field < object->field_count &&
           !slice_equal(name, slice_text(object->fields[field].name)))
        field++;
    return field;
}

/* The object whose brace has been read. */
static enum bursar_result read_object(struct answer *answer, const struct answer_object *object,
                                      char *at)
{
    struct json_token token;
    uint32_t seen = 0;
    size_t start = answer->reader.at - 1;
    CHECK(object->field_count <= 32);
    while (json_next(&answer->reader, &token) == JSON_KEY) {
        size_t field = field_find(object, token.text);
        if (field == object->field_count) {
            (void)json_skip(&answer->reader);
            continue;
        }
        (void)json_next(&answer->reader, &token);
        if (token.kind == JSON_NULL && object->fields[field].optional)
            continue;
        enum bursar_result result = read_value(answer, &object->fields[field], token, at);
        if (result != BURSAR_OK)
            return result;
        seen |= UINT32_C(1) << field;
    }
    for (size_t field = 0; field < object->field_count; field++)
        if (!(seen & UINT32_C(1) << field) && !object->fields[field].optional)
            return answer_fail(answer->client, object->fields[field].name, "is missing");
    if (object->json_offset == 0)
        return BURSAR_OK;
    struct slice json = slice_of(answer->reader.text.at + start, answer->reader.at - start);
    return copy_text(answer, json, (const char **)(void *)(at + object->json_offset));
}

enum bursar_result answer_read(struct bursar_client *client, struct arena *arena,
                               struct slice response, const struct answer_object *object,
                               void *ret_answer)
{
    struct json_token token;
    struct answer answer = {.client = client, .arena = arena};
    memset(ret_answer, 0, object->size);
    json_reader_init(&answer.reader, response, arena);
    (void)json_next(&answer.reader, &token); /* an object, as the envelope has shown */
    enum bursar_result result = read_object(&answer, object, ret_answer);
    /* The envelope has been read, so this is no mistake in the text. */
    return json_error(&answer.reader) ? fail_memory(&answer) : result;
}
