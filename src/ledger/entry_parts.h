/* Entry parts: what an entry of each kind has, told once. The encoding (entry.c), a dump's lines
 * (journal/dump_entry.c) and what the API shows (api/entry_render.c) follow this table. */
#ifndef LEDGER_ENTRY_PARTS_H
#define LEDGER_ENTRY_PARTS_H

#include "ledger/entry.h"

/* In the order in which they are encoded and dumped. Several stand at the same place of struct
 * entry, where kinds mean different things by it: of those a kind has one. */
enum part {
    PART_TOUCH = 1 << 0,
    PART_TOUCH_2 = 1 << 1,
    PART_AMOUNT = 1 << 2,
    PART_CASH = 1 << 3,
    PART_INCOME = 1 << 4,
    PART_GIFT = 1 << 5,
    PART_HOLD = 1 << 6,
    PART_GRANT = 1 << 7,
    PART_KEY = 1 << 8,
    PART_START = 1 << 9,
    PART_END = 1 << 10,
    PART_EXPIRY = 1 << 11,
    PART_NAME = 1 << 12,
    PART_MEMBER_NAME = 1 << 13,
    PART_POLICY_NAME = 1 << 14,
    PART_SESSION = 1 << 15,
    PART_UNIX_NAME = 1 << 16,
    PART_REASON = 1 << 17,
    PART_CURRENCY = 1 << 18,
    PART_DOCUMENT = 1 << 19,
    PART_SECRET_ID = 1 << 20,
    PART_SEALED_SECRET = 1 << 21,
    PART_TOKEN_HASH = 1 << 22,
    PART_OWNER = 1 << 23, /* who was touched: not encoded again */
    PART_ACCOUNT = 1 << 24,
    PART_USER = 1 << 25,
    PART_PRINCIPAL = 1 << 26,
    PART_ENABLED = 1 << 27,
    PART_EVERYONE = 1 << 28,
    PART_SCOPE = 1 << 29,
    PART_REQUEST = 1 << 30,

    PARTS_AMOUNT = PART_AMOUNT | PART_CASH,
    PARTS_SUBJECT = PART_HOLD | PART_GRANT,
    PARTS_END = PART_END | PART_EXPIRY,
    PARTS_NAME = PART_NAME | PART_MEMBER_NAME | PART_POLICY_NAME | PART_SESSION,
    PARTS_TEXT = PART_REASON | PART_CURRENCY | PART_DOCUMENT,
    PARTS_ENABLED = PART_ENABLED | PART_EVERYONE,
    /* What a request has of them, besides its own, and encodes in a way of its own. */
    PARTS_ASKER = PART_KEY | PART_UNIX_NAME | PART_ACCOUNT | PART_USER | PART_PRINCIPAL,
};

enum part_type {
    IS_APART,  /* touches, and what only requests have */
    IS_AMOUNT, /* struct amount */
    IS_NUMBER, /* uint64_t: of an entry before */
    IS_MOMENT, /* int64_t */
    IS_END,    /* the same; 0 = never */
    IS_TEXT,   /* struct slice */
    IS_BYTES,  /* the same */
    IS_UIN,    /* struct uin */
    IS_PRINCIPAL,
    IS_BOOL,
    IS_UINS,  /* scope and scope_count */
    IS_FLAGS, /* of a member, within a touch */
};

struct entry_part {
    const char *name;  /* in a dump */
    const char *other; /* there, when the value cannot be written as its type is; or NULL */
    enum part_type type;
    uint32_t place; /* in struct entry */
};
enum { ENTRY_PARTS = 31 };
extern const struct entry_part entry_parts[ENTRY_PARTS]; /* by number of the bit */

struct entry_kind_row {
    const char *name;
    uint32_t parts; /* 0: not known to this version */
};
enum { ENTRY_KINDS_END = 98 };
extern const struct entry_kind_row entry_kinds[ENTRY_KINDS_END];

static inline uint32_t entry_parts_of(enum entry_kind kind)
{
    return (unsigned)kind < ENTRY_KINDS_END ? entry_kinds[kind].parts : 0;
}
/* The lowest of them, which must not be none. */
static inline const struct entry_part *entry_part_first(uint32_t parts)
{
    return &entry_parts[__builtin_ctz(parts)];
}
/* Neither zero nor empty. */
bool entry_part_is_there(const struct entry_part *part, const struct entry *entry);

#endif
