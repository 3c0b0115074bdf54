/* Entry: one thing that happened. The journal is the sequence of entries; the book is their fold.
 *
 * Every kind has a number that never changes and a canonical encoding that never changes: the hash
 * chain is computed over it. An entry that touches a member carries the member's resulting state,
 * so that applying it is an assignment, and two back-links, so that history needs no index:
 * `previous` (the member's entry before) and `jump` (skew-binary: over more and more of them; see
 * entry.c). */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include "base/amount.h"
#include "base/buffer.h"
#include "base/uin.h"

enum entry_kind {
    /* money: debits one account and credits another */
    ENTRY_TOP_UP = 1,
    ENTRY_WITHDRAW = 2,
    ENTRY_CHARGE = 3,
    ENTRY_REFUND = 4,
    ENTRY_GRANT_GIFT = 5,
    ENTRY_MOVE = 6,
    ENTRY_HOLD = 7,
    ENTRY_CAPTURE = 8,
    ENTRY_RELEASE = 9,
    ENTRY_EXPIRE = 10,
    ENTRY_ADJUST = 11,
    ENTRY_OPENING = 12,
    /* the member itself */
    ENTRY_JOIN = 32,
    ENTRY_LEAVE = 33,
    ENTRY_RENAME = 34,
    ENTRY_SET_CREDIT = 35,
    ENTRY_GRANT_TEMPORARY = 36,
    ENTRY_REVOKE_TEMPORARY = 37,
    ENTRY_SET_ARREARS = 38,
    ENTRY_START_TEMPORARY = 39, /* a grant becomes active: its start has come */
    ENTRY_END_TEMPORARY = 40,   /* a grant is over: its end has come */
    /* the registry: organisations and who may ask; few, replayed from the first at every start */
    ENTRY_ORGANISATION = 64,
    ENTRY_ADD_KEY = 65,
    ENTRY_SET_KEY = 66, /* enable or disable */
    ENTRY_ISSUE_TOKEN = 67,
    ENTRY_PUT_POLICY = 68,
    ENTRY_REMOVE_POLICY = 69,
    ENTRY_DELEGATE = 70,
    ENTRY_REMOVE_DELEGATE = 71,
    /* mirror */
    ENTRY_OBSERVE = 96,
    /* who asked for the entries before it, and how it is known again, for exactly once */
    ENTRY_REQUEST = 97,
};

/* Entries 64..95: kept apart by the journal so that they can be replayed without the others. */
static inline bool entry_kind_is_registry(enum entry_kind kind)
{
    return kind >= 64 && kind < 96;
}
/* Entries that time makes, nobody's command: they carry the moment at which they were due. */
static inline bool entry_kind_is_timed(enum entry_kind kind)
{
    return kind == ENTRY_EXPIRE || kind == ENTRY_START_TEMPORARY || kind == ENTRY_END_TEMPORARY;
}
/* The kind's name as in the documentation ("top_up"), or NULL for an unknown number. */
const char *entry_kind_name(enum entry_kind kind);
/* The kind of that name; 0 when there is none. */
enum entry_kind entry_kind_find(struct slice name);

enum member_flag {
    MEMBER_IS_CREDIT = 1, /* IsCreditAccount: set by the operator, never derived */
    MEMBER_ARREARS = 2,   /* a charge may go beyond what is available */
    MEMBER_LEFT = 4,      /* no longer in the listing */
    MEMBER_OWNER = 8,     /* the administrator's own account: has balances, is never listed */
};

/* All that an entry can change about a member but its name, grants and holds. */
struct member_state {
    struct amount cash; /* may be negative */
    struct amount income;
    struct amount gift;
    struct amount frozen; /* sum of the open holds */
    struct amount basic_credit;
    struct amount temporary; /* sum of the active grants: started, not ended, not revoked */
    uint8_t flags;           /* enum member_flag */
};

/* A member touched by an entry. */
struct touch {
    struct uin uin;
    struct member_state after;
    uint64_t ordinal;  /* the member's entries so far, this one included; 1 = its first */
    uint64_t previous; /* sequence; 0 = none */
    uint64_t jump;     /* sequence; 0 = none */
};

/* What a client's token and its request come down to: the first bytes of their SHA-256. */
enum { DIGEST_BYTES = 16 };
/* A RequestId, without its hyphens and not in hex. */
enum { REQUEST_ID_BYTES = 16 };

