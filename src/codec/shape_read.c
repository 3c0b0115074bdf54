/* Objects read as a table says. Strict, because a member that is misread is money misread: every
 * one must be there, of its kind, and every amount exact to the micro.
 *
 * Owns nothing; texts and lists live in the arena that is given. Any thread. */
#include "codec/decimal.h"
#include "codec/json.h"
#include "codec/shape.h"
#include "codec/timestamp.h"

enum { LIST_FIRST = 16, MEMBERS_MAX = 32 };

struct reading {
    struct json_reader json;
    struct arena *arena;
    struct shape_wrong *wrong;
};

static bool fail(const struct reading *reading, const struct shape_member *member, const char *what)
{
    *reading->wrong = (struct shape_wrong){member->name.at, what};
    return false;
}

static bool fail_memory(const struct reading *reading)
{
    *reading->wrong = (struct shape_wrong){NULL, NULL};
    return false;
}

static bool copy_word(const struct reading *reading, struct slice text, void *ret_word)
{
    char *copy = arena_take(reading->arena, text.len + 1);
    const char *word = copy;
    if (!copy)
        return fail_memory(reading);
    if (text.len > 0)
        memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    memcpy(ret_word, &word, sizeof word);
    return true;
}

static bool read_text(const struct reading *reading, const struct shape_member *member,
                      const struct json_token *token, void *ret_value)
{
    struct uin uin;
    bool is_uin = member->kind != SHAPE_TEXT && member->kind != SHAPE_WORD;
    if (token->kind != (member->kind == SHAPE_DIGITS ? JSON_NUMBER : JSON_STRING))
        return fail(reading, member,
                    member->kind == SHAPE_DIGITS ? "is not a number" : "is not a string");
    if (is_uin && !uin_parse(token->text, &uin))
        return fail(reading, member, "is not a number of 1 to 20 digits");
    if (slice_find(token->text, '\0') < token->text.len)
        return fail(reading, member, "holds a zero byte");
    if (member->kind == SHAPE_WORD || member->kind == SHAPE_UIN_WORD)
        return copy_word(reading, token->text, ret_value);
    if (is_uin)
        memcpy(ret_value, &uin, sizeof uin);
    else
        memcpy(ret_value, &token->text, sizeof token->text);
    return true;
}

static bool read_bool(const struct reading *reading, const struct shape_member *member,
                      const struct json_token *token, bool *ret_value)
{
    if (token->kind != JSON_TRUE && token->kind != JSON_FALSE)
        return fail(reading, member, "is neither true nor false");
    *ret_value = token->kind == JSON_TRUE;
    return true;
}

static bool read_cents(const struct reading *reading, const struct shape_member *member,
                       const struct json_token *token, struct amount *ret_amount)
{
    if (token->kind != JSON_NUMBER)
        return fail(reading, member, "is not a number");
    switch (decimal_parse_cents(token->text, ret_amount)) {
    case DECIMAL_OK:
        return true;
    case DECIMAL_PRECISE:
        return fail(reading, member, "is more precise than a millionth of a unit");
    case DECIMAL_OVERFLOW:
        return fail(reading, member, "is larger than any amount");
    case DECIMAL_SYNTAX:
        break;
    }
    return fail(reading, member, "is not a number");
}

/* Also into the uint64_t of a count. */
static bool read_integer(const struct reading *reading, const struct shape_member *member,
                         const struct json_token *token, void *ret_value)
{
    int64_t value = 0;
    bool good = token->kind == JSON_NUMBER && json_number_to_i64(token->text, &value);
    if (member->kind != SHAPE_INTEGER && (!good || value < 0))
        return fail(reading, member, "is not a whole number from 0");
    if (!good)
        return fail(reading, member, "is not a whole number");
    memcpy(ret_value, &value, sizeof value);
    return true;
}

/* What has no end ends, as the API writes it, with the year 9999. */
static bool read_time(const struct reading *reading, const struct shape_member *member,
                      const struct json_token *token, int64_t *ret_us)
{
    if (token->kind != JSON_STRING)
        return fail(reading, member, "is not a string");
    if (slice_equal(token->text, SLICE("9999-12-31 23:59:59")) ||
        (member->kind == SHAPE_EXPIRY && token->text.len == 0))
        *ret_us = 0;
    else if (!timestamp_parse_plain(token->text, ret_us) &&
             !timestamp_parse_rfc3339(token->text, ret_us))
        return fail(reading, member, "is not a time");
    return true;
}

/* A list that grows: the items so far are moved when there is no room for one more. */
struct growing {
    char *items;
    size_t size; /* of one */
    size_t count;
    size_t room;
};

