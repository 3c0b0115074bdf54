/* Parameters: what an action takes, declared as data, and how a request's JSON, flattened text
 * (query, form) or multipart parts become the C struct the action works on (protocol section 3.5).
 *
 * A declaration says where in the struct a value goes; the struct's members are the *_value types
 * below. The same declarations make docs/api.md. */
#ifndef API_PARAMETERS_H
#define API_PARAMETERS_H

#include "api/errors.h"
#include "base/arena.h"

enum parameter_type {
    PARAMETER_TEXT,    /* string: struct text_value */
    PARAMETER_INTEGER, /* int64: struct integer_value */
    PARAMETER_BOOLEAN, /* bool: struct boolean_value */
    PARAMETER_AMOUNT,  /* float, cents: struct text_value holding the literal, checked by the action
                        */
    PARAMETER_OBJECT,  /* only as a list's item: the object's own struct */
};

struct text_value {
    struct slice text;
    bool given;
};

struct integer_value {
    int64_t value;
    bool given;
};

struct boolean_value {
    bool value;
    bool given;
};

/* Items are *_value structs, or the structs of objects. */
struct list_value {
    void *items;
    uint32_t count;
    bool given;
};

struct parameter {
    struct slice name;
    enum parameter_type type;
    bool is_list;
    bool required;
    uint32_t offset;                 /* of the value in the struct */
    int64_t minimum, maximum;        /* of an integer; of a list only the maximum (of items) */
    const struct parameters *fields; /* of an object */
    const char *help;                /* for the documentation */
};

struct parameters {
    const struct parameter *at;
    uint32_t count;
    uint32_t size; /* of the struct, bytes */
};

/* For declarations: text, member of the struct, what it means. */
#define PARAMETER(kind, struct_name, member, text, meaning)                                        \
    .name = {"" text, sizeof(text) - 1}, .type = (kind),                                           \
    .offset = (uint32_t)offsetof(struct struct_name, member), .help = (meaning)
#define PARAMETERS(array, struct_name)                                                             \
    {                                                                                              \
        (array), sizeof(array) / sizeof(array)[0], (uint32_t)sizeof(struct struct_name)            \
    }

/* Into `target` (`parameters->size` zeroed bytes). All texts and lists live as long as `arena` and,
 * for JSON without escapes, as `body`. False: *ret_complaint says what is wrong; of several
 * mistakes the graver: not JSON, unknown, missing, type, value; of equal ones the first. */
bool parameters_bind_json(const struct parameters *parameters, struct slice body,
                          struct arena *arena, void *target, struct complaint *ret_complaint);
/* Decoded pairs with names like MemberUins.0; they are put in order in place. `json_values`: a list
 * or object may be JSON text (multipart). */
bool parameters_bind_pairs(const struct parameters *parameters, struct field *pairs, size_t count,
                           bool json_values, struct arena *arena, void *target,
                           struct complaint *ret_complaint);

/* The declaration of that name, or NULL. */
const struct parameter *parameters_find(const struct parameters *parameters, struct slice name);

/* What was bound, as bytes that are the same however it was written (order and layout of JSON,
 * escapes, `1.0` for `1`, query or form): each parameter that was given, in the order of the
 * declaration, but for the one called `left_out`. Digests of it are kept for ever (tokens.c), so
 * this never changes; parameters may be added to an action, not renamed or put in another order. */
void parameters_canonical(const struct parameters *parameters, const void *bound,
                          struct slice left_out, struct buffer *out);

/* "string", "list of object", ... as the documentation says it. */
const char *parameter_type_name(enum parameter_type type);

#endif
