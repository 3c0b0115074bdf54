/* What binding JSON and binding text have in common: finding, counting, complaining.
 *
 * Owns nothing; everything made lives in the caller's arena. Thread: the worker's. */
#include "api/binder.h"

const char *parameter_type_name(enum parameter_type type)
{
    static const char *const names[] = {
        [PARAMETER_TEXT] = "string",  [PARAMETER_INTEGER] = "int64", [PARAMETER_BOOLEAN] = "bool",
        [PARAMETER_AMOUNT] = "float", [PARAMETER_OBJECT] = "object",
    };
    return names[type];
}

const struct parameter *parameters_find(const struct parameters *parameters, struct slice name)
{
    for (uint32_t i = 0; i < parameters->count; i++) {
        if (slice_equal(parameters->at[i].name, name))
            return &parameters->at[i];
    }
    return NULL;
}

static void place_write(const struct place *place, struct buffer *out)
{
    if (place->above) {
        place_write(place->above, out);
        buffer_char(out, '.');
    }
    if (place->name.len > 0)
        buffer_bytes(out, place->name.at, place->name.len < 300 ? place->name.len : 300);
    else
        buffer_u64(out, place->index);
}

static struct slice place_text(struct binder *binder, const struct place *place)
{
    enum { PLACE_BYTES_MAX = 512 };
    struct buffer text;
    void *memory = arena_take(binder->arena, PLACE_BYTES_MAX);
    if (!memory)
        return SLICE_NONE;
    buffer_init_fixed(&text, memory, PLACE_BYTES_MAX);
    place_write(place, &text);
    return buffer_slice(&text);
}

void binder_note(struct binder *binder, enum mistake mistake, enum error error,
                 const struct place *place, struct slice word)
{
    if (mistake >= binder->mistake)
        return;
    binder->mistake = mistake;
    *binder->complaint = (struct complaint){.error = error};
    if (place)
        binder->complaint->words[0] = place_text(binder, place);
    binder->complaint->words[1] = word;
}

void binder_note_unknown(struct binder *binder, const struct place *place)
{
    enum error error = place->name.len > 0 ? ERROR_UNKNOWN_PARAMETER : ERROR_EMPTY_KEY;
    binder_note(binder, MISTAKE_UNKNOWN, error, place, SLICE_NONE);
}

RARE static void note_numbers(struct binder *binder, enum error error, const struct place *place,
                              int64_t n, int64_t m)
{
    if (MISTAKE_VALUE >= binder->mistake)
        return;
    binder_note(binder, MISTAKE_VALUE, error, place, SLICE_NONE);
    binder->complaint->numbers[0] = n;
    binder->complaint->numbers[1] = m;
}

bool parameter_is_given(const struct parameter *parameter, const void *value)
{
    if (parameter->is_list)
        return ((const struct list_value *)value)->given;
    switch (parameter->type) {
    case PARAMETER_TEXT:
    case PARAMETER_AMOUNT:
        return ((const struct text_value *)value)->given;
    case PARAMETER_INTEGER:
        return ((const struct integer_value *)value)->given;
    case PARAMETER_BOOLEAN:
        return ((const struct boolean_value *)value)->given;
    case PARAMETER_OBJECT:
        break;
    }
    return true;
}

void binder_check_required(struct binder *binder, const struct parameters *parameters,
                           const struct place *above, const void *target)
{
    for (uint32_t i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->at[i];
        if (!parameter->required ||
            parameter_is_given(parameter, (const char *)target + parameter->offset))
            continue;
        struct place place = {above, parameter->name, 0};
        binder_note(binder, MISTAKE_MISSING, ERROR_MISSING_PARAMETER, &place, SLICE_NONE);
    }
}

void binder_check_range(struct binder *binder, const struct slot *slot, int64_t value)
{
    const struct parameter *parameter = slot->parameter;
    if (parameter->maximum == 0 || (value >= parameter->minimum && value <= parameter->maximum))
        return;
    note_numbers(binder, ERROR_VALUE_RANGE, &slot->place, parameter->minimum, parameter->maximum);
}

size_t parameter_item_size(const struct parameter *parameter)
{
    switch (parameter->type) {
    case PARAMETER_TEXT:
    case PARAMETER_AMOUNT:
        return sizeof(struct text_value);
    case PARAMETER_INTEGER:
        return sizeof(struct integer_value);
    case PARAMETER_BOOLEAN:
        return sizeof(struct boolean_value);
    case PARAMETER_OBJECT:
        break;
    }
    return parameter->fields->size;
}

void *growing_list_add(struct binder *binder, struct growing_list *growing, const struct slot *slot)
{
    enum { ITEMS_FIRST = 16 };
    struct list_value *list = growing->list;
    if (list->count >= slot->parameter->maximum) {
        note_numbers(binder, ERROR_VALUE_COUNT, &slot->place, slot->parameter->maximum, 0);
        return NULL;
    }
    if (list->count == growing->cap) {
        uint32_t cap = growing->cap ? growing->cap * 2 : ITEMS_FIRST;
        void *items = arena_take_array(binder->arena, cap, growing->item_size);
        if (!items) {
            binder_note(binder, MISTAKE_MEMORY, ERROR_INTERNAL, NULL, SLICE_NONE);
            return NULL;
        }
        if (list->count > 0)
            memcpy(items, list->items, list->count * growing->item_size);
        list->items = items;
        growing->cap = cap;
    }
    return (char *)list->items + list->count++ * growing->item_size;
}
