/* Binder: the work in hand of parameters_bind_*; private to parameters.c and
 * parameters_json.c. */
#ifndef API_BINDER_H
#define API_BINDER_H

#include "api/parameters.h"
#include "codec/json.h"

/* Graver first. */
enum mistake {
    MISTAKE_MEMORY,
    MISTAKE_SYNTAX,
    MISTAKE_UNKNOWN,
    MISTAKE_MISSING,
    MISTAKE_TYPE,
    MISTAKE_VALUE,
    MISTAKE_NONE,
};

/* A place in a request for messages: "Members.3.MemberUin". Lives on the stack of the walk. */
struct place {
    const struct place *above; /* NULL for a parameter of the action itself */
    struct slice name;         /* empty: the item `index` of the list above */
    uint32_t index;
};

struct binder {
    struct arena *arena;
    struct complaint *complaint;
    enum mistake mistake;
};

/* Where a value goes, and what it is. */
struct slot {
    const struct parameter *parameter;
    struct place place;
    void *value;
};

struct growing_list {
    struct list_value *list;
    uint32_t cap;
    size_t item_size;
};

/* Notes a mistake unless a graver one, or an equal one before, is known. words[0] is the place. */
RARE void binder_note(struct binder *binder, enum mistake mistake, enum error error,
                      const struct place *place, struct slice word);
RARE void binder_note_unknown(struct binder *binder, const struct place *place);
/* After the fields of one object: those that must be there are. */
void binder_check_required(struct binder *binder, const struct parameters *parameters,
                           const struct place *above, const void *target);
void binder_check_range(struct binder *binder, const struct slot *slot, int64_t value);

/* A list's item that is an object always is. */
bool parameter_is_given(const struct parameter *parameter, const void *value);
size_t parameter_item_size(const struct parameter *parameter);
/* Room for one more item, zeroed; NULL: too many (noted) or no memory (noted). */
void *growing_list_add(struct binder *binder, struct growing_list *growing,
                       const struct slot *slot);

/* Reads the value that comes next into the slot; false: the reader has failed or ended early. */
bool binder_json_value(struct binder *binder, struct json_reader *reader, const struct slot *slot);

#endif
