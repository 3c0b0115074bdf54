/* Balances: what the billing actions of today (balances.c) and of a past moment (balances_past.c)
 * share (balances_asked.c). Private to this room. */
#ifndef API_BALANCES_H
#define API_BALANCES_H

#include "api/action.h"
#include "ledger/fields.h"

enum { PAGE_SIZE_MAX = 10, MEMBER_UINS_MAX = 10 };

struct balances_input {
    struct integer_value page_number;
    struct integer_value page_size;
    struct list_value member_uins; /* of text_value */
};

/* The page asked for. */
struct page {
    uint64_t number;
    uint64_t size;
    uint64_t first; /* rank of its first row; past the end for huge numbers */
};

struct page page_asked(const struct balances_input *input);
/* Ascending, each once; at most MEMBER_UINS_MAX. */
bool uins_asked(struct exchange *exchange, const struct list_value *list, struct uin *uins,
                size_t *ret_count);
/* Ends Data; the rest of the answer. */
void page_render_end(const struct page *page, size_t rows, uint64_t total, struct buffer *out);

struct own_balance_input {
    struct boolean_value temp_credit;
};

/* What DescribeAccountBalance answers. */
struct own_grant {
    int64_t start_us, end_us;
    struct amount amount;
    struct uin uin;
};
struct own_view {
    struct fields fields;
    int64_t whole_cents;
    bool allows_arrears, is_limited, has_temporary;
    struct uin uin;
    struct own_grant *grants;
    size_t grant_count;
};
/* With room for so many grants; NULL: there is no memory, and the complaint is set. */
struct own_view *own_view_make(struct exchange *exchange, const struct fields *fields,
                               uint8_t flags, struct uin uin, size_t grants);
void own_view_add(struct own_view *view, const struct grant *grant);

/* balances_past.c: with X-Bursar-As-Of. */
bool is_as_of(const struct exchange *exchange);
bool balances_past_ask(struct exchange *exchange, struct api_pending *pending);
struct status balances_past_read(struct api_pending *pending, struct history *history,
                                 struct fault *fault);
bool own_past_ask(struct exchange *exchange, struct api_pending *pending);
struct status own_past_read(struct api_pending *pending, struct history *history,
                            struct fault *fault);

#endif
