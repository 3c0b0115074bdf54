/* image_check: what the journal makes of a folder as power loss may have left it. Reads the path of
 * a folder a line, answers a line:
 *
 *     ok ENTRIES UIN=CASH ... SECRETID ... +REASON ...
 *                   cash in micros, of every listed member; every key; the reason of every entry
 *                   that has one, as often as it is there
 *     no CODE TEXT                           refused, and why
 *
 * Each folder is first verified as `bursar verify` does, then opened as `bursar serve` does, which
 * may write to it. One process takes thousands of folders; it ends by a signal only if the journal
 * does what it must never do. */
#include "journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_book(const struct book *book)
{
    const struct member *members[64];
    printf("ok %" PRIu64, book_sequence(book));
    for (uint32_t id = 1; id <= book_organisation_count(book); id++) {
        uint64_t rank = 0;
        size_t got;
        while ((got = book_list(book, id, rank, 64, members)) > 0) {
            for (size_t i = 0; i < got; i++) {
                char uin[UIN_DIGITS_MAX];
                printf(" %.*s=%" PRId64, (int)uin_print(members[i]->uin, uin), uin,
                       members[i]->state.cash.micros);
            }
            rank += got;
        }
    }
    for (uint32_t id = 1; id <= book_organisation_count(book); id++)
        for (uint32_t i = book_registry_first(book, REGISTRY_KEYS, id); i != BOOK_NONE;
             i = book_registry_next(book, REGISTRY_KEYS, i))
            printf(" %.*s", SLICE_ARGS(book_key(book, i)->secret_id));
}

/* The reasons of transfers and holds have no blanks here. */
static bool print_reason(void *context, uint64_t sequence, struct slice bytes)
{
    static struct uin scope[ENTRY_SCOPE_MAX];
    struct entry entry;
    (void)context;
    if (entry_decode(sequence, bytes, scope, ENTRY_SCOPE_MAX, &entry) &&
        !entry_kind_is_registry(entry.kind) && entry.text.len > 0)
        printf(" +%.*s", SLICE_ARGS(entry.text));
    return true;
}

static struct status load(const char *folder, struct fault *fault)
{
    const struct journal_options options = {.read_only = false};
    struct journal *journal = NULL;
    TRY(journal_open(folder, &options, fault, &journal));
    struct book *book = book_new(1);
    struct status status = {STATUS_MEMORY};
    if (book)
        status = journal_load(journal, book, fault);
    if (status_ok(status)) {
        print_book(book);
        status = journal_read(journal, 1, print_reason, NULL, fault);
        printf("\n");
    }
    book_free(book);
    journal_close(journal);
    return status;
}

static struct status check(const char *folder, struct fault *fault)
{
    struct verify_report report;
    TRY_WRAP(journal_verify(folder, NULL, NULL, fault, &report), fault, "verify");
    TRY_WRAP(load(folder, fault), fault, "open");
    return STATUS_DONE;
}

int main(void)
{
    char folder[4096];
    while (fgets(folder, sizeof folder, stdin)) {
        struct fault fault = {""};
        folder[strcspn(folder, "\n")] = '\0';
        struct status status = check(folder, &fault);
        if (!status_ok(status))
            printf("no %d %s\n", (int)status.code, fault.text);
        (void)fflush(stdout);
    }
    return 0;
}
