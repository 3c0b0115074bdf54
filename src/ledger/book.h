/* Book: the state in memory, the fold of all entries. Every read is answered from here.
 *
 * Pure: no I/O, no clock, no lock. Readers may run beside readers; book_apply needs to be alone
 * (the gate in sys/gate.h sees to that). Pointers it hands out stay valid until the book is freed,
 * but what they point to may change at the next apply. */
#ifndef LEDGER_BOOK_H
#define LEDGER_BOOK_H

#include "base/status.h"
#include "ledger/entry.h"
#include "ledger/idmap.h"

#define BOOK_NONE UINT32_MAX
#define BOOK_MEMBERS_MAX (UINT32_C(1) << 31)

struct book;

/* Names are 1..64 characters of UTF-8 without control characters. */
enum { NAME_CHARACTERS_MAX = 64 };
bool name_is_valid(struct slice name);

/* At most 200 bytes a member with everything that belongs to it (design section 10). */
struct member {
    struct uin uin;
    struct member_state state;
    const char *name;
    int64_t joined_us;
    uint64_t last_sequence; /* of the entry that touched it last */
    uint64_t ordinal;
    uint32_t organisation;
    uint32_t grants; /* head of a list, BOOK_NONE = empty */
    uint32_t holds;
    uint32_t chain; /* back-link stack; private */
    uint16_t name_len;
    bool rejoined;       /* has left and come back: joined_us is of the last time */
    uint32_t past_names; /* private; BOOK_NONE = never had another */
};

struct slice member_name(const struct member *member);

struct grant {
    uint64_t id; /* sequence of the entry that made it */
    struct amount amount;
    int64_t start_us; /* active when start <= t < end */
    int64_t end_us;   /* 0 = open end */
    uint32_t next;
    uint32_t member; /* index */
    uint32_t place;  /* among what is due; private */
    bool started;    /* counted in the member's state.temporary */
};

struct hold {
    uint64_t id;
    struct amount amount;  /* what is left of it */
    int64_t expires_us;    /* 0 = never */
    uint32_t next, before; /* in the member's list, newest first */
    uint32_t member;       /* index */
    uint32_t place;        /* among what is due; private */
};

struct organisation {
    uint32_t id; /* 1.. */
    struct slice name;
    struct slice currency; /* ISO 4217, "USD" */
    struct uin owner;
    int64_t created_us;
    /* Sums over all members, and the organisation's own accounts; all together zero. */
    struct amount cash, income, gift, frozen;
    struct amount funding, revenue, promotion, suspense;
};

struct key {
    struct slice secret_id;
    struct slice sealed_secret; /* crypto/seal.h; associated data = key_identity */
    struct slice token_hash;    /* 32 bytes, or empty: long-term key */
    struct slice session_name;  /* role sessions */
    uint32_t organisation;
    uint8_t principal; /* enum principal_kind */
    bool enabled;
    struct uin account; /* main account */
    struct uin user;    /* = account for main */
    uint64_t made;      /* sequence of the entry that made it */
    int64_t created_us;
    int64_t expires_us; /* 0 = never */
    uint64_t version;   /* sequence of the entry that changed it last */
};

/* All that says whose key it is and how long: a secret sealed for one is no other's. The bytes
 * never change. Appends at most KEY_IDENTITY_BYTES_MAX. */
enum { KEY_IDENTITY_BYTES_MAX = 1280 };
void key_identity(const struct key *key, struct buffer *out);

struct policy {
    uint32_t organisation;
    struct uin user; /* the sub-account or role it is attached to */
    struct slice name;
    struct slice document; /* JSON, checked before it was put */
    uint64_t version;      /* sequence of the entry that put it; no other policy ever has it */
};

struct delegation {
    uint32_t organisation;
    struct uin account; /* a member */
    bool everyone;
    const struct uin *scope; /* ascending; when not everyone */
    uint32_t scope_count;
    int64_t given_us; /* whoever has left and come back since is not meant: delegation_reaches */
    uint64_t version;
};

/* Ceilings, so that a leave ends all authority of an account in one command, and no organisation's
 * registry makes work for others. Asked for more: refused. */
