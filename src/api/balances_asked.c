/* What the balances of today and of a past moment have in common: the page and the accounts asked
 * for, the end of a page, the caller's own account as it is shown.
 *
 * Owns nothing; memory is the exchange's. Thread: the worker's, or the historian's. */
#include "api/balances.h"
#include "base/put.h"

struct page page_asked(const struct balances_input *input)
{
    struct page page = {1, PAGE_SIZE_MAX, 0};
    if (input->page_number.given)
        page.number = (uint64_t)input->page_number.value;
    if (input->page_size.given)
        page.size = (uint64_t)input->page_size.value;
    if (__builtin_mul_overflow(page.number - 1, page.size, &page.first))
        page.first = UINT64_MAX;
    return page;
}

/* Ascending, each once. */
static size_t uins_sort(struct uin *uins, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct uin uin = uins[i];
        size_t at = kept;
        while (at > 0 && uin_compare(uins[at - 1], uin) > 0)
            at--;
        if (at > 0 && uin_equal(uins[at - 1], uin))
            continue;
        if (at < kept)
            memmove(&uins[at + 1], &uins[at], (kept - at) * sizeof uins[0]);
        uins[at] = uin;
        kept++;
    }
    return kept;
}

static bool refuse_uin(struct exchange *exchange, uint32_t index)
{
    char name[] = "MemberUins.0";
    name[sizeof name - 2] = (char)('0' + index);
    struct slice place = arena_copy(exchange->arena, slice_of(name, sizeof name - 1));
    return exchange_refuse_word(exchange, ERROR_VALUE_UIN, place);
}

bool uins_asked(struct exchange *exchange, const struct list_value *list, struct uin *uins,
                size_t *ret_count)
{
    const struct text_value *values = list->items;
    for (uint32_t i = 0; i < list->count; i++)
        if (!uin_parse(values[i].text, &uins[i]))
            return refuse_uin(exchange, i);
    *ret_count = uins_sort(uins, list->count);
    return true;
}

void page_render_end(const struct page *page, size_t rows, uint64_t total, struct buffer *out)
{
    enum { END_BYTES_MAX = 64 + 3 * PUT_U64_MAX };
    char *at = buffer_room(out, END_BYTES_MAX);
    if (!at)
        return;
    at = put_u64(PUT_LITERAL(at, "],\"PageNumber\":"), page->number);
    at = put_u64(PUT_LITERAL(at, ",\"PageSize\":"), rows);
    buffer_wrote(out, put_u64(PUT_LITERAL(at, ",\"TotalCount\":"), total));
}

struct own_view *own_view_make(struct exchange *exchange, const struct fields *fields,
                               uint8_t flags, struct uin uin, size_t grants)
{
    const struct own_balance_input *input = exchange->input;
    struct own_view *view = arena_take_array(exchange->arena, 1, sizeof *view);
    struct own_grant *room = arena_take(exchange->arena, (grants + 1) * sizeof *room);
    if (!view || !room) {
        (void)exchange_refuse(exchange, ERROR_INTERNAL);
        return NULL;
    }
    *view = (struct own_view){.fields = *fields,
                              /* toward zero: `Balance` is an integer in every SDK */
                              .whole_cents = fields->real_balance.micros / AMOUNT_MICROS_PER_CENT,
                              .allows_arrears = flags & MEMBER_ARREARS,
                              .has_temporary = input->temp_credit.value,
                              .uin = uin,
                              .grants = room};
    return view;
}

void own_view_add(struct own_view *view, const struct grant *grant)
{
    view->grants[view->grant_count++] =
        (struct own_grant){grant->start_us, grant->end_us, grant->amount, view->uin};
}
