/* Decide: the law. (book, command, now) -> entries or refusal; no I/O, no clock.
 *
 * Decisions of one group commit are made one after the other on a draft: the book as published,
 * plus what earlier commands of the same group will have changed. After the group is durable its
 * entries are applied to the book and the draft is cleared; if the append failed the draft is
 * cleared and nothing happened.
 *
 * Registry commands (organisations, keys, policies, delegations) see the published book only: the
 * committer lets such a command begin a group of its own (command_wants_own_group), and so it does
 * with a member's leaving, so that what follows is authorised by a book that knows of it. */
#ifndef LEDGER_DECIDE_H
#define LEDGER_DECIDE_H

#include "base/arena.h"
#include "ledger/book.h"
#include "ledger/refusal.h"

enum command_kind {
    COMMAND_CREATE_ORGANISATION,
    COMMAND_ADD_MEMBERS,
    COMMAND_ADD_KEY,
    COMMAND_SET_KEY,
    COMMAND_PUT_POLICY,
    COMMAND_REMOVE_POLICY,
    COMMAND_DELEGATE,
    COMMAND_REMOVE_DELEGATE,
    COMMAND_POST,          /* transfers */
    COMMAND_HOLD,          /* from here on: one member, struct change */
    COMMAND_CAPTURE,       /* of a hold: part or all, becomes a charge */
    COMMAND_RELEASE,       /* of a hold: part or all */
    COMMAND_MODIFY_MEMBER, /* name, basic credit, is_credit, arrears: what is given */
    /* with nothing left in its accounts: before its entry come those that disable the account's
     * keys, remove its users' policies and its delegation */
    COMMAND_REMOVE_MEMBER,
    COMMAND_GRANT_TEMPORARY,
    COMMAND_REVOKE_TEMPORARY,
};

enum { COMMAND_ITEMS_MAX = 8190, NEW_GRANTS_MAX = 4, GRANTS_PER_MEMBER_MAX = 64 };

struct new_grant {
    struct amount amount;
    int64_t start_us;
    int64_t end_us; /* 0 = open end */
};

/* The numbers are stored (outcomes.h). */
enum item_outcome { ITEM_ADDED = 0, ITEM_UNCHANGED = 1, ITEM_REFUSED = 2 };

/* A member to add, with what it has on the first day. */
struct new_member {
    struct uin uin;
    struct slice name;
    uint8_t flags; /* MEMBER_IS_CREDIT, MEMBER_ARREARS */
    struct amount basic_credit;
    struct amount cash, income, gift; /* opening balances */
    struct amount frozen;             /* becomes one hold without expiry */
    struct new_grant grants[NEW_GRANTS_MAX];
    uint32_t grant_count;
    /* out */
    enum item_outcome outcome;
    enum refusal refusal;
};

/* Which of a member's accounts a refund goes to. */
enum member_account { ACCOUNT_CASH, ACCOUNT_INCOME, ACCOUNT_GIFT };

struct draft_member;

/* One transfer of money: what it does is the kind's (effect.c). */
struct transfer {
    enum entry_kind kind;        /* top_up, withdraw, charge, refund, grant_gift, move, adjust */
    struct uin uin;              /* the member; of a move, the one who pays */
    struct uin to;               /* move: the one who gets */
    struct amount amount;        /* above zero; adjust: the change of cash, either way */
    struct amount income, gift;  /* adjust: the changes of these */
    enum member_account account; /* refund */
    struct slice text;           /* reason; needed by adjust */
    /* out */
    enum refusal refusal;
    uint64_t sequence;               /* of its entry; 0 = none */
    struct member_state after[2];    /* of the member, and of the one who gets */
    struct draft_member *drafted[2]; /* private */
};

/* A change of one member, by all commands from COMMAND_HOLD on. */
struct change {
    struct uin uin;
    uint64_t subject;       /* capture, release: the hold; revoke: the grant */
    struct amount amount;   /* hold, grant; capture, release: zero = all that is left */
    int64_t start_us;       /* grant */
    int64_t end_us;         /* hold, grant: 0 = never */
    struct slice text;      /* reason */
    struct slice name;      /* modify: empty = unchanged */
    bool sets_basic_credit; /* modify: whether the next is given */
    struct amount basic_credit;
    uint8_t flags, flags_mask; /* MEMBER_IS_CREDIT, MEMBER_ARREARS: those in the mask are given */
    /* out */
    uint64_t first_sequence, last_sequence; /* of its entries; 0 = nothing had to change */
    struct amount moved;                    /* capture, release: how much it was */
    struct member_state after;
};

/* Who asks, and how the request is known when it comes again: with a client's token the command is
 * carried out once and answered the same for ever; with the mark of its signature it is carried out
 * once and refused after that. A command that somebody asked for and that changes something leaves
 * an entry that says so. A dry run leaves nothing and looks at no mark; a refused command uses no
 * mark up, one that changes nothing only its signature. */