enum {
    USER_KEYS_MAX = 2,               /* enabled long-term keys of a user, as in the cloud */
    ACCOUNT_KEYS_MAX = 5000,         /* enabled keys of an account and its users, all kinds */
    ACCOUNT_DISABLED_KEYS_KEPT = 64, /* disabled ones: one more, and the longest so is forgotten */
    ORGANISATION_KEYS_MAX = 50000,   /* all that are there */
    USER_POLICIES_MAX = 64,
    USER_POLICY_BYTES_MAX = 1 << 16, /* documents of a user, together */
    ACCOUNT_POLICIES_MAX = 4096,     /* of all users of an account */
    ORGANISATION_POLICIES_MAX = 50000,
    ORGANISATION_DELEGATIONS_MAX = 1000,
    ORGANISATION_SCOPES_MAX = 100000, /* members named by its delegations, together */
};
/* A key whose end has passed is known for so long (calls hear that its time is over); then it is
 * gone, as the next entry is applied. */
#define KEY_KEPT_US INT64_C(600000000)

/* NULL when memory is short. `seed` keys the hash tables. */
struct book *book_new(uint64_t seed);
void book_free(struct book *book);

/* Folds one entry in. Entries must come in sequence, except that during recovery an entry that a
 * member already reflects (sequence <= its last_sequence) leaves that member alone. CORRUPT when
 * the entry cannot follow from what is there (unknown organisation, sums not zero, negative gift,
 * broken back-link, ...); MEMORY when memory is short. On a fault the book must be thrown away. */
STATUS_MUST_USE struct status book_apply(struct book *book, const struct entry *entry,
                                         struct fault *fault);

/* Sequence and time of the entry applied last; 0 before the first. */
uint64_t book_sequence(const struct book *book);
int64_t book_time_us(const struct book *book);

/* Organisations: ids 1..count. */
uint32_t book_organisation_count(const struct book *book);
const struct organisation *book_organisation(const struct book *book, uint32_t id);
/* The organisation that this account owns or is a listed member of, or NULL. */
const struct organisation *book_organisation_of(const struct book *book, struct uin account);

/* Members, including those who left and the owner's own account. */
uint32_t book_member_count(const struct book *book); /* of all organisations */
const struct member *book_member(const struct book *book, uint32_t index);
uint32_t book_member_index(const struct book *book, const struct member *member);
/* Any member of that organisation with this uin, also left or owner; NULL if there never was one.
 */
const struct member *book_find_member(const struct book *book, uint32_t organisation,
                                      struct uin uin);
/* The same as an index; BOOK_NONE if there never was one. */
uint32_t book_find_index(const struct book *book, uint32_t organisation, struct uin uin);
/* A member will be looked for soon: fetches where the index says it is or, with `body`, when that
 * has come, the member itself. Changes nothing. */
void book_expect_member(const struct book *book, struct uin uin, bool body);
/* The member's name as the entry with that sequence left it; before its first entry, its first. */
struct slice book_name_at(const struct book *book, const struct member *member, uint64_t sequence);
/* The listing: members who are not left and not the owner, ascending by uin. */
uint64_t book_listed_count(const struct book *book, uint32_t organisation);
/* O(log n) to the first; then walks. Returns how many of `count` were there. */
size_t book_list(const struct book *book, uint32_t organisation, uint64_t first_rank, size_t count,
                 const struct member **ret_members);
/* The rank of the first listed member with uin >= `uin` (= count if none): cursors. */
uint64_t book_rank(const struct book *book, uint32_t organisation, struct uin uin);

const struct grant *book_grant(const struct book *book, uint32_t index);
const struct hold *book_hold(const struct book *book, uint32_t index);
/* By the sequence of the entry that made it; NULL when it is not open (any more). O(1). */
const struct hold *book_find_hold(const struct book *book, uint64_t id);
const struct grant *book_find_grant(const struct book *book, uint64_t id);
uint32_t book_hold_count(const struct book *book); /* open ones, of all organisations */
/* Sum of the temporary grants active at `t_us`; false on overflow (cannot be: decide refuses). */
struct amount book_temporary_credit(const struct book *book, const struct member *member,
                                    int64_t t_us);

/* What is frozen at `t_us` (not before the member's last entry): a hold whose end has come counts
 * no more, whether or not its entry has been written yet. */
struct amount book_frozen(const struct book *book, const struct member *member, int64_t t_us);
/* The moment at which the next hold expires or grant starts or ends; INT64_MAX = none. Whoever
 * appends entries of a later moment has to append these first (draft_settle). */
int64_t book_next_due_us(const struct book *book);

/* Requests are found for ever, but not all of them in the book: it puts those so far aside, whoever
 * has it writes them down, and it lets them go.
 *
 * The sequence of the request entry whose token digest begins with the same 8 bytes; 0 = none, or
 * let go. The entry says whether the whole digest is the same. */
