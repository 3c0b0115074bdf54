/* Records: several pieces of bytes in one input, each behind a tag (one byte) and its length (two
 * bytes, high first). A length that reaches beyond the end ends the input. */
#ifndef RECORDS_H
#define RECORDS_H

#include "fuzz.h"

struct record {
    char tag;
    struct slice bytes;
};

static inline bool record_next(struct slice *rest, struct record *ret_record)
{
    enum { FRAME = 3 };
    if (rest->len < FRAME)
        return false;
    size_t len = (size_t)(unsigned char)rest->at[1] << 8 | (unsigned char)rest->at[2];
    if (len > rest->len - FRAME)
        return false;
    *ret_record = (struct record){rest->at[0], slice_of(rest->at + FRAME, len)};
    *rest = slice_of(rest->at + FRAME + len, rest->len - FRAME - len);
    return true;
}

#endif
