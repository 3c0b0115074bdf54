/* Signature v3, TC3-HMAC-SHA256: the canonical request, the string to sign and the signature, for
 * whoever signs and whoever verifies.
 *
 * 1. Header values enter the canonical request in the form a client uses (enum tc3_form); names
 *    always in lower case, in the order SignedHeaders lists them.
 * 2. Names are told apart by a keyed hash, so that looking them up among the headers reads every
 * byte of both once.
 * 3. No header is in a canonical request twice, so it is never longer than the request's head and
 *    the list of names together.
 *
 * Owns nothing. Any thread, with its own `struct crypto`. */
#include "crypto/tc3.h"

#include "base/put.h"
#include "base/siphash.h"
#include "crypto/host.h"

const char tc3_unsigned_payload_hash[2 * SHA256_SIZE + 1] =
    "438d4109ef0d676b8c2c7ed13cdfcb418e494d53b843d4634ce3b1085f07bb96";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Takes `word` off the front of `*text`; false when something else is there. */
static bool take_word(struct slice *text, struct slice word)
{
    if (!slice_starts_with(*text, word))
        return false;
    *text = slice_of(text->at + word.len, text->len - word.len);
    return true;
}

static void take_blanks(struct slice *text)
{
    size_t count = 0;
    while (count < text->len && is_blank(text->at[count]))
        count++;
    if (count > 0)
        *text = slice_of(text->at + count, text->len - count);
}

/* "Name=value" up to the next comma or the end; false when the name is another one or the value is
 * empty. */
static bool take_part(struct slice *text, struct slice name, struct slice *ret_value)
{
    take_blanks(text);
    if (!take_word(text, name))
        return false;
    *ret_value = slice_trim(slice_cut(*text, ',', text));
    return ret_value->len > 0;
}

/* ---- names ---- */

enum { NAME_SLOTS = 256 };

/* Different names, each found in one step or two. */
struct names {
    uint32_t count;
    unsigned char slots[NAME_SLOTS]; /* a name's number and one; 0 = free */
    uint64_t hashes[TC3_HEADERS_MAX];
    struct slice texts[TC3_HEADERS_MAX];
};

/* The slot of the name, or the free one where it belongs. */
static unsigned names_slot(const struct names *names, uint64_t hash, struct slice text)
{
    unsigned slot = (unsigned)hash % NAME_SLOTS;
    for (; names->slots[slot]; slot = (slot + 1) % NAME_SLOTS) {
        unsigned at = names->slots[slot] - 1u;
        if (names->hashes[at] == hash && slice_equal_nocase(names->texts[at], text))
            break;
    }
    return slot;
}

/* False when there are too many, or it is there already. */
static bool names_add(struct names *names, uint64_t seed, struct slice text)
{
    uint64_t hash = slice_hash_nocase(text, seed);
    unsigned slot = names_slot(names, hash, text);
    if (names->slots[slot] || names->count == TC3_HEADERS_MAX)
        return false;
    names->hashes[names->count] = hash;
    names->texts[names->count++] = text;
    names->slots[slot] = (unsigned char)names->count;
    return true;
}

/* The names of "a;b;c"; false when there are too many or two are alike. */
static bool names_read(struct slice list, uint64_t seed, struct names *ret_names)
{
    ret_names->count = 0;
    memset(ret_names->slots, 0, sizeof ret_names->slots);
    while (list.len > 0)
        if (!names_add(ret_names, seed, slice_cut(list, ';', &list)))
            return false;
    return true;
}

static bool names_hold(const struct names *names, struct slice name, uint64_t seed)
{
    return names->slots[names_slot(names, slice_hash_nocase(name, seed), name)] != 0;
}

/* ---- the header of a signature ---- */

static bool read_signed_headers(struct tc3_authorization *parts)
{
    struct names names;
    uint64_t seed = siphash_seed();
    if (!names_read(parts->signed_headers, seed, &names))
        return false;
    parts->signed_header_count = names.count;
    return names_hold(&names, SLICE("content-type"), seed) &&
           names_hold(&names, SLICE("host"), seed);
}

/* Without a way out before the end, so that the compiler can make vectors of it. */
static bool is_signature(struct slice text)
{
    unsigned char others = 0;
    if (text.len != 2 * SHA256_SIZE)
        return false;
    for (size_t i = 0; i < 2 * SHA256_SIZE; i++) {
        unsigned char digit = (unsigned char)(text.at[i] - '0');
        unsigned char letter = (unsigned char)(text.at[i] - 'a');
        others |= digit > 9 && letter > 5;
    }
    return !others;
}

