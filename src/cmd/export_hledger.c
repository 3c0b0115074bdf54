/* Money for hledger (cmd/export_hledger.h).
 *
 * 1. What a transaction puts on an account is what the entry changed there: the member's state
 * after it against the book before it, and the organisation's accounts by the law of double entry.
 * 2. hledger itself checks that each transaction adds up to zero.
 *
 * Owns the journal and the book for one call. Main thread. */
#include "cmd/export_hledger.h"

#include "cmd/output.h"
#include "codec/decimal.h"
#include "codec/timestamp.h"
#include "journal/journal.h"
#include "ledger/effect.h"

enum { LINE_BYTES_MAX = 1 << 20, CURRENCY_LETTERS = 3 };

struct hledger {
    FILE *out;
    struct book *book;
    struct uin *scope;
    uint32_t organisation;
    char currency[CURRENCY_LETTERS + 1];
    struct buffer text; /* the transaction at hand */
    struct status status;
    struct fault *fault;
};

static const struct member_state nothing;

static void print_uin(struct buffer *text, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    buffer_bytes(text, digits, uin_print(uin, digits));
}

/* A comment begins with ';', and '|' parts a payee from a note. */
static void print_note(struct buffer *text, struct slice note)
{
    for (size_t i = 0; i < note.len; i++)
        buffer_char(text, note.at[i] == ';' || note.at[i] == '|' ? ',' : note.at[i]);
}

static void print_amount(struct hledger *hledger, struct amount amount)
{
    BUFFER_LITERAL(&hledger->text, "  ");
    decimal_print_units(&hledger->text, amount);
    buffer_printf(&hledger->text, " %s\n", hledger->currency);
}

static void print_own(struct hledger *hledger, const char *account, struct amount amount)
{
    if (amount_is_zero(amount))
        return;
    buffer_printf(&hledger->text, "    organization:%s", account);
    print_amount(hledger, amount);
}

static bool print_part(struct hledger *hledger, struct uin uin, const char *account,
                       struct amount before, struct amount after)
{
    struct amount change;
    if (!amount_subtract(after, before, &change))
        return false;
    if (amount_is_zero(change))
        return true;
    BUFFER_LITERAL(&hledger->text, "    members:");
    print_uin(&hledger->text, uin);
    buffer_printf(&hledger->text, ":%s", account);
    print_amount(hledger, change);
    return true;
}

static bool print_touch(struct hledger *hledger, const struct touch *touch)
{
    const struct member *member =
        book_find_member(hledger->book, hledger->organisation, touch->uin);
    const struct member_state *before = member ? &member->state : &nothing;
    return print_part(hledger, touch->uin, "cash", before->cash, touch->after.cash) &&
           print_part(hledger, touch->uin, "income", before->income, touch->after.income) &&
           print_part(hledger, touch->uin, "gift", before->gift, touch->after.gift);
}

/* "2026-11-23 (17) charge 700001941608 | order 4711", and the moment as a tag. */
static void print_head(struct hledger *hledger, const struct entry *entry)
{
    struct buffer *text = &hledger->text;
    char date[10];
    timestamp_print_date(date, entry->time_us / 1000000);
    buffer_bytes(text, date, sizeof date);
    buffer_printf(text, " (%llu) %s ", (unsigned long long)entry->sequence,
                  entry_kind_name(entry->kind));
    print_uin(text, entry->touches[0].uin);
    if (entry->text.len > 0) {
        BUFFER_LITERAL(text, " | ");
        print_note(text, entry->text);
    }
    BUFFER_LITERAL(text, "\n    ; time:");
    timestamp_print_rfc3339(text, entry->time_us);
    buffer_char(text, '\n');
}

static struct status flush(struct hledger *hledger)
{
    struct slice text = buffer_slice(&hledger->text);
    if (!buffer_ok(&hledger->text))
        return fault_raise(hledger->fault, STATUS_MEMORY, "no memory for a transaction");
    if (!output_write_to(hledger->out, text))
        return fault_raise(hledger->fault, STATUS_IO, "cannot write the export");
    return STATUS_DONE;
}

