/* Dump: a whole journal as text that people and other programs can read, and back: JSON Lines, one
 * object a line, keys in one order, no blanks. Two dumps of the same journal are the same bytes,
 * and a journal loaded from a dump has the same chain, so the same hash at its head.
 *
 *     {"bursar_dump":2}                                                       the first line
 *     {"entry":12,"time":"2026-11-24T14:00:00.000001Z","kind":"top_up","organisation":1,
 *      "after":[{"uin":"100000001","cash":"12.34","income":"0.00","gift":"0.00","frozen":"0.00",
 *                "basic_credit":"0.00","temporary_credit":"0.00","flags":["is_credit","arrears"],
 *                "ordinal":3,"previous":9,"jump":2}],
 *      "amount":"1.00","reason":"invoice 7","leaf":"<hex>"}                    one line an entry
 *     {"batch":3,"first":9,"last":12,"time":"...","root":"<hex>","registry_count":2,
 *      "registry_hash":"<hex>","token_count":1,"token_hash":"<hex>","hash":"<hex>"}
 *                                                                              behind its entries
 *     {"head":12,"batches":3,"time":"...","hash":"<hex>"}                      the last line
 *
 * `after` is what the entry left of each member it touched, with the back-links of its history.
 * Amounts are exact decimal text in units of the organisation's currency; what is zero, empty or
 * false is left out (but in `after`). By kind there are besides: amount (cash of adjust and
 * opening), income, gift; hold or grant (the entry that made it); start, end; name (session of a
 * key), currency, document or reason; secret_id, sealed_secret and token_hash (base64; secrets are
 * sealed as they are in the journal), account, user, principal, enabled, scope; of requests: key
 * (the entry that made it) or unix_user and unix_name, door, received, request_id, mark,
 * token_digest, body_digest and outcomes (base64), made. A moment that no calendar has is a number
 * of microseconds under its name with `_us`; a secret_id that is no UTF-8 is secret_id_base64.
 *
 * `leaf`, `root` and `hash` are chain.h's: whoever changes a line must change its leaf, the batch's
 * root, and every hash from there on. */
#ifndef JOURNAL_DUMP_H
#define JOURNAL_DUMP_H

#include "journal/journal.h"

/* Writes the dump of a folder, as it is now, through `write`, in large pieces. Everything is proved
 * before it is written, as a start proves it. `progress` may be NULL. */
struct dump_sink {
    struct status (*write)(void *context, struct slice text, struct fault *fault);
    void *context;
};
STATUS_MUST_USE struct status
journal_dump(const char *folder, const struct dump_sink *sink,
             void (*progress)(void *context, uint64_t done, uint64_t all), void *context,
             struct fault *fault, struct verify_report *ret_report);

/* Rebuilds a journal from the dump in the file `path` ("-" is standard input) in a folder that has
 * none (EXISTS). CORRUPT or INVALID names the first line that is wrong, and why; then nothing of a
 * journal is left in the folder. `all` is 0 in `progress`: nobody knows. */
STATUS_MUST_USE struct status
journal_load_dump(const char *path, const char *folder,
                  void (*progress)(void *context, uint64_t done, uint64_t all), void *context,
                  struct fault *fault, struct verify_report *ret_report);

/* As journal_verify, of a dump: chain, roots, canonical bytes, book, sums. journal_verify does it
 * when it is given a file. */
STATUS_MUST_USE struct status
journal_verify_dump(const char *path, void (*progress)(void *context, uint64_t done, uint64_t all),
                    void *context, struct fault *fault, struct verify_report *ret_report);

#endif
