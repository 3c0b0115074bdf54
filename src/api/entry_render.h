/* An entry as the API shows it. Private to this room; on the historian's thread. */
#ifndef API_ENTRY_RENDER_H
#define API_ENTRY_RENDER_H

#include "api/action.h"

/* Appends the entry's object. `only`: the account that may be shown, the other one of a move has no
 * nine fields then; NULL: all may. */
void entry_render(struct api_pending *pending, const struct entry *entry, const struct uin *only,
                  struct buffer *out);
/* For the documentation of whatever answers entries. */
extern const char entry_help[];

#endif