/* <id>/<date>/<service>/tc3_request */
static bool split_credential(struct slice credential, struct tc3_authorization *parts)
{
    parts->secret_id = slice_cut(credential, '/', &credential);
    parts->date = slice_cut(credential, '/', &credential);
    parts->service = slice_cut(credential, '/', &credential);
    return parts->secret_id.len > 0 && parts->date.len > 0 && parts->service.len > 0 &&
           slice_equal(credential, SLICE("tc3_request"));
}

/* As nearly all clients write it: one blank wherever there may be some, and no header signed but
 * the two that must be. False when it is written otherwise, or wrong. */
static bool parse_usual(struct slice text, struct tc3_authorization *ret_parts)
{
    const struct slice begin = SLICE("TC3-HMAC-SHA256 Credential=");
    const struct slice middle = SLICE("/tc3_request, SignedHeaders=");
    const struct slice end = SLICE("content-type;host, Signature=");
    const size_t rest_len = middle.len + end.len + 2 * SHA256_SIZE;
    if (text.len <= begin.len + rest_len || !take_word(&text, begin))
        return false;
    struct slice credential = slice_of(text.at, text.len - rest_len);
    struct slice rest = slice_of(text.at + credential.len, rest_len);
    if (!take_word(&rest, middle))
        return false;
    struct tc3_authorization parts = {.signed_headers = slice_of(rest.at, 17),
                                      .signed_header_count = 2};
    if (!take_word(&rest, end) || !is_signature(rest) || is_blank(credential.at[0]) ||
        memchr(credential.at, ',', credential.len))
        return false;
    parts.signature = rest;
    parts.secret_id = slice_cut(credential, '/', &credential);
    parts.date = slice_cut(credential, '/', &parts.service);
    *ret_parts = parts;
    return parts.secret_id.len > 0 && parts.date.len > 0 && parts.service.len > 0 &&
           slice_find(parts.service, '/') == parts.service.len;
}

enum tc3_parse tc3_parse_authorization(struct slice header, struct tc3_authorization *ret_parts)
{
    struct slice rest = slice_trim(header);
    struct slice credential;
    struct tc3_authorization parts;
    if (parse_usual(header, ret_parts))
        return TC3_OK;
    if (!take_word(&rest, SLICE("TC3-HMAC-SHA256")) || (rest.len > 0 && !is_blank(rest.at[0])))
        return TC3_OTHER_ALGORITHM;
    if (!take_part(&rest, SLICE("Credential="), &credential) ||
        !split_credential(credential, &parts) ||
        !take_part(&rest, SLICE("SignedHeaders="), &parts.signed_headers) ||
        !take_part(&rest, SLICE("Signature="), &parts.signature))
        return TC3_MALFORMED;
    if (rest.at || !is_signature(parts.signature) || !read_signed_headers(&parts))
        return TC3_MALFORMED;
    *ret_parts = parts;
    return TC3_OK;
}

/* ---- the canonical request ---- */

static char *put_value(char *at, struct slice value, enum tc3_form form)
{
    return form & TC3_LOWER_VALUES ? put_lower(at, value) : put_slice(at, value);
}

/* The signed headers in their order, once found. */
struct signed_fields {
    uint32_t count;
    struct field fields[TC3_HEADERS_MAX]; /* names as SignedHeaders has them */
};

/* False when one is not there, or there twice with different values. */
static bool find_fields(const struct tc3_request *request, struct signed_fields *ret_fields)
{
    struct names wanted;
    bool found[TC3_HEADERS_MAX] = {false};
    uint32_t found_count = 0;
    uint64_t seed = siphash_seed();
    if (!names_read(request->signed_headers, seed, &wanted))
        return false;
    ret_fields->count = wanted.count;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct field *field = &request->headers[i];
        unsigned slot = names_slot(&wanted, slice_hash_nocase(field->name, seed), field->name);
        if (!wanted.slots[slot])
            continue; /* not signed */
        unsigned at = wanted.slots[slot] - 1u;
        struct slice value = slice_trim(field->value);
        if (found[at] && !slice_equal(value, ret_fields->fields[at].value))
            return false;
        found_count += !found[at];
        found[at] = true;
        ret_fields->fields[at] = (struct field){wanted.texts[at], value};
    }
    return found_count == wanted.count;
}

