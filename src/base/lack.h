/* Lack: why bytes that were asked for are not there. The two are told apart because they are
 * different answers: what is too large stays so, memory comes back. */
#ifndef BASE_LACK_H
#define BASE_LACK_H

enum lack {
    LACK_NONE = 0,
    LACK_ROOM,   /* the ceiling that was set is reached */
    LACK_MEMORY, /* an allocation failed */
};

#endif
