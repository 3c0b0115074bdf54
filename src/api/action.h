/* Actions: the table of everything the API can do, as data; private to this room. One file an
 * action family (balances.c, members.c, ...) holds declarations and functions; actions.c lists
 * them by product. Another room's product is made of the same and handed to api_new. */
#ifndef API_ACTION_H
#define API_ACTION_H

#include "api/exchange.h"
#include "codec/decimal.h"
#include "codec/shape.h"

/* Who may, besides what policies say (access.c). */
enum access {
    ACCESS_BALANCES, /* the organisation's owner, or a delegated member within its scope */
    ACCESS_MEMBER,   /* the same, and every account about itself (exchange_choose_member) */
    ACCESS_OWN,      /* whoever belongs to an organisation, about itself */
    ACCESS_OWNER,    /* the organisation's owner */
    ACCESS_OPERATOR, /* only through the control socket */
};

/* What policies can tell apart in a call of the action (policy.h). */
enum item_part {
    ITEM_MEMBER = 1, /* whom it is about: qcs::bursar:::member/UIN */
    ITEM_KIND = 2,   /* bursar:TransferKind */
    ITEM_AMOUNT = 4, /* bursar:Amount */
};

/* For people. */
const char *access_text(enum access access);

enum preparation {
    PREPARED,         /* the commit's command is ready */
    PREPARED_NOTHING, /* nothing to commit: answer at once */
    PREPARED_REFUSED, /* the complaint is set */
};

struct action {
    struct slice name;
    enum access access;
    uint8_t items;            /* enum item_part */
    const char *const *kinds; /* of ITEM_KIND; ended by NULL */
    struct parameters input;
    struct shape outputs;       /* what it answers besides RequestId */
    const enum error *refusals; /* its own, for the documentation; ended by ERROR_NONE */
    const char *help;
    /* A read: appends the members of "Response" without a comma at either end, all in one gate
     * section of its own. False: the complaint is set. */
    bool (*answer)(struct exchange *exchange, struct buffer *out);
    /* A read of the journal, which the historian's thread does: `ask` checks the parameters and may
     * look at the book; `read` may too (pending_book_begin), and appends the answer as above to
     * pending->answer, or sets the complaint of pending->exchange. Only when `asks_journal` says
     * so; NULL: always. */
    bool (*asks_journal)(const struct exchange *exchange);
    bool (*ask)(struct exchange *exchange, struct api_pending *pending);
    struct status (*read)(struct api_pending *pending, struct history *history,
                          struct fault *fault);
    bool takes_as_of; /* the header X-Bursar-As-Of */
    /* A write: fills the command, and after its commit appends the answer as above. What the law
     * refuses becomes an error before that, unless the answer lists refusals itself. */
    enum preparation (*prepare)(struct exchange *exchange, struct api_pending *pending);
    bool lists_refusals;
    bool (*answer_commit)(struct exchange *exchange, struct api_pending *pending,
                          struct buffer *out);
};

/* Of every write. */
#define WRITE_REFUSALS                                                                             \
    ERROR_READ_ONLY, ERROR_STORE_FULL, ERROR_STOPPING, ERROR_MEMORY, ERROR_CLOCK,                  \
        ERROR_ANSWER_LOST, ERROR_VALUE_CLIENT_TOKEN, ERROR_TOKEN_REUSED, ERROR_REQUEST_REPEATED
#define REFUSALS(...)                                                                              \
    (const enum error[])                                                                           \
    {                                                                                              \
        __VA_ARGS__, ERROR_NONE                                                                    \
    }

struct product {
    struct slice name;
    struct slice version;
    struct slice policy_prefixes[2]; /* "finance:", "billing:"; the first is named in refusals */
    uint32_t policy_prefix_count;
    const struct action *const *actions;
    uint32_t action_count;
};

/* route.c. NULL: none has that name. */
const struct api_product *products_find(const struct api_products *products, struct slice name);
/* The place of an action among the product's; action_count: none has that name. */
uint32_t product_action(const struct product *product, struct slice name);
/* What exchange->action_number begins from. */
uint32_t products_first_number(const struct api_products *products,
                               const struct api_product *served);

extern const struct action action_describe_org_member_account_balance;
extern const struct action action_describe_account_balance;
extern const struct action action_create_organization;
extern const struct action action_describe_organizations;
extern const struct action action_modify_member;
extern const struct action action_delete_member;
extern const struct action action_create_transfers;
extern const struct action action_create_hold;
extern const struct action action_capture_hold;
extern const struct action action_release_hold;
extern const struct action action_describe_holds;
extern const struct action action_describe_member_balance;
extern const struct action action_describe_statement;
extern const struct action action_describe_entries;
extern const struct action action_create_temporary_credit;
extern const struct action action_delete_temporary_credit;
extern const struct action action_create_members;
extern const struct action action_describe_members;
extern const struct action action_create_key;
extern const struct action action_create_temporary_key;
extern const struct action action_describe_keys;
extern const struct action action_modify_key;
extern const struct action action_put_policy;
extern const struct action action_describe_policies;
extern const struct action action_delete_policy;
extern const struct action action_put_delegation;
extern const struct action action_describe_delegations;
extern const struct action action_delete_delegation;
extern const struct action action_describe_clock;
extern const struct action action_confirm_clock;

