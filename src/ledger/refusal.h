/* Refusal: an ordinary "no" of the law. Few, named; api/errors.c maps each to the cloud's code and
 * text. */
#ifndef LEDGER_REFUSAL_H
#define LEDGER_REFUSAL_H

#include <stdbool.h>

/* The numbers are stored (outcomes.h): new ones are added at the end. */
enum refusal {
    REFUSAL_NONE = 0,
    REFUSAL_ORGANISATION_UNKNOWN,
    REFUSAL_ORGANISATION_OWNER_TAKEN, /* the owner's uin owns or belongs to an organisation already
                                       */
    REFUSAL_MEMBER_EXISTS,            /* there, with other values than asked */
    REFUSAL_MEMBER_UNKNOWN,
    REFUSAL_MEMBER_ELSEWHERE, /* the uin belongs to another organisation or is its owner */
    REFUSAL_MEMBER_REPEATED,  /* twice in one command */
    REFUSAL_NAME_INVALID,
    REFUSAL_AMOUNT_NEGATIVE, /* income, gift, frozen or credit below zero */
    REFUSAL_AMOUNT_OVERFLOW, /* a sum would not fit */
    REFUSAL_PERIOD_INVALID,  /* a grant ends before it starts */
    REFUSAL_KEY_EXISTS,
    REFUSAL_KEY_UNKNOWN,
    REFUSAL_KEY_LIMIT, /* two enabled long-term keys a user, as in the cloud */
    REFUSAL_POLICY_UNKNOWN,
    REFUSAL_DELEGATION_UNKNOWN,
    REFUSAL_LIMIT,                /* of items in one command or of objects in the book */
    REFUSAL_STORE_FULL,           /* the committer: the disk is full, nothing happened */
    REFUSAL_STOPPING,             /* the committer: the server is stopping, nothing happened */
    REFUSAL_BALANCE_INSUFFICIENT, /* less than that is available, and no arrears are allowed */
    REFUSAL_AMOUNT_NOT_POSITIVE,
    REFUSAL_MOVE_TO_SELF,
    REFUSAL_REASON_MISSING,    /* adjust */
    REFUSAL_REASON_INVALID,    /* too long, control characters */
    REFUSAL_HOLD_UNKNOWN,      /* never there, released, captured, expired, or another member's */
    REFUSAL_HOLD_EXCEEDED,     /* more than is left of it */
    REFUSAL_EXPIRY_PASSED,     /* a hold or grant that would be over at once */
    REFUSAL_GRANT_UNKNOWN,     /* never there, ended, revoked, or another member's */
    REFUSAL_GRANT_LIMIT,       /* GRANTS_PER_MEMBER_MAX */
    REFUSAL_MEMBER_NOT_EMPTY,  /* cannot leave: money or holds are there */
    REFUSAL_MEMBER_IS_OWNER,   /* cannot leave, be renamed */
    REFUSAL_TOKEN_REUSED,      /* the token was used with another body */
    REFUSAL_REQUEST_REPEATED,  /* the same signed request, without a token */
    REFUSAL_KEY_ID_INVALID,    /* a key's id that cannot be used */
    REFUSAL_USER_ELSEWHERE,    /* the sub-account or role belongs to another account */
    REFUSAL_ACCOUNT_KEY_LIMIT, /* ACCOUNT_KEYS_MAX */
    REFUSAL_POLICY_LIMIT,      /* USER_POLICIES_MAX, USER_POLICY_BYTES_MAX, ACCOUNT_POLICIES_MAX */
    REFUSAL_DELEGATION_LIMIT,  /* ORGANISATION_DELEGATIONS_MAX, ORGANISATION_SCOPES_MAX */
    REFUSAL_NOT_PERMITTED, /* the committer: who asked may not any more; whoever submitted it knows
                              why */
    REFUSAL_MEMORY,        /* the committer: memory cannot be had, nothing happened */
    REFUSAL_CLOCK,         /* the committer: the clock is not believed, nothing happened */
    REFUSAL_COUNT,
};

/* Of a whole command, by the committer, and not of anything in it: nothing happened, and the same
 * command may be accepted later. */
static inline bool refusal_is_of_committer(enum refusal refusal)
{
    return refusal == REFUSAL_STORE_FULL || refusal == REFUSAL_STOPPING ||
           refusal == REFUSAL_MEMORY || refusal == REFUSAL_CLOCK;
}

/* It is about the whole command, not about one of its items. */
static inline bool refusal_is_of_command(enum refusal refusal)
{
    return refusal == REFUSAL_NONE || refusal == REFUSAL_ORGANISATION_UNKNOWN ||
           refusal == REFUSAL_LIMIT || refusal == REFUSAL_TOKEN_REUSED ||
           refusal == REFUSAL_REQUEST_REPEATED || refusal == REFUSAL_NOT_PERMITTED ||
           refusal_is_of_committer(refusal);
}

#endif
