/* Deadlines without a timer each: all that wait for the same kind of thing wait equally long, so
 * whoever came first is due first, and one list a kind in order of arrival is enough. Setting,
 * clearing and finding the next one due cost a few pointer writes. Pure: the caller tells the time.
 */
#ifndef NET_DEADLINE_H
#define NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

enum deadline_kind {
    DEADLINE_HEADER, /* from accepting, or from a request's first byte, to the end of its head; also
                        the TLS handshake */
    DEADLINE_BODY,   /* from the end of the head to the end of the body */
    DEADLINE_IDLE,   /* between requests */
    DEADLINE_WRITE,  /* the client takes nothing of its answer */
    DEADLINE_LINGER, /* after the last answer, for the client to close first */
    DEADLINE_KINDS,
    DEADLINE_NONE = DEADLINE_KINDS,
};

struct deadline {
    struct deadline *next;
    struct deadline *previous;
    uint64_t due_ms;
    enum deadline_kind kind; /* DEADLINE_NONE = in no list */
};

struct deadlines {
    struct deadline heads[DEADLINE_KINDS]; /* rings */
    uint64_t timeout_ms[DEADLINE_KINDS];
};

void deadlines_init(struct deadlines *deadlines, const uint64_t timeout_ms[DEADLINE_KINDS]);
/* A fresh node, in no list. */
void deadline_init(struct deadline *deadline);
/* Starts waiting (again): due after the kind's timeout. `now_ms` must not go back. */
void deadline_set(struct deadlines *deadlines, struct deadline *deadline, enum deadline_kind kind,
                  uint64_t now_ms);
void deadline_clear(struct deadline *deadline);
/* One that is due, NULL if none is. It stays in its list until set or cleared. */
struct deadline *deadlines_due(struct deadlines *deadlines, uint64_t now_ms);
/* Those that wait for this kind of thing, longest first: the first, and the one behind; NULL when
 * there is none. */
struct deadline *deadlines_first(struct deadlines *deadlines, enum deadline_kind kind);
struct deadline *deadlines_behind(struct deadlines *deadlines, const struct deadline *deadline);

#endif
