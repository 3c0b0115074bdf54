/* Binding flattened text: pairs of a query, a form or multipart parts.
 *
 * Owns nothing; everything made lives in the caller's arena. Thread: the worker's.
 *
 * Names are put in order first, indexes by number, so that each object and each list is one run of
 * neighbours and the walk down is the same as that of JSON. */
#include "api/binder.h"

#include <stdlib.h>

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
