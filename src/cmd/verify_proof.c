/* A proof, checked and explained (cmd/verify_proof.h). Owns the proof's text for one call. Main
 * thread.
 *
 * 1. Nothing of a proof is printed as a fact before it was checked. */
#include "cmd/verify_proof.h"

#include "cmd/output.h"
#include "codec/decimal.h"
#include "codec/json.h"
#include "codec/timestamp.h"
#include "codec/uuid.h"
#include "journal/proof.h"
#include "sys/file.h"

#include <stdio.h>

#define PROOF_BYTES_MAX ((size_t)4 << 30)
enum { REPORT_BYTES_MAX = 1 << 20 };

struct proving {
    struct buffer text;
    struct arena arena;
    struct proof proof;
    struct uin *scope; /* of a delegation */
    struct entry entry;
};

static struct status check(struct proving *proving, struct fault *fault)
{
    struct crypto *crypto = crypto_new();
    if (!crypto)
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    struct status status = proof_check(&proving->proof, crypto, fault);
    crypto_free(crypto);
    return status;
}

static struct status read_and_check(struct proving *proving, const char *file, struct fault *fault)
{
    TRY(file_read(file, &proving->text, fault));
    TRY_WRAP(proof_parse(buffer_slice(&proving->text), &proving->arena, fault, &proving->proof),
             fault, "%s", file);
    TRY_WRAP(check(proving, fault), fault, "%s", file);
    proving->scope = arena_take_array(&proving->arena, ENTRY_SCOPE_MAX, sizeof *proving->scope);
    if (!proving->scope)
        return fault_raise(fault, STATUS_MEMORY, "no memory");
    if (!entry_decode(proving->proof.sequence, proving->proof.entry, proving->scope,
                      ENTRY_SCOPE_MAX, &proving->entry))
        return fault_raise(fault, STATUS_CORRUPT,
                           "%s: it holds, but its entry cannot be understood", file);
    return STATUS_DONE;
}

/* --- what was proved --- */

static void say(struct buffer *out, const char *label)
{
    buffer_printf(out, "%-15s", label);
}

static void say_amount(struct buffer *out, const char *label, struct amount amount)
{
    say(out, label);
    decimal_print_units(out, amount);
    buffer_char(out, '\n');
}

static void write_digits(struct buffer *out, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    size_t len = uin_print(uin, digits);
    buffer_bytes(out, digits, len);
}

/* Who asked for the entries before a request's. */
static void text_of_request(const struct entry *entry, struct buffer *out)
{
    char id[UUID_TEXT_SIZE];
    say(out, "request");
    uuid_print((const unsigned char *)entry->request_id.at, id);
    buffer_bytes(out, id, sizeof id);
    buffer_printf(out, ", for the %llu entries before it\n", (unsigned long long)entry->made);
    say(out, "received");
    timestamp_print_rfc3339(out, entry->received_us);
    buffer_printf(out, ", %s\n", door_name((enum request_door)entry->door));
    say(out, "asked by");
    if (entry->door == DOOR_NETWORK) {
        write_digits(out, entry->user);
        buffer_text(out, " of account ");
        write_digits(out, entry->account);
        buffer_printf(out, ", with the key of entry %llu\n", (unsigned long long)entry->subject);
    } else {
        buffer_printf(out, "user %lu of the machine ", (unsigned long)entry->unix_user);
        buffer_append(out, entry->name);
        buffer_char(out, '\n');
    }
}

static void text_of_entry(const struct entry *entry, struct buffer *out)
{
    const char *kind = entry_kind_name(entry->kind);
    say(out, "entry");
    buffer_printf(out, "%llu\n", (unsigned long long)entry->sequence);
    say(out, "time");
    timestamp_print_rfc3339(out, entry->time_us);
    buffer_char(out, '\n');
    say(out, "kind");
    buffer_printf(out, "%s\n", kind ? kind : "?");
    say(out, "organisation");
    buffer_printf(out, "%lu\n", (unsigned long)entry->organisation);
    for (uint32_t i = 0; i < entry->touch_count; i++) {
        say(out, i == 0 ? "member" : "to member");
        write_digits(out, entry->touches[i].uin);
        buffer_char(out, '\n');
    }
    if (entry->kind == ENTRY_REQUEST)
        text_of_request(entry, out);
    if (entry->kind < ENTRY_JOIN)
        say_amount(out, "amount", entry->cash);
    if (!amount_is_zero(entry->income))
        say_amount(out, "income", entry->income);
    if (!amount_is_zero(entry->gift))
        say_amount(out, "gift", entry->gift);
}

static void text_of(const struct proving *proving, struct buffer *out)
{
    const struct proof *proof = &proving->proof;
    text_of_entry(&proving->entry, out);
    say(out, "batch");
    buffer_printf(out, "%llu, entries %llu to %llu\n", (unsigned long long)proof->batch.number,
                  (unsigned long long)proof->batch.first_sequence,
                  (unsigned long long)proof->batch.last_sequence);
    say(out, "proved up to");
    buffer_printf(out, "entry %llu, ", (unsigned long long)proof->head.sequence);
    timestamp_print_rfc3339(out, proof->head.time_us);
    buffer_char(out, '\n');
    say(out, "chain hash");
    buffer_hex(out, proof->head.hash, sizeof proof->head.hash);
    buffer_char(out, '\n');
}

static void write_key(struct json_writer *writer, const char *key)
{
    json_write_key(writer, slice_text(key));
}

