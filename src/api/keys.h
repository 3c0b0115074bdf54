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

/* Appends the secret; false: it is not what was sealed. */
bool key_open_secret(const struct exchange *exchange, const struct key *key, struct buffer *out);
#define SECRET_WITHHELD_OUTPUT                                                                     \
    {                                                                                              \
        "SecretWithheld", "bool",                                                                  \
            "True: the request was carried out before; its first answer held the secret, which "   \
            "is "                                                                                  \
            "not shown again. If that answer was lost, disable the key and make another."          \
    }
/* ,"SecretWithheld":... */
void key_render_withheld(bool withheld, struct buffer *out);
/* ,"SecretKey":"..." */
bool key_render_secret(const struct exchange *exchange, const struct key *key, struct buffer *out);
/* ,"Principal":"...","SecretId":"..." */
void key_render_principal(const struct key *key, struct buffer *out);

#endif