static struct status print_transaction(struct hledger *hledger, const struct entry *entry)
{
    struct effect effect;
    bool good = effect_of(entry, &effect);
    buffer_clear(&hledger->text);
    print_head(hledger, entry);
    size_t head = hledger->text.len;
    for (uint32_t i = 0; good && i < entry->touch_count; i++)
        good = print_touch(hledger, &entry->touches[i]);
    if (!good)
        return fault_raise(hledger->fault, STATUS_CORRUPT, "entry %llu does not fit the book",
                           (unsigned long long)entry->sequence);
    print_own(hledger, "funding", effect.funding);
    print_own(hledger, "revenue", effect.revenue);
    print_own(hledger, "promotion", effect.promotion);
    print_own(hledger, "suspense", effect.suspense);
    if (hledger->text.len == head) /* holds and releases: no money changed its owner */
        return STATUS_DONE;
    buffer_char(&hledger->text, '\n');
    return flush(hledger);
}

static struct status print_name(struct hledger *hledger, const struct entry *entry)
{
    buffer_clear(&hledger->text);
    BUFFER_LITERAL(&hledger->text, "account members:");
    print_uin(&hledger->text, entry->touches[0].uin);
    BUFFER_LITERAL(&hledger->text, "  ; ");
    print_note(&hledger->text, entry->name);
    BUFFER_LITERAL(&hledger->text, "\n\n");
    return flush(hledger);
}

static struct status print_organisation(struct hledger *hledger, const struct entry *entry)
{
    snprintf(hledger->currency, sizeof hledger->currency, "%.*s", SLICE_ARGS(entry->text));
    buffer_clear(&hledger->text);
    buffer_printf(&hledger->text, "; %.*s, as bursar's journal has it; in %s\n\ndecimal-mark .\n\n",
                  SLICE_ARGS(entry->name), hledger->currency);
    return flush(hledger);
}

static struct status see_entry(struct hledger *hledger, const struct entry *entry)
{
    struct status status = STATUS_DONE;
    bool ours = entry->organisation == hledger->organisation;
    if (ours && entry->kind == ENTRY_ORGANISATION)
        status = print_organisation(hledger, entry);
    else if (ours && entry->kind == ENTRY_JOIN)
        status = print_name(hledger, entry);
    else if (ours && entry->kind <= ENTRY_OPENING)
        status = print_transaction(hledger, entry);
    TRY(status);
    return book_apply(hledger->book, entry, hledger->fault);
}

static bool visit(void *context, uint64_t sequence, struct slice bytes)
{
    struct hledger *hledger = context;
    struct entry entry;
    if (entry_decode(sequence, bytes, hledger->scope, ENTRY_SCOPE_MAX, &entry))
        hledger->status = see_entry(hledger, &entry);
    else
        hledger->status =
            fault_raise(hledger->fault, STATUS_CORRUPT, "entry %llu cannot be understood",
                        (unsigned long long)sequence);
    return status_ok(hledger->status);
}

static struct status print_all(struct hledger *hledger, const char *data, struct arena *arena)
{
    const struct journal_options options = {.read_only = true};
    struct journal *journal;
    hledger->scope = arena_take_array(arena, ENTRY_SCOPE_MAX, sizeof *hledger->scope);
    hledger->book = book_new(1);
    if (!hledger->scope || !hledger->book)
        return fault_raise(hledger->fault, STATUS_MEMORY, "no memory for the book");
    TRY(journal_open(data, &options, hledger->fault, &journal));
    struct status status = journal_read(journal, 1, visit, hledger, hledger->fault);
    journal_close(journal);
    TRY(hledger->status);
    TRY(status);
    if (!*hledger->currency)
        return fault_raise(hledger->fault, STATUS_NOT_FOUND, "there is no organisation %lu",
                           (unsigned long)hledger->organisation);
    return STATUS_DONE;
}

struct status export_hledger(const char *data, uint32_t organisation, FILE *out,
                             struct fault *fault)
{
    struct arena arena;
    struct hledger hledger = {.out = out, .organisation = organisation, .fault = fault};
    if (!arena_init(&arena, 1 << 16, 4 << 20))
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    buffer_init(&hledger.text, LINE_BYTES_MAX);
    struct status status = print_all(&hledger, data, &arena);
    buffer_done(&hledger.text);
    if (hledger.book)
        book_free(hledger.book);
    arena_done(&arena);
    return status;
}
