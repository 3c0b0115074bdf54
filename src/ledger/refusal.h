/* Refusal: an ordinary "no" of the law. Few, named; api/errors.c maps each to the cloud's code and
 * text. */
#ifndef LEDGER_REFUSAL_H
#define LEDGER_REFUSAL_H

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
    REFUSAL_LIMIT,      /* of items in one command or of objects in the book */
    REFUSAL_STORE_FULL, /* the committer: the disk is full, nothing happened */
    REFUSAL_STOPPING,   /* the committer: the server is stopping, nothing happened */
    REFUSAL_COUNT,
};

#endif
