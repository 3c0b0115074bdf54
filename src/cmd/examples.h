/* Example members: the documentation's, and one in every state that a balance can be in. */
#ifndef CMD_EXAMPLES_H
#define CMD_EXAMPLES_H

#include "cmd/admin.h"

/* The pair that the cloud's documentation prints; public, so only ever for a book in memory. */
#define EXAMPLE_SECRET_ID "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE"
#define EXAMPLE_SECRET_KEY "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"

/* The member of the documentation's example, and no other. -1 or the exit code. */
int examples_add_documented(const struct subcommand *self, struct admin *admin);
/* That one, and one for every state a balance can be in at `now_us`. */
int examples_add_all(const struct subcommand *self, struct admin *admin, int64_t now_us);
/* `count` members with uins from 200000000001 on and balances that follow from the uin. */
int examples_add_generated(const struct subcommand *self, struct admin *admin, uint64_t count);

#endif