/* Zeroed room for one more; NULL when memory is short. */
static void *grow(const struct reading *reading, struct growing *list)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : LIST_FIRST;
        char *items = arena_take_array(reading->arena, room, list->size);
        if (!items)
            return NULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * list->size);
        list->items = items;
        list->room = room;
    }
    return list->items + list->count++ * list->size;
}

static bool read_object(struct reading *reading, const struct shape *shape, char *at);

static bool read_list(struct reading *reading, const struct shape_member *member,
                      struct json_token *token, char *at)
{
    bool is_uins = member->kind == SHAPE_UINS;
    struct growing list = {.size = member->item ? member->item->size
                                   : is_uins    ? sizeof(struct uin)
                                                : sizeof(int64_t)};
    if (token->kind != JSON_ARRAY)
        return fail(reading, member, "is not a list");
    while (json_next(&reading->json, token) != JSON_ARRAY_END) {
        if (member->item && token->kind != JSON_OBJECT)
            return fail(reading, member, "is not a list of objects");
        void *item = grow(reading, &list);
        if (!item)
            return fail_memory(reading);
        bool good = member->item ? read_object(reading, member->item, item)
                    : is_uins    ? read_text(reading, member, token, item)
                                 : read_integer(reading, member, token, item);
        if (!good)
            return false;
    }
    const void *items = list.items;
    memcpy(at + member->place, &items, sizeof items);
    memcpy(at + member->count, &list.count, sizeof list.count);
    return true;
}

/* The value whose first token has been read. */
static bool read_value(struct reading *reading, const struct shape_member *member,
                       struct json_token *token, char *at)
{
    void *value = at + member->place;
    switch (member->kind) {
    case SHAPE_TEXT:
    case SHAPE_WORD:
    case SHAPE_UIN:
    case SHAPE_UIN_WORD:
    case SHAPE_DIGITS:
        return read_text(reading, member, token, value);
    case SHAPE_BOOL:
        return read_bool(reading, member, token, value);
    case SHAPE_CENTS:
        return read_cents(reading, member, token, value);
    case SHAPE_COUNT:
    case SHAPE_ID:
    case SHAPE_INTEGER:
        return read_integer(reading, member, token, value);
    case SHAPE_TIME:
    case SHAPE_END:
    case SHAPE_EXPIRY:
        return read_time(reading, member, token, value);
    case SHAPE_OBJECTS:
    case SHAPE_IDS:
    case SHAPE_UINS:
        return read_list(reading, member, token, at);
    case SHAPE_OBJECT:
        break;
    }
    if (token->kind != JSON_OBJECT)
        return fail(reading, member, "is not an object");
    return read_object(reading, member->item, value);
}

static uint32_t member_find(const struct shape *shape, struct slice name)
{
    uint32_t member = 0;
    while (member < shape->member_count && !slice_equal(name, shape->members[member].name))
        member++;
    return member;
}

/* The object whose brace has been read. */
static bool read_object(struct reading *reading, const struct shape *shape, char *at)
{
    struct json_token token;
    uint32_t seen = 0;
    size_t start = reading->json.at - 1;
    CHECK(shape->member_count <= MEMBERS_MAX);
    while (json_next(&reading->json, &token) == JSON_KEY) {
        uint32_t member = member_find(shape, token.text);
        if (member == shape->member_count) {
            (void)json_skip(&reading->json);
            continue;
        }
        (void)json_next(&reading->json, &token);
        if (token.kind == JSON_NULL && shape->members[member].optional)
            continue;
        if (!read_value(reading, &shape->members[member], &token, at))
            return false;
        seen |= UINT32_C(1) << member;
        if (shape->members[member].given != 0)
            at[shape->members[member].given] = true;
    }
    for (uint32_t member = 0; member < shape->member_count; member++)
        if (!(seen & UINT32_C(1) << member) && !shape->members[member].optional)
            return fail(reading, &shape->members[member], "is missing");
    struct slice text = slice_of(reading->json.text.at + start, reading->json.at - start);
    return shape->json == 0 || copy_word(reading, text, at + shape->json);
}

bool shape_read(const struct shape *shape, struct slice json, struct arena *arena, void *ret_object,
                struct shape_wrong *ret_wrong)
{
    struct json_token token;
    struct reading reading = {.arena = arena, .wrong = ret_wrong};
    memset(ret_object, 0, shape->size);
    json_reader_init(&reading.json, json, arena);
    *ret_wrong = (struct shape_wrong){NULL, "is not an object"};
    bool good =
        json_next(&reading.json, &token) == JSON_OBJECT && read_object(&reading, shape, ret_object);
    if (!json_error(&reading.json)) /* else what the table misses is the text's mistake */
        return good;
    *ret_wrong =
        (struct shape_wrong){NULL, json_is_short(&reading.json) ? NULL : json_error(&reading.json)};
    return false;
}
