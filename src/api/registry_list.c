/* Pages of the registry (registry_list.h).
 *
 * 1. One gate section looks at PIECE_ROWS rows at most, and renders one more row at most once it
 * has PIECE_BYTES.
 * 2. Between two sections the place is kept as a number and when what has it was made: numbers are
 *    used again, and then the place is found by that from the start.
 * Owns nothing. Thread: the worker's. */
#include "api/registry_list.h"

enum { PIECE_ROWS = 500, PIECE_BYTES = 1 << 16, PAGE_BYTES = 1 << 20 };

struct place {
    enum registry_kind kind;
    uint32_t organisation;
    uint32_t index; /* of the row before */
    uint64_t made;  /* 0 = at the start */
};

/* The first row made after the one before. */
static uint32_t place_next(const struct place *place, const struct book *book)
{
    if (place->made != 0 && book_registry_made(book, place->kind, place->index) == place->made)
        return book_registry_next(book, place->kind, place->index);
    uint32_t at = book_registry_first(book, place->kind, place->organisation);
    while (at != BOOK_NONE && book_registry_made(book, place->kind, at) <= place->made)
        at = book_registry_next(book, place->kind, at);
    return at;
}

/* Inside the gate. False: the page is over. */
static bool list_piece(const struct book *book, struct place *place, struct listing *listing,
                       void (*render)(const struct book *book, uint32_t index, struct buffer *out),
                       size_t page_start, struct buffer *out)
{
    size_t start = out->len;
    uint32_t at = place_next(place, book);
    for (uint32_t rows = 0; at != BOOK_NONE && rows < PIECE_ROWS; rows++) {
        if (out->len - start >= PIECE_BYTES)
            return true;
        if (listing->written == listing->limit || out->len - page_start >= PAGE_BYTES)
            return false;
        if (listing_offer(listing, out))
            render(book, at, out);
        place->index = at;
        place->made = book_registry_made(book, place->kind, at);
        at = book_registry_next(book, place->kind, at);
    }
    return at != BOOK_NONE;
}

void registry_list_answer(
    struct exchange *exchange, enum registry_kind kind, struct listing *listing,
    void (*render)(const struct book *book, uint32_t index, struct buffer *out), struct buffer *out)
{
    struct place place = {.kind = kind, .organisation = exchange->organisation};
    uint64_t count = 0;
    listing_open(out);
    size_t page_start = out->len;
    for (bool more = true; more;) {
        const struct book *book = exchange_book_begin(exchange);
        count = book_registry_count(book, kind, exchange->organisation);
        more = list_piece(book, &place, listing, render, page_start, out);
        exchange_book_end(exchange);
    }
    listing->total = count;
    listing_close(listing, out);
}