uint64_t book_find_request(const struct book *book, struct slice token_digest);
uint64_t book_find_prefix(const struct book *book, uint64_t prefix); /* those 8 bytes */
uint64_t book_request_count(const struct book *book);                /* those that are here */
/* The requests so far are found as before, and change no more. Not when some are aside already. */
void book_requests_put_aside(struct book *book);
/* Requests up to this entry are aside; 0 = none are. */
uint64_t book_aside_sequence(const struct book *book);
/* Those that are aside: the first 8 bytes of a digest and the sequence. */
const struct idmap *book_aside(const struct book *book);
/* Requests up to `sequence` can be found elsewhere: those aside are given up, and in a recovery
 * those of entries yet to come are not kept. */
void book_requests_let_go(struct book *book, uint64_t sequence);
/* Recovery: a request up to the mark. False when memory is short. `prefix`: those 8 bytes, as
 * request_prefix gives them. */
bool book_request_load(struct book *book, uint64_t prefix, uint64_t sequence);
uint64_t request_prefix(struct slice token_digest);

/* Keys, policies and delegations have numbers, which are used again after they are gone. */
enum registry_kind { REGISTRY_KEYS, REGISTRY_POLICIES, REGISTRY_DELEGATIONS, REGISTRY_KINDS };

/* Those of an organisation (which must be there), in the order they were made; BOOK_NONE at the
 * end. */
uint32_t book_registry_count(const struct book *book, enum registry_kind kind,
                             uint32_t organisation);
uint32_t book_registry_first(const struct book *book, enum registry_kind kind,
                             uint32_t organisation);
uint32_t book_registry_next(const struct book *book, enum registry_kind kind, uint32_t index);
/* The sequence of the entry that made what has this number now, 0 = nothing has: so that whoever
 * comes back can tell. */
uint64_t book_registry_made(const struct book *book, enum registry_kind kind, uint32_t index);
/* Bytes of their texts: follows what is there. */
uint64_t book_registry_bytes(const struct book *book);

uint32_t book_key_count(const struct book *book); /* of all organisations */
const struct key *book_key(const struct book *book, uint32_t index);
const struct key *book_find_key(const struct book *book, struct slice secret_id);
uint32_t book_policy_count(const struct book *book);
const struct policy *book_policy(const struct book *book, uint32_t index);
/* The policies of a user, in the order they were made: the first with `from` 0, the one behind
 * policy n with `from` n + 1; BOOK_NONE at the end. */
uint32_t book_find_policy(const struct book *book, uint32_t organisation, struct uin user,
                          uint32_t from);
uint32_t book_delegation_count(const struct book *book);
const struct delegation *book_delegation(const struct book *book, uint32_t index);
/* NULL when there is none. */
const struct delegation *book_find_delegation(const struct book *book, uint32_t organisation,
                                              struct uin account);
/* Whether a delegation that names this member was given since it joined (last). Nothing that was
 * given before a leave is alive after a rejoin; two in the same moment count as before. */
static inline bool delegation_reaches(const struct delegation *delegation,
                                      const struct member *member)
{
    return delegation->everyone || !member->rejoined || member->joined_us < delegation->given_us;
}

/* Sequence of the last entry that can have changed who may do what: one of the registry, or a
 * member's leave. While it is the same, nobody's authority was taken away. */
uint64_t book_authority(const struct book *book);

/* Checks everything that must hold over the whole book (sums, orders, counts, states). For
 * `verify`. */
STATUS_MUST_USE struct status book_check(const struct book *book, struct fault *fault);

/* Checkpoint rows: a member with its grants, holds and back-link stack as bytes, and back. The
 * state of organisations' own accounts travels with book_checkpoint_organisation. */
void book_member_encode(const struct book *book, uint32_t index, struct buffer *out);
STATUS_MUST_USE struct status book_member_load(struct book *book, struct slice bytes,
                                               struct fault *fault);
void book_organisation_encode(const struct book *book, uint32_t id, struct buffer *out);
STATUS_MUST_USE struct status book_organisation_load(struct book *book, struct slice bytes,
                                                     struct fault *fault);
/* After loading: organisations and members reflect everything up to `sequence`. Members loaded are
 * found by their uin from here on. */
void book_loaded(struct book *book, uint64_t sequence, int64_t time_us);
/* After the tail: no member had two rows, no row was newer than the last entry, every organisation
 * with rows is there, and its accounts sum to zero. CORRUPT otherwise. book_check includes it. */
STATUS_MUST_USE struct status book_recovered(const struct book *book, struct fault *fault);

#endif
