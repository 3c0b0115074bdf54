/* Errors: every "no" of the API as one table, errors.def: code, English text, Chinese text. */
#ifndef API_ERRORS_H
#define API_ERRORS_H

#include "base/buffer.h"
#include "ledger/refusal.h"

enum error {
    ERROR_NONE = 0,
#define ERROR(name, code, english, chinese, origin, when) ERROR_##name,
#include "api/errors.def"
#undef ERROR
    ERROR_COUNT,
};

enum error_origin { ORIGIN_BOTH, ORIGIN_ENGLISH, ORIGIN_OURS };

struct error_entry {
    struct slice code;
    struct slice english;
    struct slice chinese;
    enum error_origin origin;
    const char *when; /* for the documentation */
};

/* ERROR_NONE has no entry. */
const struct error_entry *error_entry(enum error error);

enum { SECRET_ID_BYTES_MAX = 1024 }; /* temporary ones are long (protocol section 6) */

/* A "no" with what its text names. Slices are borrowed. */
struct complaint {
    enum error error;
    struct slice place; /* of an item, put in front of the text; mostly empty */
    struct slice words[3];
    int64_t numbers[2];
    uint32_t item; /* of the list that it is about, from 1; 0 = none */
};

/* The text, with words and numbers put in; not escaped. */
void complaint_write(const struct complaint *complaint, bool chinese, struct slice request_id,
                     struct buffer *out);

/* What a refusal of the law is called in the API; never ERROR_NONE. */
enum error error_of_refusal(enum refusal refusal);
/* The same with the parameter it is about, when it is about one. */
struct complaint complaint_of_refusal(enum refusal refusal);

#endif
