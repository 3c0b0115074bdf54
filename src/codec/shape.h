/* Shapes: what a JSON object holds, as a table of its members: what each is called, what it is,
 * where in a C struct it stands, what it means. One writer and one reader work by any table, and so
 * does whatever documents it. A place whose type is not its kind's does not compile. */
#ifndef CODEC_SHAPE_H
#define CODEC_SHAPE_H

#include "base/amount.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/uin.h"

enum shape_kind {
    SHAPE_TEXT,     /* struct slice */
    SHAPE_WORD,     /* const char *; the reader makes one without a zero byte in it */
    SHAPE_UIN,      /* struct uin, as text */
    SHAPE_UIN_WORD, /* const char *, the digits of a uin */
    SHAPE_DIGITS,   /* struct uin, as a number */
    SHAPE_TIME,     /* int64_t us since 1970, as text */
    SHAPE_END,      /* the same of an end: 0, none, is the last second there is */
    SHAPE_EXPIRY,   /* the same, but that none is empty */
    SHAPE_CENTS,    /* struct amount, or its micros as int64_t; as a number of cents */
    SHAPE_COUNT,    /* uint64_t; at most what int64_t holds is read */
    SHAPE_ID,       /* int64_t from 0 */
    SHAPE_INTEGER,  /* int64_t */
    SHAPE_BOOL,     /* bool */
    SHAPE_OBJECT,   /* the struct of `shape`, in place */
    SHAPE_OBJECTS,  /* const struct * of `shape` and a size_t */
    SHAPE_IDS,      /* const int64_t * and a size_t */
    SHAPE_UINS,     /* const struct uin * and a size_t */
};

struct shape_member {
    struct slice name; /* a literal */
    enum shape_kind kind;
    bool optional;            /* written when `given` says so; read: then it stays as it is */
    uint32_t place, count;    /* in the struct: the value; of a list how many there are */
    uint32_t given;           /* in the struct: a bool that it is there; 0 = always written */
    const struct shape *item; /* of objects */
    /* A list's items come from here, with commas, instead of from `place`. */
    void (*rows)(const void *object, struct buffer *out);
    const char *help;
};

struct shape {
    const struct shape_member *members;
    uint32_t member_count; /* at most 32 when it is read */
    uint32_t size;         /* of the struct */
    uint32_t json;    /* in the struct: a const char *, the object as it was read; 0 = not kept */
    const char *name; /* for documents, of what is in several others; else NULL */
};

#define SHAPE(table, type) SHAPE_NAMED(NULL, table, type)
#define SHAPE_NAMED(name, table, type)                                                             \
    {                                                                                              \
        (table), sizeof(table) / sizeof(table)[0], sizeof(type), 0, (name)                         \
    }
#define SHAPE_KEEPING_JSON(table, type, member)                                                    \
    {                                                                                              \
        (table), sizeof(table) / sizeof(table)[0], sizeof(type), offsetof(type, member), NULL      \
    }

/* A member of the table: its kind, its place, what it is called, what it means. */
#define SHAPE_MEMBER(kind, type, member, name, help)                                               \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, false, SHAPE_PLACE(kind, type, member), 0, 0, NULL, NULL,  \
            (help)                                                                                 \
    }
/* May be missing: `given`, a bool of the struct, says so to the writer, and is told by the reader.
 */
#define SHAPE_GIVEN(kind, type, member, given, name, help)                                         \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, true, SHAPE_PLACE(kind, type, member), 0,                  \
            SHAPE_PLACE(BOOL, type, given), NULL, NULL, (help)                                     \
    }
/* May be missing, and then stays zero in what is read. */
#define SHAPE_OPTIONAL(kind, type, member, name, help)                                             \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, true, SHAPE_PLACE(kind, type, member), 0, 0, NULL, NULL,   \
            (help)                                                                                 \
    }
#define SHAPE_NESTED(is_optional, type, member, item, name, help)                                  \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_OBJECT, is_optional, (uint32_t)offsetof(type, member), 0, 0, item, \
            NULL, (help)                                                                           \
    }
#define SHAPE_LIST(kind, type, member, count, item, name, help)                                    \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, false, SHAPE_PLACE(kind, type, member),                    \
            (uint32_t)offsetof(type, count), 0, item, NULL, (help)                                 \
    }
