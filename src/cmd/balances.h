/* Members' balances on standard output, in the four formats. */
#ifndef CMD_BALANCES_H
#define CMD_BALANCES_H

#include "cmd/output.h"

#include <bursar.h>

struct balances {
    enum output_format format;
    struct output_table table;
    struct buffer line;
    uint64_t count; /* printed so far */
    bool open;
};

/* Nothing is printed before balances_open: a call that failed must not look like an empty answer.
 */
void balances_init(struct balances *balances, enum output_format format);
/* After the first good answer; again is fine. */
void balances_open(struct balances *balances);
void balances_print(struct balances *balances, const struct bursar_member_balance *member);
/* `total` is the listing's TotalCount. Frees. JSON that is not `whole` is not closed, so that no
 * reader takes it for all there is. */
void balances_end(struct balances *balances, bool whole, uint64_t total);

#endif