/* Through which door a request came. The numbers are stored. */
enum request_door {
    DOOR_NETWORK = 1, /* signed with a key */
    DOOR_SOCKET = 2,  /* the control socket of a server: a user of its machine */
    DOOR_FOLDER = 3,  /* the command line on a folder without a server: likewise */
};
/* "network", "socket", "folder"; and back, 0 when it is none of them. */
const char *door_name(enum request_door door);
enum request_door door_find(struct slice name);
/* By what a request that comes again is known. The numbers are stored. */
enum request_mark {
    MARK_NONE = 0,
    MARK_TOKEN = 1,     /* the client's token: it is answered again */
    MARK_SIGNATURE = 2, /* its signature: it is refused */
};

enum principal_kind { PRINCIPAL_MAIN = 0, PRINCIPAL_SUB = 1, PRINCIPAL_ROLE = 2 };

/* One entry. Which parts are meaningful depends on the kind (table in entry_parts.c); the others
 * are zero. Slices are borrowed from whoever decoded or decided it. */
struct entry {
    uint64_t sequence; /* 1, 2, 3, ... without gaps */
    int64_t time_us;   /* never before the entry before it */
    enum entry_kind kind;
    uint32_t organisation; /* 1, 2, 3, ... */

    struct touch touches[2]; /* second: move only */
    uint32_t touch_count;
    /* Parts of the money that moved: opening and adjust use all, the others cash = the amount. */
    struct amount cash;
    struct amount income;
    struct amount gift;
    uint64_t subject; /* hold, grant, key of a request: the sequence of the entry that made it */
    int64_t start_us; /* temporary grant */
    int64_t end_us;   /* temporary grant, hold, key: 0 = never */

    struct slice name; /* member, organisation, policy, role session, user of the machine */
    struct slice text; /* reason, policy document, currency */

    struct slice secret_id;
    struct slice sealed_secret;
    struct slice token_hash; /* sha256 of a temporary key's token; empty = none */
    struct uin account;      /* owner, key's main account, delegated member, who asked */
    struct uin user;         /* sub-account or role of a key; the one a policy is attached to */
    uint8_t principal;       /* enum principal_kind */
    bool enabled;            /* set_key; delegate: everyone */
    const struct uin *scope; /* delegate: the named members */
    uint32_t scope_count;

    /* request: the `made` entries before this one are its work. Who asked: account, user, principal
     * and, as subject, the key through the network; else unix_user and name. */
    uint8_t door;              /* enum request_door */
    uint8_t mark;              /* enum request_mark */
    uint32_t unix_user;        /* user id */
    int64_t received_us;       /* by the server's clock */
    struct slice request_id;   /* REQUEST_ID_BYTES */
    struct slice token_digest; /* DIGEST_BYTES; of the organisation and the token, or of the
                                  signature; empty: MARK_NONE */
    struct slice body_digest;  /* DIGEST_BYTES; of the action and its parameters; MARK_TOKEN */
    uint64_t made;
    struct slice outcomes; /* of its items (outcomes.h); empty = all accepted */
};

/* Whether the entry is a request that used a client's token, or a signature, up. */
static inline bool entry_has_token(const struct entry *entry)
{
    return entry->kind == ENTRY_REQUEST && entry->token_digest.len > 0;
}

/* Appends the canonical bytes (without the sequence, which is the row's key). */
void entry_encode(const struct entry *entry, struct buffer *out);
/* Checks everything that can be checked without a book; false = not something entry_encode wrote.
 * The slices alias `bytes`; `scope` is put into `scope_memory` (at most `scope_max`). */
bool entry_decode(uint64_t sequence, struct slice bytes, struct uin *scope_memory,
                  uint32_t scope_max, struct entry *ret_entry);

enum { ENTRY_SCOPE_MAX = 8192, ENTRY_TEXT_BYTES_MAX = 1 << 16 };

/* What can be wrong with an entry by itself: signs, limits, names, orders. entry_decode lets
 * nothing else through, and decide makes nothing else. */
bool entry_is_valid(const struct entry *entry);

/* Lengths of the texts of add_key and issue_token. */
bool entry_key_is_within_limits(const struct entry *entry);

/* The ordinal that the `jump` of a member's entry with this ordinal (>= 1) leads to; 0 = none. */
uint64_t entry_jump_ordinal(uint64_t ordinal);

/* No part of a member's state, and not the sum of its temporary grants, is beyond this, either
 * way: so every sum that fields_derive makes fits. About 1.15e12 units. */
#define MEMBER_AMOUNT_MAX ((struct amount){INT64_C(1) << 60})
bool member_amount_is_valid(struct amount amount);
bool member_state_is_valid(const struct member_state *state);
bool currency_is_valid(struct slice currency); /* three capital letters */
/* Well-formed UTF-8 without control characters (Cc): what the ledger asks of names and reasons.
 * Whoever takes text from people asks for more (api/text.h); that depends on the version of Unicode
 * and must not decide whether a journal can be read. */
bool text_is_sound(struct slice text);

#endif
