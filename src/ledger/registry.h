/* The inside of the registry: keys, policies and delegations, and who holds them. Private to the
 * room; part of book_state.h. */
#ifndef LEDGER_REGISTRY_H
#define LEDGER_REGISTRY_H

#include "ledger/book.h"
#include "ledger/due.h"
#include "ledger/pool.h"

#include "base/table.h"

/* Begins the slot of a key, policy or delegation: its place among the organisation's. */
struct registry_item {
    uint32_t next, before; /* in the order they were made; BOOK_NONE at the ends */
    uint32_t organisation;
    uint64_t made; /* sequence of the entry that made it; 0 = nothing is here */
};

struct registry_list {
    uint32_t first, last; /* BOOK_NONE = none */
    uint32_t count;
};

/* Links among the enabled or the disabled keys of the account. */
struct key_slot {
    struct registry_item item;
    uint32_t next, before;
    uint32_t user;  /* holder */
    uint32_t place; /* among the keys that end; DUE_NONE = never */
    char *block;    /* its texts */
    struct key key;
};

struct policy_slot {
    struct registry_item item;
    uint32_t next; /* of the same user, made later */
    uint32_t user; /* holder */
    char *block;
    struct policy policy;
};

struct delegation_slot {
    struct registry_item item;
    struct uin *block; /* the scope */
    struct delegation delegation;
};

/* A uin in one organisation, as a user (main account, sub-account or role) and as an account. It is
 * there as long as anything is. */
struct holder {
    uint32_t account; /* holder of the account it belongs to, itself for a main account; BOOK_NONE =
                         not known: it never had a key */
    uint32_t next, before; /* among the users of that account */
    uint32_t organisation;
    struct uin uin;
    /* as a user */
    uint32_t keys, enabled_keys; /* all; long-term ones that are enabled */
    uint32_t policies;           /* first */
    uint32_t policy_count, policy_bytes;
    /* as an account */
    uint32_t users;                         /* first */
    struct registry_list enabled, disabled; /* keys; longest so first */
    uint32_t users_policies;                /* of all its users */
    uint32_t delegation;
};

struct registry {
    struct pool keys;
    struct pool policies;
    struct pool delegations;
    struct pool holders;
    struct table key_by_id;
    struct table holder_by_uin;
    struct due ends;     /* keys by when they end */
    uint32_t key_count;  /* of all organisations */
    uint64_t text_bytes; /* in blocks: what is there */
};

/* The lists of an organisation. */
struct organisation_registry {
    struct registry_list lists[REGISTRY_KINDS];
    uint64_t scopes; /* members named by its delegations, together */
};

/* registry.c */
struct registry_item *registry_item(const struct book *book, enum registry_kind kind,
                                    uint32_t index);
struct registry_list *registry_list(const struct book *book, enum registry_kind kind,
                                    uint32_t organisation);
/* Puts a new item behind the organisation's others. */
void registry_put(struct book *book, enum registry_kind kind, uint32_t index,
                  const struct entry *entry);
/* Takes it out and gives its slot back, all zero. */
void registry_give(struct book *book, enum registry_kind kind, uint32_t index);
uint64_t account_hash(const struct book *book, uint32_t organisation, struct uin uin);
struct status registry_wrong(const struct entry *entry, struct fault *fault, const char *what);
/* Memory for the texts of one item; NULL when it is short. */
void *registry_block(struct book *book, size_t bytes);
void registry_block_free(struct book *book, void *block, size_t bytes);

/* holders.c */
struct holder *holder_at(const struct book *book, uint32_t index);
/* BOOK_NONE when it holds nothing. */
uint32_t holder_find(const struct book *book, uint32_t organisation, struct uin uin);
/* Made when it is not there; BOOK_NONE when memory is short. */
uint32_t holder_make(struct book *book, uint32_t organisation, struct uin uin);
/* The user belongs to that account from now on. False: it belongs to another. */
bool holder_bind(struct book *book, uint32_t user, uint32_t account);
/* After something of it went. */
void holder_let_go(struct book *book, uint32_t index);

/* Whether anything is left of the account's authority that a leave must end: an enabled key of its
 * users, a policy of one of them (or its own), its delegation. */
bool holder_may_act(const struct book *book, uint32_t organisation, struct uin account);
/* Hands out what is left, each as the entry that ends it (kind and parts; the texts are the
 * book's). False as soon as `end` says so. */
bool holder_end_all(const struct book *book, uint32_t organisation, struct uin account,
                    int64_t now_us, bool (*end)(void *context, const struct entry *entry),
                    void *context);

/* registry_keys.c */
STATUS_MUST_USE struct status apply_add_key(struct book *book, const struct entry *entry,
                                            struct fault *fault);
STATUS_MUST_USE struct status apply_set_key(struct book *book, const struct entry *entry,
                                            struct fault *fault);
uint64_t registry_key_hash(const void *owner, uint32_t item);
void registry_key_moved(void *owner, const struct due_item *item, uint32_t place);
/* The keys whose end is KEY_KEPT_US past by then go. Before and after every entry: so what is
 * there follows from the entries and their times alone. */
void registry_drop_ended(struct book *book, int64_t t_us);
size_t key_bytes(const struct key *key);
/* It is still there for an entry of that moment. */
static inline bool key_is_kept(const struct key *key, int64_t t_us)
{
    return key->expires_us == 0 || key->expires_us > t_us - KEY_KEPT_US;
}

/* registry_given.c: policies and delegations */
STATUS_MUST_USE struct status apply_put_policy(struct book *book, const struct entry *entry,
                                               struct fault *fault);
STATUS_MUST_USE struct status apply_remove_policy(struct book *book, const struct entry *entry,
                                                  struct fault *fault);
STATUS_MUST_USE struct status apply_delegate(struct book *book, const struct entry *entry,
                                             struct fault *fault);
STATUS_MUST_USE struct status apply_remove_delegate(struct book *book, const struct entry *entry,
                                                    struct fault *fault);

/* registry_check.c */
STATUS_MUST_USE struct status registry_check(const struct book *book, struct fault *fault);

#endif
