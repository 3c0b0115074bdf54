/* What is known of a journal that was read from end to end: printed by verify, backup and restore.
 */
#ifndef CMD_REPORT_H
#define CMD_REPORT_H

#include "journal/journal.h"

/* A table for people, or one JSON object. */
void report_print(const struct verify_report *report, bool json);

/* "a chain hash": 64 hex digits. */
bool report_parse_hash(const char *text, unsigned char ret_hash[32]);

#endif