/* Shared by the families: values of parameters. Each returns false with the complaint set. */
bool value_to_uin(struct exchange *exchange, const struct text_value *value, struct slice name,
                  struct uin *ret_uin);
/* The rule for text that people read (api/text.h); its length is left to whoever asks. On false
 * `name` is the parameter's. */
bool value_is_text(struct arena *arena, const struct text_value *value, struct slice name,
                   struct complaint *ret_complaint);
/* The same, of a name: 1 to 64 characters. */
bool value_to_name(struct exchange *exchange, const struct text_value *value, struct slice name);
/* Cents; must be given. */
bool value_to_amount(struct exchange *exchange, const struct text_value *value, struct slice name,
                     struct amount *ret_amount);
/* "2026-11-23 13:00:00" or RFC 3339; empty, absent or the last second there is: 0. */
bool value_to_time(struct exchange *exchange, const struct text_value *value, struct slice name,
                   int64_t *ret_us);
/* The same without a complaint; false: cannot be read. */
bool value_read_time(struct slice text, int64_t *ret_us);

/* A listing by Offset and Limit: every row is offered in turn; those on the page are written. */
struct listing {
    uint64_t offset;
    uint64_t limit;
    uint64_t total; /* offered so far */
    uint64_t written;
};
struct listing listing_asked(const struct integer_value *offset, const struct integer_value *limit);
/* Begins Data. */
void listing_open(struct buffer *out);
/* Ends Data and writes TotalCount. */
void listing_close(const struct listing *listing, struct buffer *out);
/* Counts one more row; true (after the comma it may need): write it. */
bool listing_offer(struct listing *listing, struct buffer *out);
/* Offset and Limit, for declarations; they must be members of the struct. */
#define LISTING_PARAMETERS(struct_name)                                                            \
    {PARAMETER(PARAMETER_INTEGER, struct_name, offset, "Offset", "Rows to skip; default 0."),      \
     .minimum = 0, .maximum = INT64_MAX},                                                          \
    {                                                                                              \
        PARAMETER(PARAMETER_INTEGER, struct_name, limit, "Limit", "Rows; default 100."),           \
            .minimum = 1, .maximum = 1000                                                          \
    }
/* Data and TotalCount. */
#define LISTING_OUTPUTS(item, data_help, total_help)                                               \
    SHAPE_BY_HAND(OBJECTS, false, item, "Data", data_help),                                        \
        SHAPE_MEMBER(COUNT, struct listing, total, "TotalCount", total_help)
#define ORGANIZATION_PARAMETER(struct_name)                                                        \
    {                                                                                              \
        PARAMETER(PARAMETER_INTEGER, struct_name, organization_id, "OrganizationId",               \
                  "Through the control socket; default 1. Else the caller's own.")                 \
    }
#define MEMBER_PARAMETER(struct_name)                                                              \
    {                                                                                              \
        PARAMETER(PARAMETER_TEXT, struct_name, member_uin, "MemberUin",                            \
                  "Which account; default the caller's own. Others need to be in the caller's "    \
                  "scope.")                                                                        \
    }
/* ClientToken and DryRun, which every write takes (tokens.c); `write` must be a member. */
struct write_input {
    struct text_value client_token;
    struct boolean_value dry_run;
};
#define WRITE_PARAMETERS(struct_name)                                                              \
    {PARAMETER(                                                                                    \
        PARAMETER_TEXT, struct_name, write.client_token, "ClientToken",                            \
        "1 to 64 printable ASCII characters without blanks, `&`, `=` and `%`: carried out once, "  \
        "however often it is sent.")},                                                             \
    {                                                                                              \
        PARAMETER(PARAMETER_BOOLEAN, struct_name, write.dry_run, "DryRun",                         \
                  "True: checks everything and changes nothing.")                                  \
    }

/* Appends what the action's outputs say of the object. */
void answer_write(const struct exchange *exchange, const void *object, struct buffer *out);
/* One of Errors: an item of a list that was refused; `uin` as it was written. */
void render_item_error(const struct exchange *exchange, uint32_t index, struct slice uin,
                       const struct complaint *complaint, struct buffer *out);
extern const struct shape item_error_shape;
/* A key with its colon, as a literal, and an amount in cents. */
#define RENDER_CENTS(out, key, amount)                                                             \
    do {                                                                                           \
        BUFFER_LITERAL(out, key);                                                                  \
        decimal_print_cents(out, amount);                                                          \
    } while (0)
/* The member's grants in the order they were made (the book keeps the newest first): the one after
 * `id`, 0 for the first; NULL at the end. Members have few. */
const struct grant *grant_after(const struct book *book, const struct member *member, uint64_t id);
/* For writes that answer nothing but their RequestId. */
bool answer_nothing(struct exchange *exchange, struct api_pending *pending, struct buffer *out);

#endif
