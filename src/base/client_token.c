/* Client tokens. Pure; any thread. */
#include "base/client_token.h"

bool client_token_is_valid(struct slice token)
{
    bool good = token.len > 0 && token.len <= CLIENT_TOKEN_BYTES_MAX;
    for (size_t i = 0; i < token.len && good; i++) {
        char c = token.at[i];
        good = c > ' ' && c <= '~' && c != '&' && c != '=' && c != '%';
    }
    return good;
}
