/* Private to this room: reading answers into structs, as tables say. */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include "base/arena.h"
#include "client/client.h"

enum answer_kind {
    ANSWER_TEXT,    /* const char * */
    ANSWER_UIN,     /* const char * */
    ANSWER_BOOL,    /* bool */
    ANSWER_AMOUNT,  /* int64_t micros, from a number of cents */
    ANSWER_COUNT,   /* uint64_t, a whole number from 0 */
    ANSWER_ID,      /* int64_t, a whole number from 0 */
    ANSWER_TIME,    /* int64_t us since 1970, from text; 0 = no end */
    ANSWER_OBJECT,  /* the struct of `object`, in place */
    ANSWER_IDS,     /* const int64_t * and a size_t, a list of ANSWER_ID */
    ANSWER_OBJECTS, /* const struct * of `object` and a size_t */
};

struct answer_object;

struct answer_field {
    const char *name;
    enum answer_kind kind;
    bool optional; /* may be missing or null: then the field stays as it is */
    size_t offset;
    size_t count_offset; /* of lists */
    const struct answer_object *object;
};

/* An object of the answer; what it has beside these fields is passed over. */
struct answer_object {
    const struct answer_field *fields;
    size_t field_count; /* at most 32 */
    size_t size;        /* of the struct */
    size_t json_offset; /* of a const char * to the object as it was sent; 0 = not kept */
};
#define ANSWER_FIELD(kind, type, member, name)                                                     \
    {                                                                                              \
        name, kind, false, offsetof(type, member), 0, NULL                                         \
    }
#define ANSWER_OPTIONAL(kind, type, member, name)                                                  \
    {                                                                                              \
        name, kind, true, offsetof(type, member), 0, NULL                                          \
    }
#define ANSWER_NESTED(is_optional, type, member, name, object)                                     \
    {                                                                                              \
        name, ANSWER_OBJECT, is_optional, offsetof(type, member), 0, object                        \
    }
#define ANSWER_LIST(kind, type, items, count, name, object)                                        \
    {                                                                                              \
        name, kind, false, offsetof(type, items), offsetof(type, count), object                    \
    }
#define ANSWER_OBJECT_OF(table, type)                                                              \
    {                                                                                              \
        table, sizeof(table) / sizeof(table)[0], sizeof(type), 0                                   \
    }

/* Reads `response`, a JSON object, into the zeroed struct of `object`. Strict: PROTOCOL, naming the
 * field, when one is missing, or not of its kind. Texts and lists live in `arena`. */
enum bursar_result answer_read(struct bursar_client *client, struct arena *arena,
                               struct slice response, const struct answer_object *object,
                               void *ret_answer);
/* PROTOCOL: "the answer is not what the API promises: NAME WHAT". */
enum bursar_result answer_fail(struct bursar_client *client, const char *name, const char *what);

/* The nine fields of a member account, as struct bursar_member_balance. */
extern const struct answer_object answer_member;

#endif
