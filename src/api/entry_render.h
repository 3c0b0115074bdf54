/* An entry as the API shows it. Private to this room; on the historian's thread. */
#ifndef API_ENTRY_RENDER_H
#define API_ENTRY_RENDER_H

#include "api/action.h"

/* The request that made entries, as an object for entry_render: who asked, through which door. Kept
 * from one entry to the next, since those of one request follow one another. */
struct asked {
    uint64_t first, last; /* the entries that it is about; 0 = none yet */
    size_t len;           /* 0: nobody asked for them */
    char text[1024];
};
/* The entry's request. Reads the journal: slices of entries read before are gone. */
STATUS_MUST_USE struct status asked_find(struct api_pending *pending, struct history *history,
                                         uint64_t sequence, struct fault *fault,
                                         struct asked *asked);
static inline bool asked_is_about(const struct asked *asked, uint64_t sequence)
{
    return asked->first <= sequence && sequence <= asked->last;
}

/* Appends the entry's object. `only`: the account that may be shown, the other one of a move has no
 * nine fields then; NULL: all may. */
void entry_render(struct api_pending *pending, const struct entry *entry, const struct uin *only,
                  const struct asked *asked, struct buffer *out);
/* For the documentation of whatever answers entries. */
extern const struct shape entry_shape;

#endif
