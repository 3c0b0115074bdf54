/* Ceilings on connections: in all, and from one address (an IPv6 client counts by its /64, which is
 * what one household or host gets). Clients of the API, those of admin listeners and those of the
 * control socket have places of their own, so that none of them can keep the others out.
 *
 * When less than a quarter of the places is free, an address may have less: its ceiling times free
 * places over a quarter of all, at least one. So one address, or ten, never take all. */
#ifndef NET_CEILING_H
#define NET_CEILING_H

#include "net/address.h"

enum ceiling_kind { CEILING_CLIENTS, CEILING_ADMIN, CEILING_CONTROL, CEILING_KINDS };

/* Admin listeners and the control socket have so many places each; one address may have so many of
 * an admin listener's. */
enum { CEILING_OPERATORS_MAX = 64, CEILING_ADMIN_PER_ADDRESS_MAX = 32 };
/* Most that may be in beyond the ceiling, each in the place of one that was asked to go. */
enum { CEILING_SPARE_MAX = 64 };

struct ceiling;

/* FULL: no place is left, but the address might have one if somebody else went. */
enum ceiling_verdict { CEILING_ADMITTED, CEILING_FULL, CEILING_ADDRESS_FULL };

/* Both numbers are those of clients; `per_address_max` 0 = none. NULL when memory is short. Freed
 * with ceiling_free. */
struct ceiling *ceiling_new(uint32_t connections_max, uint32_t per_address_max, uint64_t hash_seed);
void ceiling_free(struct ceiling *ceiling);

/* All for any thread. Whoever was admitted leaves once, with the same arguments. A peer of length 0
 * has no address to be counted by. */
enum ceiling_verdict ceiling_enter(struct ceiling *ceiling, const struct peer *peer,
                                   enum ceiling_kind kind);
/* The same, for who comes in the place of one that goes. */
enum ceiling_verdict ceiling_enter_early(struct ceiling *ceiling, const struct peer *peer,
                                         enum ceiling_kind kind);
/* More are in than there are places, by ceiling_enter_early. */
bool ceiling_is_exceeded(struct ceiling *ceiling, enum ceiling_kind kind);
void ceiling_leave(struct ceiling *ceiling, const struct peer *peer, enum ceiling_kind kind);
/* A connection that came in without an address turns out to be this one's. False when that has as
 * many as it may have: then nothing has changed. */
STATUS_MUST_USE bool ceiling_name(struct ceiling *ceiling, const struct peer *peer,
                                  enum ceiling_kind kind);

#endif
