/* Signature v1 (HmacSHA1 and HmacSHA256): the string to sign over the sorted, decoded parameters.
 * Owns nothing; the order lives in the caller's arena. Any thread, with its own `struct crypto`. */
#include "crypto/v1.h"

#include "crypto/host.h"

#include <stdlib.h>

/* By name bytes; the same name twice stays in the order sent (the fields lie in one array). */
static int parameter_compare(const void *a, const void *b)
{
    const struct field *left = *(const struct field *const *)a;
    const struct field *right = *(const struct field *const *)b;
    int order = slice_compare(left->name, right->name);
    return order ? order : (left > right) - (left < right);
}

static const struct field **sort_parameters(const struct v1_request *request, struct arena *arena,
                                            size_t *ret_count)
{
    const struct field **sorted = arena_take_array(arena, request->parameter_count, sizeof *sorted);
    if (!sorted)
        return NULL;
    size_t count = 0;
    for (size_t i = 0; i < request->parameter_count; i++)
        if (!slice_equal(request->parameters[i].name, SLICE("Signature")))
            sorted[count++] = &request->parameters[i];
    qsort(sorted, count, sizeof *sorted, parameter_compare);
    *ret_count = count;
    return sorted;
}

static void write_string(const struct v1_request *request, struct slice host,
                         const struct field *const *sorted, size_t count, struct buffer *out)
{
    buffer_append(out, request->method);
    buffer_append(out, host);
    BUFFER_LITERAL(out, "/?");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_char(out, '&');
        buffer_append(out, sorted[i]->name);
        buffer_char(out, '=');
        buffer_append(out, sorted[i]->value);
    }
}

bool v1_string_to_sign(const struct v1_request *request, bool without_port, struct arena *arena,
                       struct buffer *out)
{
    size_t count = 0;
    const struct field **sorted = sort_parameters(request, arena, &count);
    if (!sorted)
        return false;
    struct slice host = without_port ? host_without_port(request->host) : request->host;
    write_string(request, host, sorted, count, out);
    return buffer_ok(out);
}

static bool is_name(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char lower = ascii_lower(text.at[i]);
        if (!(lower >= 'a' && lower <= 'z') && !(lower >= '0' && lower <= '9') &&
            !strchr("._-", lower))
            return false;
    }
    return text.len > 0;
}

bool v1_next_pair(struct slice *rest, struct slice *ret_name)
{
    while (slice_find(*rest, '&') < rest->len) {
        (void)slice_cut(*rest, '&', rest);
        struct slice value, pair = slice_of(rest->at, slice_find(*rest, '&'));
        struct slice name = slice_cut(pair, '=', &value);
        if (value.at && is_name(name)) {
            *ret_name = name;
            return true;
        }
    }
    return false;
}

void v1_sign(struct crypto *crypto, enum digest_kind kind, struct slice secret_key,
             struct slice string_to_sign, struct buffer *out)
{
    unsigned char mac[HMAC_SIZE_MAX];
    size_t size = hmac_once(crypto, kind, secret_key, string_to_sign, mac);
    base64_encode(out, slice_of((const char *)mac, size));
}

static bool signature_fits(struct crypto *crypto, const struct hmac_key *key,
                           struct slice string_to_sign, struct slice signature)
{
    unsigned char mac[HMAC_SIZE_MAX];
    char text[(HMAC_SIZE_MAX + 2) / 3 * 4];
    struct buffer expected;
    size_t size = hmac_sign(crypto, key, string_to_sign, mac);
    buffer_init_fixed(&expected, text, sizeof text);
    base64_encode(&expected, slice_of((const char *)mac, size));
    return constant_time_equal(signature, buffer_slice(&expected));
}

bool v1_verify(struct crypto *crypto, const struct hmac_key *key, const struct v1_request *request,
               struct slice signature, struct arena *arena, struct buffer *scratch)
{
    struct slice given = slice_trim_lines(signature);
    struct slice bare = host_without_port(request->host);
    buffer_clear(scratch);
    if (!v1_string_to_sign(request, false, arena, scratch))
        return false;
    if (signature_fits(crypto, key, buffer_slice(scratch), given))
        return true;
    if (bare.len == request->host.len)
        return false;
    buffer_clear(scratch);
    return v1_string_to_sign(request, true, arena, scratch) &&
           signature_fits(crypto, key, buffer_slice(scratch), given);
}
