/* Ceilings on connections: in all, and from one address (an IPv6 client counts by its /64, which is
 * what one household or host gets). Connections of operators (control socket, admin listeners) have
 * a small reserve of their own, so that a flooded server can still be asked and told. */
#ifndef NET_CEILING_H
#define NET_CEILING_H

#include "net/address.h"

enum { CEILING_OPERATORS_MAX = 64 };

struct ceiling;

enum ceiling_verdict { CEILING_ADMITTED, CEILING_FULL, CEILING_ADDRESS_FULL };

/* `per_address_max` 0 = none. NULL when memory is short. Freed with ceiling_free. */
struct ceiling *ceiling_new(uint32_t connections_max, uint32_t per_address_max, uint64_t hash_seed);
void ceiling_free(struct ceiling *ceiling);

/* Any thread. Whoever was admitted leaves once, with the same arguments. */
enum ceiling_verdict ceiling_enter(struct ceiling *ceiling, const struct peer *peer, bool operator);
void ceiling_leave(struct ceiling *ceiling, const struct peer *peer, bool operator);

#endif