static void write_cents(struct json_writer *writer, const char *key, struct amount amount)
{
    char memory[40];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    decimal_print_cents(&text, amount);
    write_key(writer, key);
    json_write_raw(writer, buffer_slice(&text));
}

static void write_time(struct json_writer *writer, const char *key, int64_t us)
{
    char memory[40];
    struct buffer text;
    buffer_init_fixed(&text, memory, sizeof memory);
    timestamp_print_rfc3339(&text, us);
    write_key(writer, key);
    json_write_string(writer, buffer_slice(&text));
}

static void write_members(struct json_writer *writer, const struct entry *entry)
{
    char uin[UIN_DIGITS_MAX];
    write_key(writer, "MemberUins");
    json_open_array(writer);
    for (uint32_t i = 0; i < entry->touch_count; i++)
        json_write_string(writer, slice_of(uin, uin_print(entry->touches[i].uin, uin)));
    json_close_array(writer);
}

static void write_uin(struct json_writer *writer, const char *key, struct uin uin)
{
    char digits[UIN_DIGITS_MAX];
    write_key(writer, key);
    json_write_string(writer, slice_of(digits, uin_print(uin, digits)));
}

/* The names are those of DescribeEntries; of the key there is only the number of its entry. */
static void write_request(struct json_writer *writer, const struct entry *entry)
{
    char id[UUID_TEXT_SIZE];
    bool is_network = entry->door == DOOR_NETWORK;
    write_key(writer, "Request");
    json_open_object(writer);
    if (is_network)
        write_uin(writer, "AccountUin", entry->account);
    write_key(writer, "Door");
    json_write_string(writer, slice_text(door_name((enum request_door)entry->door)));
    write_key(writer, "EntryCount");
    json_write_u64(writer, entry->made);
    if (is_network) {
        write_key(writer, "KeyEntryId");
        json_write_u64(writer, entry->subject);
    }
    write_time(writer, "ReceivedAt", entry->received_us);
    uuid_print((const unsigned char *)entry->request_id.at, id);
    write_key(writer, "RequestId");
    json_write_string(writer, slice_of(id, sizeof id));
    if (is_network) {
        write_uin(writer, "UserUin", entry->user);
    } else {
        write_key(writer, "UnixName");
        json_write_string(writer, entry->name);
        write_key(writer, "UnixUser");
        json_write_u64(writer, entry->unix_user);
    }
    json_close_object(writer);
}

static void json_of(const struct proving *proving, struct buffer *out)
{
    const struct proof *proof = &proving->proof;
    const struct entry *entry = &proving->entry;
    const char *kind = entry_kind_name(entry->kind);
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    if (entry->kind < ENTRY_JOIN)
        write_cents(&writer, "Amount", entry->cash);
    write_key(&writer, "BatchNumber");
    json_write_u64(&writer, proof->batch.number);
    buffer_text(out, ",\"ChainHash\":\"");
    buffer_hex(out, proof->head.hash, sizeof proof->head.hash);
    buffer_char(out, '"');
    write_key(&writer, "EntryId");
    json_write_u64(&writer, entry->sequence);
    write_key(&writer, "Kind");
    json_write_string(&writer, slice_text(kind ? kind : ""));
    write_key(&writer, "LastEntry");
    json_write_u64(&writer, proof->head.sequence);
    write_time(&writer, "LastTime", proof->head.time_us);
    write_members(&writer, entry);
    write_key(&writer, "OrganizationId");
    json_write_u64(&writer, entry->organisation);
    if (entry->kind == ENTRY_REQUEST)
        write_request(&writer, entry);
    write_time(&writer, "Time", entry->time_us);
    json_close_object(&writer);
    buffer_char(out, '\n');
}

static void print(const struct proving *proving, const char *file, bool is_known, bool json)
{
    struct buffer out;
    buffer_init(&out, REPORT_BYTES_MAX);
    if (!json)
        printf("%s holds: the entry below is in the journal that has the chain hash below%s.\n\n",
               file,
               is_known ? ""
                        : ". Compare it with one that was kept, or give that with --chain-hash");
    (json ? json_of : text_of)(proving, &out);
    output_write(buffer_slice(&out));
    buffer_done(&out);
}

static int check_and_print(const struct subcommand *self, struct proving *proving, const char *file,
                           const unsigned char *chain_hash, bool json)
{
    struct fault fault;
    struct status status = read_and_check(proving, file, &fault);
    if (!status_ok(status))
        return fail(self, exit_code_of_status(status), "%s", fault.text);
    if (chain_hash && memcmp(chain_hash, proving->proof.head.hash, CHAIN_SIZE) != 0)
        return fail(self, EXIT_INTEGRITY,
                    "%s: it leads to another chain hash, at entry %llu, than the one given", file,
                    (unsigned long long)proving->proof.head.sequence);
    print(proving, file, chain_hash != NULL, json);
    return output_finish(self, EXIT_OK);
}

int verify_proof(const struct subcommand *self, const char *file, const unsigned char *chain_hash,
                 bool json)
{
    struct proving proving = {0};
    if (!arena_init(&proving.arena, 65536, PROOF_BYTES_MAX))
        return fail(self, EXIT_NETWORK, "no memory");
    buffer_init(&proving.text, PROOF_BYTES_MAX);
    int code = check_and_print(self, &proving, file, chain_hash, json);
    buffer_done(&proving.text);
    arena_done(&proving.arena);
    return code;
}
