/* The line in the file `head` (witness.h). Owns nothing. Any thread. */
#include "store/witness.h"

#include "base/check.h"
#include "sys/file.h"
#include "sys/sys.h"

#include <inttypes.h>
#include <stdio.h>

enum { CHECK_DIGITS = 16, READ_TRIES = 8 };

void witness_print(const struct journal_head *head, struct crypto *crypto,
                   char ret_line[WITNESS_LINE_SIZE])
{
    char numbers[64];
    char digest[2 * SHA256_SIZE];
    struct buffer line;
    int len = snprintf(numbers, sizeof numbers, "%020" PRIu64 " %020" PRIu64 " %020" PRId64 " ",
                       head->sequence, head->batches, head->time_us);
    CHECK(len == 63);
    buffer_init_fixed(&line, ret_line, WITNESS_LINE_SIZE);
    buffer_bytes(&line, numbers, (size_t)len);
    buffer_hex(&line, head->hash, sizeof head->hash);
    buffer_char(&line, ' ');
    sha256_hex(crypto, buffer_slice(&line), digest);
    buffer_bytes(&line, digest, CHECK_DIGITS);
    buffer_char(&line, '\n');
    CHECK(buffer_ok(&line) && line.len == WITNESS_LINE_SIZE);
}

bool witness_parse(struct slice text, struct crypto *crypto, struct journal_head *ret_head)
{
    struct journal_head head = {0};
    struct slice rest = text;
    if (text.len != WITNESS_LINE_SIZE ||
        !slice_to_u64(slice_cut(rest, ' ', &rest), &head.sequence) ||
        !slice_to_u64(slice_cut(rest, ' ', &rest), &head.batches) ||
        !slice_to_i64(slice_cut(rest, ' ', &rest), &head.time_us) ||
        !hex_decode(slice_cut(rest, ' ', &rest), head.hash, sizeof head.hash))
        return false;
    char line[WITNESS_LINE_SIZE];
    witness_print(&head, crypto, line);
    if (!slice_equal(text, slice_of(line, sizeof line)))
        return false;
    *ret_head = head;
    return true;
}

static struct status read_once(const char *path, struct crypto *crypto, struct fault *fault,
                               bool *ret_found, struct journal_head *ret_head)
{
    char memory[WITNESS_LINE_SIZE];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    *ret_found = file_is_named(path);
    if (!*ret_found)
        return STATUS_DONE;
    TRY(file_read_own(path, &text, fault));
    if (!witness_parse(buffer_slice(&text), crypto, ret_head))
        return fault_raise(fault, STATUS_INVALID, "%s is not what bursar wrote", path);
    return STATUS_DONE;
}

/* Kernels let a line be read while half of it is overwritten: a moment later it is whole. */
struct status witness_read(const char *path, struct crypto *crypto, struct fault *fault,
                           bool *ret_found, struct journal_head *ret_head)
{
    struct fault why = {""};
    struct status status = read_once(path, crypto, &why, ret_found, ret_head);
    for (int tries = 1; status.code == STATUS_INVALID && tries < READ_TRIES; tries++) {
        sys_sleep(1000);
        status = read_once(path, crypto, &why, ret_found, ret_head);
    }
    if (status_ok(status))
        return STATUS_DONE;
    if (status.code != STATUS_INVALID)
        return fault_raise(fault, status.code, "%s", why.text);
    return fault_raise(fault, STATUS_CORRUPT,
                       "%s, so it cannot say whether the database is the newest one. If nobody "
                       "put an older journal.db there, delete it: the next start makes it anew. "
                       "Else put the newest journal.db, journal.db-wal and head back",
                       why.text);
}
