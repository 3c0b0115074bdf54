/* Keys: what the actions that make them share. Private to this room. */
#ifndef API_KEYS_H
#define API_KEYS_H

#include "api/action.h"
#include "api/key_secret.h"

enum {
    SECRET_KEY_BYTES_MAX = 1024,
    MADE_BYTES = 32, /* of a secret key, and of a secret id behind its AKID */
};

/* Whom a key speaks for; must be the member `holder` of the action's input. */
struct key_holder_input {
    struct text_value account_uin, user_uin, principal, session_name;
};
#define KEY_HOLDER_PARAMETERS(struct_name)                                                         \
    {PARAMETER(                                                                                    \
        PARAMETER_TEXT, struct_name, holder.account_uin, "AccountUin",                             \
        "The main account. Needed through the network; else default the organization's owner.")},  \
        {PARAMETER(PARAMETER_TEXT, struct_name, holder.user_uin, "UserUin",                        \
                   "The sub-account or role; default the main account itself.")},                  \
        {PARAMETER(PARAMETER_TEXT, struct_name, holder.principal, "Principal",                     \
                   "`main`, `sub` or `role`; default `main`, or `sub` for another UserUin.")},     \
    {                                                                                              \
        PARAMETER(PARAMETER_TEXT, struct_name, holder.session_name, "SessionName",                 \
                  "Of a role session.")                                                            \
    }

/* Memory of a key in the making; the call's, wiped with it. */
struct made_key {
    char secret_id[4 + MADE_BYTES];
    char secret_key[MADE_BYTES];
    char sealed[SECRET_KEY_BYTES_MAX + SEAL_OVERHEAD];
};

/* Each: false, the complaint is set. */
bool key_read_holder(struct exchange *exchange, const struct key_holder_input *input,
                     struct key *key);
bool key_make_pair(struct exchange *exchange, struct made_key *made, struct key *key,
                   struct slice *ret_secret);
bool key_seal(struct exchange *exchange, struct made_key *made, struct slice secret,
              struct key *key);

/* What CreateKey and CreateTemporaryKey answer, and a row of DescribeKeys. */
struct key_view {
    const char *principal;
    struct key of;
    int64_t expired_time; /* in seconds */
    bool is_temporary;
    bool is_withheld, is_shown; /* the secret */
    struct slice secret_key, token;
};
struct key_view key_view_of(const struct key *key);
#define KEY_MEMBER(kind, member, name, help) SHAPE_MEMBER(kind, struct key_view, member, name, help)
#define KEY_ACCOUNT_OUTPUT KEY_MEMBER(UIN, of.account, "AccountUin", "The main account.")
#define KEY_EXPIRES_OUTPUT                                                                         \
    KEY_MEMBER(EXPIRY, of.expires_us, "ExpiresAt", "When it ends; empty: never.")
#define KEY_ID_OUTPUTS                                                                             \
    KEY_MEMBER(WORD, principal, "Principal", "`main`, `sub` or `role`."),                          \
        KEY_MEMBER(TEXT, of.secret_id, "SecretId", "The key's id.")
#define KEY_WITHHELD_OUTPUT                                                                        \
    KEY_MEMBER(                                                                                    \
        BOOL, is_withheld, "SecretWithheld",                                                       \
        "True: the request was carried out before; its first answer held the secret, which "       \
        "is not shown again. If that answer was lost, disable the key and make another.")
#define KEY_USER_OUTPUT KEY_MEMBER(UIN, of.user, "UserUin", "The account it speaks for.")
/* Opens the secret into `memory`, of SECRET_KEY_BYTES_MAX, for the view. */
bool key_show_secret(const struct exchange *exchange, char *memory, struct key_view *view);

#endif