struct request {
    uint8_t door;             /* enum request_door; 0 = nobody asked, there is no entry */
    uint8_t mark;             /* enum request_mark */
    uint8_t principal;        /* enum principal_kind; of the network, like the next three */
    struct uin account, user; /* of a main account the same */
    uint64_t key;             /* sequence of the entry that made it */
    uint32_t unix_user;       /* the other doors: user id on the machine */
    struct slice unix_name;   /* may be empty: the machine knows no name */
    int64_t received_us;      /* by the server's clock */
    unsigned char id[REQUEST_ID_BYTES]; /* of the answer */
    unsigned char token[DIGEST_BYTES];  /* of the organisation and the token, or of the signature */
    unsigned char body[DIGEST_BYTES];   /* of the action and its parameters; MARK_TOKEN */
    /* The request entry of the same token (by its first 8 bytes), when the book has let it go
     * (book_requests_let_go); 0 = none. */
    uint64_t older;
};

struct command {
    enum command_kind kind;
    uint32_t organisation; /* ignored by create_organisation */
    bool dry_run;          /* decide only */
    struct request request;
    struct arena *arena; /* where a replay of add_key copies its texts; may be NULL for others */
    /* out: the entry of an earlier request with the same token, not yet looked at: whoever can read
     * entries goes on with command_replay_begin. 0 = decided. */
    uint64_t replay_of;
    /* out: entries of the command, the request's own not counted; 0 = none were needed */
    uint64_t first_sequence;
    uint32_t entry_count;

    /* create_organisation */
    struct slice name;
    struct slice currency;
    struct uin owner;

    /* add_members: a member who is there with the same values is left unchanged; with `partial`
     * refused ones are left out, without it one refused item refuses the whole command */
    struct new_member *members;
    uint32_t member_count;
    bool partial;

    /* add_key (struct key: secret_id, sealed_secret, token_hash, session_name, principal, account,
     * user, expires_us), set_key (secret_id, enabled) */
    struct key key;
    bool any_account; /* add_key: also for an account that is at home nowhere; the key acts once it
                         has joined the organisation */

    /* put_policy, remove_policy (user, name), delegate, remove_delegate (account) */
    struct policy policy;
    struct delegation delegation;

    /* post: one after the other, each on what those before it leave; with `partial` refused ones
     * are left out, without it one refused transfer refuses the whole command */
    struct transfer *transfers;
    uint32_t transfer_count;

    struct change change;
};

bool command_wants_own_group(const struct command *command);

struct draft;

struct draft *draft_new(const struct book *book);
void draft_free(struct draft *draft);
/* Forgets everything; the next entry gets book_sequence + 1. Keeps its memory. */
void draft_clear(struct draft *draft);
/* Entries decided since the last clear, in sequence. Valid until draft_clear. */
size_t draft_entry_count(const struct draft *draft);
const struct entry *draft_entry(const struct draft *draft, size_t index);
/* While the entries are gone through one by one, at `index`: asks for the memory of members that
 * those some way behind it touch. */
void draft_expect_members(const struct draft *draft, const struct book *book, size_t index);

/* Begins a group at `now_us`: first come the entries of what is due by then, at most `entries_max`,
 * in order of time. *ret_more: there is more that is due; commit this and settle again before
 * anything is decided. Needs a clear draft. The group's commands are all decided with the same
 * `now_us`. */
STATUS_MUST_USE struct status draft_settle(struct draft *draft, int64_t now_us, size_t entries_max,
                                           struct fault *fault, bool *ret_more);

/* Decides one command. On success its entries are in the draft (none when everything was unchanged
 * or dry_run) and time never runs backwards: an entry's time is max(now_us, time of the entry
 * before). On refusal the draft is as before; *ret_item names the first refused member. Slices of
 * the command are borrowed until draft_clear. STATUS MEMORY is the only fault; the draft must be
 * cleared after it. Of add_members every item is judged, also behind a refused one. Commands that
 * want a group of their own need a draft without entries but those of draft_settle. */
STATUS_MUST_USE struct status decide(struct draft *draft, struct command *command, int64_t now_us,
                                     struct fault *fault, enum refusal *ret_refusal,
                                     uint32_t *ret_item);

/* Replay: fills the command's out parts from the entries that an earlier request with the same
 * token made, as if it had just been decided: command_replay_begin with the request's entry, then
 * command_replay_entry for each of the `made` entries before it, in sequence. Refusals of the
 * first: TOKEN_REUSED, another body or another token; REQUEST_REPEATED, the mark is a signature.
 * Texts of the entries are copied to command->arena. */
struct replaying {
    uint32_t item;         /* the next one */
    struct slice outcomes; /* not yet read */
    uint64_t run;          /* items left with the same outcome */
    uint64_t outcome;
};
enum refusal command_replay_begin(struct command *command, const struct entry *request,
                                  struct replaying *ret_replaying);
/* False: memory is short, or the entries are not those of such a command. */
bool command_replay_entry(struct command *command, struct replaying *replaying,
                          const struct entry *entry);

#endif
