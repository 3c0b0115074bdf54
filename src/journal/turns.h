/* Turns: jobs of many that wait for one thread, in fair order; private to this room, used by
 * historian.c.
 *
 * Organisations take turns, one job each; inside an organisation its users do, one job each; a
 * user's jobs keep their order. Whoever comes anew waits for at most one job of each of the others.
 *
 * Places are bounded, and shared: as they get short, an organisation may hold at most
 * TURNS_ORGANISATION_SHARE times as many as are free, and a user TURNS_USER_SHARE times as many: no
 * crowd of one organisation takes the last places from the others. */
#ifndef JOURNAL_TURNS_H
#define JOURNAL_TURNS_H

#include "journal/historian.h"

enum { TURNS_ORGANISATION_SHARE = 8, TURNS_USER_SHARE = 4 };

struct turns;

/* NULL when memory is short. */
struct turns *turns_new(uint32_t jobs_max);
/* Only when empty. NULL is fine. */
void turns_free(struct turns *turns);
/* False: there is no place for it. */
STATUS_MUST_USE bool turns_add(struct turns *turns, struct history_job *job);
/* The next one, NULL when there is none. */
struct history_job *turns_take(struct turns *turns);
uint32_t turns_count(const struct turns *turns);

#endif
