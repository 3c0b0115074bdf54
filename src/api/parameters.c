/* What binding JSON and binding text have in common: finding, counting, complaining; and text.
 *
 * Owns nothing; everything made lives in the caller's arena. Thread: the worker's.
 *
 * Flattened names are put in order first, indexes by number, so that each object and each list is
 * one run of neighbours and the walk down is the same as that of JSON. */
#include "api/parameters.h"

#include "api/binder.h"
#include "base/check.h"

#include <stdlib.h>

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

void binder_note_numbers(struct binder *binder, enum error error, const struct place *place,
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
    binder_note_numbers(binder, ERROR_VALUE_RANGE, &slot->place, parameter->minimum,
                        parameter->maximum);
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
        binder_note_numbers(binder, ERROR_VALUE_COUNT, &slot->place, slot->parameter->maximum, 0);
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

/* ---- flattened text ---- */

/* Pairs whose names agree up to `depth` bytes (with the dot). */
struct run {
    struct field *pairs;
    size_t count;
    size_t depth;
};

struct text_binder {
    struct binder binder;
    bool json_values;
};

static void bind_run(struct text_binder *text, struct run run, const struct parameters *parameters,
                     const struct place *above, void *target);

static struct slice segment_at(struct slice name, size_t depth)
{
    struct slice rest;
    return slice_cut(slice_of(name.at + depth, name.len - depth), '.', &rest);
}

static bool is_index(struct slice segment)
{
    uint64_t value;
    return segment.len <= 9 && slice_to_u64(segment, &value) &&
           (segment.len == 1 || segment.at[0] != '0');
}

static int segment_compare(struct slice a, struct slice b)
{
    if (is_index(a) && is_index(b) && a.len != b.len)
        return a.len < b.len ? -1 : 1;
    return slice_compare(a, b);
}

static int pair_compare(const void *left, const void *right)
{
    struct slice a = ((const struct field *)left)->name;
    struct slice b = ((const struct field *)right)->name;
    while (a.len > 0 && b.len > 0) {
        int order = segment_compare(slice_cut(a, '.', &a), slice_cut(b, '.', &b));
        if (order != 0)
            return order;
    }
    return (a.len > 0) - (b.len > 0);
}

/* Splits the pairs of the next segment off the run. */
static struct run run_take(struct run *run, struct slice *ret_segment)
{
    struct slice segment = segment_at(run->pairs[0].name, run->depth);
    size_t count = 1;
    while (count < run->count &&
           slice_equal(segment_at(run->pairs[count].name, run->depth), segment))
        count++;
    struct run taken = {run->pairs, count, run->depth + segment.len};
    run->pairs += count;
    run->count -= count;
    *ret_segment = segment;
    return taken;
}

static bool run_is_leaf(const struct run *run)
{
    return run->pairs[0].name.len == run->depth;
}

/* All names go on below this: step over the dot. False if one ends here. */
static bool run_descend(struct run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (run->pairs[i].name.len == run->depth)
            return false;
    }
    run->depth++;
    return true;
}

static bool is_decimal(struct slice text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.at[i] >= '0' && text.at[i] <= '9';
        digits += digit;
        if (!digit && !memchr("+-.eE", text.at[i], 5))
            return false;
    }
    return digits > 0;
}

static bool text_to_boolean(struct slice text, struct boolean_value *ret_value)
{
    bool yes = slice_equal_nocase(text, SLICE("true"));
    if (!yes && !slice_equal_nocase(text, SLICE("false")))
        return false;
    *ret_value = (struct boolean_value){yes, true};
    return true;
}

/* Texts are copied: the decoded pairs may not live as long as a write that waits. */
static bool text_to_value(struct binder *binder, struct slice text, const struct slot *slot)
{
    int64_t number;
    switch (slot->parameter->type) {
    case PARAMETER_TEXT:
        if (!slice_is_utf8(text))
            return false;
        *(struct text_value *)slot->value =
            (struct text_value){arena_copy(binder->arena, text), true};
        return true;
    case PARAMETER_AMOUNT:
        if (!is_decimal(text))
            return false;
        *(struct text_value *)slot->value =
            (struct text_value){arena_copy(binder->arena, text), true};
        return true;
    case PARAMETER_INTEGER:
        if (!slice_to_i64(text, &number))
            return false;
        *(struct integer_value *)slot->value = (struct integer_value){number, true};
        binder_check_range(binder, slot, number);
        return true;
    case PARAMETER_BOOLEAN:
        return text_to_boolean(text, slot->value);
    case PARAMETER_OBJECT:
        break;
    }
    return false;
}

