/* What a sealed secret is bound to. Owns nothing. Any thread. */
#include "base/wire.h"
#include "ledger/book.h"

void key_identity(const struct key *key, struct buffer *out)
{
    wire_put_u64(out, key->organisation);
    wire_put_byte(out, key->principal);
    wire_put_uin(out, key->account);
    wire_put_uin(out, key->user);
    wire_put_i64(out, key->expires_us);
    wire_put_text(out, key->secret_id);
    wire_put_text(out, key->token_hash);
}