#define SHAPE_GIVEN_LIST(type, member, count, given, item, name, help)                             \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_OBJECTS, true, SHAPE_PLACE(OBJECTS, type, member),                 \
            (uint32_t)offsetof(type, count), SHAPE_PLACE(BOOL, type, given), item, NULL, (help)    \
    }
#define SHAPE_ROWS(kind, rows, item, name, help)                                                   \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, false, 0, 0, 0, item, rows, (help)                         \
    }
/* Only documented: who writes it does so by hand. */
#define SHAPE_BY_HAND(kind, is_optional, item, name, help)                                         \
    {                                                                                              \
        SHAPE_NAME(name), SHAPE_##kind, is_optional, 0, 0, 0, item, NULL, (help)                   \
    }

#define SHAPE_NAME(name)                                                                           \
    {                                                                                              \
        "" name, sizeof(name) - 1                                                                  \
    }
#define SHAPE_PLACE(kind, type, member)                                                            \
    ((uint32_t)(offsetof(type, member) +                                                           \
                0 * sizeof(char[SHAPE_FITS_##kind(&((type *)NULL)->member) ? 1 : -1])))
#define SHAPE_FITS(at, a, b) _Generic((at), a * : 1, b * : 1, default : 0)
#define SHAPE_FITS_TEXT(at) SHAPE_FITS(at, struct slice, const struct slice)
#define SHAPE_FITS_WORD(at) SHAPE_FITS(at, const char *, const char *const)
#define SHAPE_FITS_UIN(at) SHAPE_FITS(at, struct uin, const struct uin)
#define SHAPE_FITS_UIN_WORD(at) SHAPE_FITS_WORD(at)
#define SHAPE_FITS_DIGITS(at) SHAPE_FITS_UIN(at)
#define SHAPE_FITS_TIME(at) SHAPE_FITS(at, int64_t, const int64_t)
#define SHAPE_FITS_END(at) SHAPE_FITS_TIME(at)
#define SHAPE_FITS_EXPIRY(at) SHAPE_FITS_TIME(at)
#define SHAPE_FITS_CENTS(at) SHAPE_FITS(at, struct amount, int64_t)
#define SHAPE_FITS_COUNT(at) SHAPE_FITS(at, uint64_t, const uint64_t)
#define SHAPE_FITS_ID(at) SHAPE_FITS_TIME(at)
#define SHAPE_FITS_INTEGER(at) SHAPE_FITS_TIME(at)
#define SHAPE_FITS_BOOL(at) SHAPE_FITS(at, bool, const bool)
#define SHAPE_FITS_OBJECTS(at) (sizeof *(at) == sizeof(void *))
#define SHAPE_FITS_IDS(at) SHAPE_FITS(at, const int64_t *, int64_t *)
#define SHAPE_FITS_UINS(at) SHAPE_FITS(at, const struct uin *, struct uin *)

/* Appends the object, or only its members with commas between them, in the table's order. */
void shape_write(const struct shape *shape, const void *object, struct buffer *out);
void shape_write_members(const struct shape *shape, const void *object, struct buffer *out);

/* Only this one, whether it is given or not. */
void shape_write_member(const struct shape_member *member, const void *object, bool comma,
                        struct buffer *out);

/* What was not as the table says. */
struct shape_wrong {
    const char *name; /* of the member; NULL: the text is not a JSON object */
    const char *what; /* "is missing"; NULL: memory was short */
};
/* Reads `json` into the zeroed struct. Strict: every member must be there, of its kind, and every
 * amount exact; what the table does not name is passed over. Texts and lists live as long as
 * `arena`, SHAPE_TEXT of plain bytes as `json`. False: *ret_wrong says why. */
bool shape_read(const struct shape *shape, struct slice json, struct arena *arena, void *ret_object,
                struct shape_wrong *ret_wrong);

/* "string", "list of object", ...: what a client sees. */
const char *shape_type_name(const struct shape_member *member);

/* Values as the writer writes them. Whole seconds as the cloud does, RFC 3339 when there is a
 * fraction to keep. */
void render_uin(struct buffer *out, struct uin uin);
void render_time(struct buffer *out, int64_t us);
/* The end of a period; 0, none, is the last second there is. */
void render_end_time(struct buffer *out, int64_t us);
void render_bool(struct buffer *out, bool value);

#endif