static bool append_field(const struct field *field, enum tc3_form form, struct buffer *out)
{
    struct slice value = field->value;
    if (form & TC3_HOST_WITHOUT_PORT && slice_equal_nocase(field->name, SLICE("host")))
        value = host_without_port(value);
    char *at = buffer_room(out, field->name.len + value.len + 2 + WORD_BYTES);
    if (!at)
        return false;
    at = put_char(put_lower(at, field->name), ':');
    at = put_value(at, value, form);
    buffer_wrote(out, put_char(at, '\n'));
    return true;
}

static struct slice host_value(const struct tc3_request *request, enum tc3_form form)
{
    return form & TC3_HOST_WITHOUT_PORT ? host_without_port(request->host) : request->host;
}

/* Of the two headers that nearly all clients sign, when it is known that they are there once. */
static bool write_usual(const struct tc3_request *request, enum tc3_form form, struct buffer *out)
{
    enum { WORDS_BYTES = 64 }; /* what is the same in all */
    struct slice host = host_value(request, form);
    char *at = buffer_room(out, WORDS_BYTES + request->method.len + request->query.len +
                                    request->content_type.len + host.len +
                                    request->payload_hash.len + WORD_BYTES);
    if (!at)
        return false;
    at = PUT_LITERAL(put_slice(at, request->method), "\n/\n");
    at = PUT_LITERAL(put_slice(at, request->query), "\ncontent-type:");
    at = put_value(at, request->content_type, form);
    at = put_value(PUT_LITERAL(at, "\nhost:"), host, form);
    at = PUT_LITERAL(at, "\n\ncontent-type;host\n");
    buffer_wrote(out, put_slice(at, request->payload_hash));
    return true;
}

static bool is_usual(const struct tc3_request *request)
{
    return request->content_type.at && request->host.at &&
           slice_equal(request->signed_headers, SLICE("content-type;host"));
}

static bool write_fields(const struct tc3_request *request, const struct signed_fields *fields,
                         enum tc3_form form, struct buffer *out)
{
    enum { BREAKS_MAX = 8 };
    char *at = buffer_room(out, request->method.len + request->query.len + BREAKS_MAX);
    if (!at)
        return false;
    at = PUT_LITERAL(put_slice(at, request->method), "\n/\n");
    buffer_wrote(out, put_char(put_slice(at, request->query), '\n'));
    for (uint32_t i = 0; i < fields->count; i++)
        if (!append_field(&fields->fields[i], form, out))
            return false;
    at = buffer_room(out, request->signed_headers.len + request->payload_hash.len + BREAKS_MAX);
    if (!at)
        return false;
    at = put_slice(put_char(at, '\n'), request->signed_headers);
    buffer_wrote(out, put_slice(put_char(at, '\n'), request->payload_hash));
    return true;
}

bool tc3_canonical_request(const struct tc3_request *request, enum tc3_form form,
                           struct buffer *out)
{
    struct signed_fields fields;
    if (is_usual(request))
        return write_usual(request, form, out);
    return find_fields(request, &fields) && write_fields(request, &fields, form, out);
}

void tc3_string_to_sign(struct crypto *crypto, const struct tc3_request *request,
                        struct slice canonical_request, struct buffer *out)
{
    enum { WORDS_BYTES = 48 }; /* what is the same in all */
    unsigned char hash[SHA256_SIZE];
    sha256(crypto, canonical_request, hash); /* before `out`, which may hold it, can move */
    char *at = buffer_room(out, WORDS_BYTES + request->timestamp.len + request->date.len +
                                    request->service.len + 2 * sizeof hash);
    if (!at)
        return;
    at = PUT_LITERAL(at, "TC3-HMAC-SHA256\n");
    at = put_char(put_slice(at, request->timestamp), '\n');
    at = put_char(put_slice(at, request->date), '/');
    at = PUT_LITERAL(put_slice(at, request->service), "/tc3_request\n");
    buffer_wrote(out, put_hex(at, hash, sizeof hash));
}

static struct slice mac_slice(const unsigned char *mac)
{
    return slice_of((const char *)mac, SHA256_SIZE);
}

