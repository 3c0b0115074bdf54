/* Money as a plain-text journal that hledger reads. */
#ifndef CMD_EXPORT_HLEDGER_H
#define CMD_EXPORT_HLEDGER_H

#include "cmd/cmd.h"

#include <stdio.h>

/* Every entry of the organisation that moves money, as a transaction, from the folder (served or
 * not, or a backup). NOT_FOUND when there is no such organisation. */
STATUS_MUST_USE struct status export_hledger(const char *data, uint32_t organisation, FILE *out,
                                             struct fault *fault);

#endif