static void bind_scalar(struct text_binder *text, struct run run, const struct slot *slot)
{
    struct binder *binder = &text->binder;
    if (!run_is_leaf(&run) || run.pairs[run.count - 1].name.len != run.depth)
        binder_note(binder, MISTAKE_TYPE, ERROR_PARAMETER_FORMAT, &slot->place, SLICE_NONE);
    else if (run.count > 1)
        binder_note(binder, MISTAKE_SYNTAX, ERROR_PARAMETER_REPEATED, &slot->place, SLICE_NONE);
    else if (!text_to_value(binder, run.pairs[0].value, slot))
        binder_note(binder, MISTAKE_TYPE, ERROR_PARAMETER_TEXT_TYPE, &slot->place,
                    run.pairs[0].value);
}

/* One part of a multipart body that holds a whole list as JSON. */
static void bind_json_text(struct text_binder *text, struct slice json, const struct slot *slot)
{
    struct json_reader *reader = arena_take(text->binder.arena, sizeof *reader);
    struct json_token token;
    if (!reader) {
        binder_note(&text->binder, MISTAKE_MEMORY, ERROR_INTERNAL, NULL, SLICE_NONE);
        return;
    }
    json_reader_init(reader, json, text->binder.arena);
    if (!binder_json_value(&text->binder, reader, slot) || json_next(reader, &token) != JSON_END)
        binder_note(&text->binder, MISTAKE_SYNTAX, ERROR_PARAMETER_JSON, &slot->place, SLICE_NONE);
}

static void bind_item(struct text_binder *text, struct run run, const struct slot *slot)
{
    if (slot->parameter->type != PARAMETER_OBJECT)
        bind_scalar(text, run, slot);
    else if (run_descend(&run))
        bind_run(text, run, slot->parameter->fields, &slot->place, slot->value);
    else
        binder_note(&text->binder, MISTAKE_TYPE, ERROR_PARAMETER_FORMAT, &slot->place, SLICE_NONE);
}

static void bind_list(struct text_binder *text, struct run run, const struct slot *slot)
{
    struct list_value *list = slot->value;
    struct growing_list growing = {list, 0, parameter_item_size(slot->parameter)};
    list->given = true;
    while (run.count > 0) {
        struct slice segment;
        uint64_t index;
        struct run item_run = run_take(&run, &segment);
        if (!is_index(segment) || !slice_to_u64(segment, &index) || index != list->count) {
            binder_note(&text->binder, MISTAKE_TYPE, ERROR_PARAMETER_ARRAY, &slot->place,
                        SLICE_NONE);
            return;
        }
        void *value = growing_list_add(&text->binder, &growing, slot);
        if (!value)
            return;
        struct slot item = {slot->parameter, {&slot->place, SLICE_NONE, (uint32_t)index}, value};
        bind_item(text, item_run, &item);
    }
}

static void bind_parameter(struct text_binder *text, struct run run, const struct slot *slot)
{
    if (!slot->parameter->is_list) {
        bind_scalar(text, run, slot);
        return;
    }
    if (run_descend(&run))
        bind_list(text, run, slot);
    else if (run.count > 1)
        binder_note(&text->binder, MISTAKE_SYNTAX, ERROR_PARAMETER_REPEATED, &slot->place,
                    SLICE_NONE);
    else if (text->json_values)
        bind_json_text(text, run.pairs[0].value, slot);
    else
        binder_note(&text->binder, MISTAKE_TYPE, ERROR_PARAMETER_ARRAY, &slot->place, SLICE_NONE);
}

static void bind_run(struct text_binder *text, struct run run, const struct parameters *parameters,
                     const struct place *above, void *target)
{
    while (run.count > 0) {
        struct slice segment;
        struct run one = run_take(&run, &segment);
        const struct parameter *parameter = parameters_find(parameters, segment);
        struct slot slot = {parameter, {above, segment, 0}, NULL};
        if (!parameter) {
            binder_note_unknown(&text->binder, &slot.place);
            continue;
        }
        slot.value = (char *)target + parameter->offset;
        bind_parameter(text, one, &slot);
    }
    binder_check_required(&text->binder, parameters, above, target);
}

bool parameters_bind_pairs(const struct parameters *parameters, struct field *pairs, size_t count,
                           bool json_values, struct arena *arena, void *target,
                           struct complaint *ret_complaint)
{
    struct text_binder text = {{arena, ret_complaint, MISTAKE_NONE}, json_values};
    if (count > 1)
        qsort(pairs, count, sizeof pairs[0], pair_compare);
    bind_run(&text, (struct run){pairs, count, 0}, parameters, NULL, target);
    return text.binder.mistake == MISTAKE_NONE;
}