struct hmac_key *tc3_signing_key_new(struct crypto *crypto, struct slice secret_key,
                                     struct slice date, struct slice service)
{
    struct hmac_key *signing_key = NULL;
    unsigned char mac[HMAC_SIZE_MAX];
    struct buffer secret;
    buffer_init(&secret, SIZE_MAX);
    if (buffer_reserve(&secret, 3 + secret_key.len)) {
        BUFFER_LITERAL(&secret, "TC3");
        buffer_append(&secret, secret_key);
        hmac_once(crypto, DIGEST_SHA256, buffer_slice(&secret), date, mac);
        hmac_once(crypto, DIGEST_SHA256, mac_slice(mac), service, mac);
        hmac_once(crypto, DIGEST_SHA256, mac_slice(mac), SLICE("tc3_request"), mac);
        signing_key = hmac_key_new(crypto, DIGEST_SHA256, mac_slice(mac));
        wipe(mac, sizeof mac);
        wipe(secret.at, secret.len);
    }
    buffer_done(&secret);
    return signing_key;
}

void tc3_sign(struct crypto *crypto, const struct hmac_key *signing_key,
              struct slice string_to_sign, char ret_hex[2 * SHA256_SIZE])
{
    unsigned char mac[HMAC_SIZE_MAX];
    CHECK(hmac_sign(crypto, signing_key, string_to_sign, mac) == SHA256_SIZE);
    (void)put_hex(ret_hex, mac, SHA256_SIZE);
}

/* Does the signature fit the canonical request that `scratch` holds from `start` on? */
static bool fits(struct crypto *crypto, const struct hmac_key *signing_key,
                 const struct tc3_request *request, struct slice signature, size_t start,
                 struct buffer *scratch)
{
    char expected[2 * SHA256_SIZE];
    size_t end = scratch->len;
    tc3_string_to_sign(crypto, request, slice_of(scratch->at + start, end - start), scratch);
    if (!buffer_ok(scratch))
        return false;
    tc3_sign(crypto, signing_key, slice_of(scratch->at + end, scratch->len - end), expected);
    return constant_time_equal(signature, slice_of(expected, sizeof expected));
}

/* `scratch` holds the canonical request as sent. Both differences together are tried when each
 * makes one. */
static bool verify_leniently(struct crypto *crypto, const struct hmac_key *signing_key,
                             const struct tc3_request *request, struct slice signature,
                             size_t as_sent_len, struct buffer *scratch)
{
    unsigned differing = 0;
    for (unsigned form = TC3_LOWER_VALUES; form < TC3_FORMS; form++) {
        bool is_both = form == (TC3_LOWER_VALUES | TC3_HOST_WITHOUT_PORT);
        if (is_both && differing != form)
            break;
        scratch->len = as_sent_len;
        if (!tc3_canonical_request(request, (enum tc3_form)form, scratch))
            return false;
        struct slice as_sent = slice_of(scratch->at, as_sent_len);
        if (slice_equal(slice_of(scratch->at + as_sent_len, scratch->len - as_sent_len), as_sent))
            continue;
        differing |= form;
        if (fits(crypto, signing_key, request, signature, as_sent_len, scratch))
            return true;
    }
    return false;
}

bool tc3_verify(struct crypto *crypto, const struct hmac_key *signing_key,
                const struct tc3_request *request, struct slice signature, struct buffer *scratch)
{
    buffer_clear(scratch);
    if (!tc3_canonical_request(request, TC3_AS_SENT, scratch))
        return false;
    size_t as_sent_len = scratch->len;
    if (fits(crypto, signing_key, request, signature, 0, scratch))
        return true;
    return as_sent_len <= TC3_LENIENT_BYTES_MAX &&
           verify_leniently(crypto, signing_key, request, signature, as_sent_len, scratch);
}

void tc3_write_authorization(struct buffer *out, struct slice secret_id, struct slice date,
                             struct slice service, struct slice signed_headers,
                             struct slice signature)
{
    BUFFER_LITERAL(out, "TC3-HMAC-SHA256 Credential=");
    buffer_append(out, secret_id);
    buffer_char(out, '/');
    buffer_append(out, date);
    buffer_char(out, '/');
    buffer_append(out, service);
    BUFFER_LITERAL(out, "/tc3_request, SignedHeaders=");
    buffer_append(out, signed_headers);
    BUFFER_LITERAL(out, ", Signature=");
    buffer_append(out, signature);
}
