/* Files of records with the same columns, one a line: CSV with a header, or JSON Lines. One table
 * says what both are made of, and where a record in memory has each value. */
#ifndef CODEC_RECORDS_H
#define CODEC_RECORDS_H

#include "codec/csv.h"
#include "codec/json.h"

#include <stdarg.h>
#include <stddef.h>

enum record_kind {
    RECORD_TEXT,           /* struct slice */
    RECORD_WORD,           /* const char *, only written */
    RECORD_TEXT_OR_NUMBER, /* struct slice; in JSON a text or a number */
    RECORD_JSON,    /* struct slice: a list of objects, as it was written; in CSV in a cell */
    RECORD_UIN,     /* struct uin; in JSON a text or a number */
    RECORD_CENTS,   /* struct amount; in JSON a number */
    RECORD_UNITS,   /* struct amount, in units of the currency; in JSON a text or a number */
    RECORD_MOMENT,  /* int64_t; the last second of the year 9999 is none: 0 */
    RECORD_BOOLEAN, /* bool */
    RECORD_COUNT,   /* uint64_t */
    RECORD_IGNORED, /* may be there; no place */
};

struct record_column {
    const char *name;
    enum record_kind kind;
    size_t place; /* offset in the record */
    bool is_required;
};

enum { RECORD_COLUMNS_MAX = 32 };

struct record_table {
    const struct record_column *columns;
    uint32_t count;
    size_t size;     /* of a record in memory */
    bool is_trimmed; /* blanks around a cell of CSV do not count */
};
#define RECORD_TABLE(columns, type)                                                                \
    {                                                                                              \
        columns, sizeof(columns) / sizeof *(columns), sizeof(type), false                          \
    }

/* Columns by number, as bits. */
typedef uint32_t record_set;
#define RECORDS_ALL (~(record_set)0)
static inline bool record_has(record_set set, unsigned column)
{
    return set >> column & 1;
}

/* What is wrong with a file is said in a sentence for each mistake, however many a record has. */
struct record_listener {
    /* Both may be NULL: nobody listens. */
    void (*tell)(void *context, uint64_t line, const char *format, va_list arguments)
        __attribute__((format(printf, 3, 0)));
    /* Of a column or field ("column", "field") that the table does not have. */
    void (*tell_unknown)(void *context, uint64_t line, const char *what, struct slice name);
    void *context;
};

enum record_format { RECORD_CSV, RECORD_JSONL };

struct records {
    const struct record_table *table;
    struct record_listener listener;
    bool skips_unknown; /* as a client does, which may be older than its server */
    enum record_format format;
    struct slice text; /* the whole file, without a byte-order mark */
    struct arena arena;
    struct slice rest; /* JSON Lines */
    struct csv_reader csv;
    uint32_t columns[CSV_FIELDS_MAX]; /* of the file, by number */
    uint32_t column_count;
    /* of the record in hand */
    uint64_t line;
    record_set given; /* what it has, not empty and not null */
    record_set read;  /* of these, what could be read */
    uint64_t wrong;   /* mistakes of all records so far */
};

enum records_next { RECORDS_ONE, RECORDS_BAD_LINE, RECORDS_END };

/* `text` is the caller's. False: no memory. */
bool records_init(struct records *records, const struct record_table *table,
                  enum record_format format, struct slice text, struct record_listener listener);
void records_done(struct records *records);
/* To the first record; false when the header is wrong. May be called again, for another pass. */
bool records_start(struct records *records);
/* Fills the record, whose texts live until the next call; what is not given is zero. Of a bad line
 * there is what could be read. */
enum records_next records_next(struct records *records, void *ret_record);
/* Bytes read of all. */
uint64_t records_at(const struct records *records);

/* A mistake of the record in hand. */
void records_complain(struct records *records, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of a value: `NAME: "VALUE" SENTENCE`. */
void records_complain_value(struct records *records, const char *name, struct slice value,
                            const char *sentence);

/* The table's count when there is no such column. */
uint32_t records_find(const struct record_table *table, struct slice name);

/* For records from elsewhere, with nothing set but table and listener. */
/* One value from its text; empty is not given. */
void records_set(struct records *records, uint32_t column, struct slice text, void *record);
/* The object whose '{' was just read; false when it is not JSON. What it lacks is a mistake. */
bool records_read_object(struct records *records, struct json_reader *reader, void *ret_record);

/* Writing. In CSV what is not in `given` is empty; in JSON what is zero, empty or false is left
 * out, but for what is required. */
void records_write_header(const struct record_table *table, struct buffer *out);
void records_write_csv(const struct record_table *table, const void *record, record_set given,
                       struct buffer *out);
void records_write_json(const struct record_table *table, const void *record, struct buffer *out);

#endif
