/* Binding of JSON: one pass of the strict reader, values put where the declaration says.
 *
 * A mistake does not end the pass: bytes that are not JSON are graver and may come later.
 * Owns nothing. Thread: the worker's. */
#include "api/binder.h"

static bool bind_object(struct binder *binder, struct json_reader *reader,
                        const struct parameters *parameters, const struct place *above,
                        void *target);

RARE static bool note_type(struct binder *binder, struct json_reader *reader, enum json_kind kind,
                           const struct slot *slot, const char *expected)
{
    binder_note(binder, MISTAKE_TYPE, ERROR_PARAMETER_TYPE, &slot->place, slice_text(expected));
    return json_skip_rest(reader, kind);
}

/* The value fits its declared type and is in the slot. */
static inline bool scalar_accept(struct binder *binder, enum json_kind kind, struct slice text,
                                 const struct slot *slot)
{
    int64_t number;
    switch (slot->parameter->type) {
    case PARAMETER_TEXT:
        if (kind != JSON_STRING)
            return false;
        *(struct text_value *)slot->value = (struct text_value){text, true};
        return true;
    case PARAMETER_AMOUNT:
        if (kind != JSON_NUMBER)
            return false;
        *(struct text_value *)slot->value = (struct text_value){text, true};
        return true;
    case PARAMETER_INTEGER:
        if (kind != JSON_NUMBER || !json_number_to_i64(text, &number))
            return false;
        *(struct integer_value *)slot->value = (struct integer_value){number, true};
        binder_check_range(binder, slot, number);
        return true;
    case PARAMETER_BOOLEAN:
        if (kind != JSON_TRUE && kind != JSON_FALSE)
            return false;
        *(struct boolean_value *)slot->value = (struct boolean_value){kind == JSON_TRUE, true};
        return true;
    case PARAMETER_OBJECT:
        break;
    }
    return false;
}

static inline bool bind_item(struct binder *binder, struct json_reader *reader,
                             const struct json_token *token, const struct slot *slot)
{
    const struct parameter *parameter = slot->parameter;
    if (parameter->type == PARAMETER_OBJECT && token->kind == JSON_OBJECT)
        return bind_object(binder, reader, parameter->fields, &slot->place, slot->value);
    if (scalar_accept(binder, token->kind, token->text, slot))
        return true;
    return note_type(binder, reader, token->kind, slot, parameter_type_name(parameter->type));
}

static bool bind_list(struct binder *binder, struct json_reader *reader, const struct slot *slot)
{
    struct list_value *list = slot->value;
    struct growing_list growing = {list, 0, parameter_item_size(slot->parameter)};
    struct json_token token;
    list->given = true;
    for (;;) {
        enum json_kind kind = json_next(reader, &token);
        if (kind == JSON_ARRAY_END || kind == JSON_ERROR)
            return kind == JSON_ARRAY_END;
        uint32_t index = list->count;
        void *value = growing_list_add(binder, &growing, slot);
        if (!value && !json_skip_rest(reader, kind))
            return false;
        struct slot item = {slot->parameter, {&slot->place, SLICE_NONE, index}, value};
        if (value && !bind_item(binder, reader, &token, &item))
            return false;
    }
}

bool binder_json_value(struct binder *binder, struct json_reader *reader, const struct slot *slot)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind == JSON_ERROR)
        return false;
    if (kind == JSON_NULL)
        return true;
    if (!slot->parameter->is_list)
        return bind_item(binder, reader, &token, slot);
    if (kind != JSON_ARRAY)
        return note_type(binder, reader, kind, slot, "list");
    return bind_list(binder, reader, slot);
}

static bool bind_object(struct binder *binder, struct json_reader *reader,
                        const struct parameters *parameters, const struct place *above,
                        void *target)
{
    struct json_token token;
    for (;;) {
        enum json_kind kind = json_next(reader, &token);
        if (kind != JSON_KEY) {
            binder_check_required(binder, parameters, above, target);
            return kind == JSON_OBJECT_END;
        }
        const struct parameter *parameter = parameters_find(parameters, token.text);
        struct slot slot = {parameter, {above, token.text, 0}, NULL};
        if (!parameter) {
            binder_note_unknown(binder, &slot.place);
            if (!json_skip(reader))
                return false;
            continue;
        }
        slot.value = (char *)target + parameter->offset;
        if (!binder_json_value(binder, reader, &slot))
            return false;
    }
}

static bool bind_text(struct binder *binder, struct json_reader *reader,
                      const struct parameters *parameters, void *target)
{
    struct json_token token;
    enum json_kind kind = json_next(reader, &token);
    if (kind == JSON_NULL)
        binder_check_required(binder, parameters, NULL, target);
    else if (kind != JSON_OBJECT || !bind_object(binder, reader, parameters, NULL, target))
        return false;
    return json_next(reader, &token) == JSON_END;
}

bool parameters_bind_json(const struct parameters *parameters, struct slice body,
                          struct arena *arena, void *target, struct complaint *ret_complaint)
{
    struct binder binder = {arena, ret_complaint, MISTAKE_NONE};
    struct json_reader reader;
    if (slice_trim_lines(body).len == 0)
        body = SLICE("{}");
    json_reader_init(&reader, body, arena);
    if (!bind_text(&binder, &reader, parameters, target))
        binder_note(&binder, MISTAKE_SYNTAX, ERROR_CONTENT_NOT_JSON, NULL, SLICE_NONE);
    return binder.mistake == MISTAKE_NONE;
}
