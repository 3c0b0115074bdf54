/* Proofs as JSON, written and read back (proof.h).
 *
 * 1. What is read is what proof_print would write, byte for byte, or it is refused.
 *
 * Owns nothing; what is read is in the caller's arena. Any thread. */
#include "journal/proof.h"
#include "journal/strict.h"

enum { PROOF_VERSION = 2 };

static void write_batch(struct json_writer *writer, const struct batch *batch)
{
    json_write_key(writer, SLICE("batch"));
    json_open_object(writer);
    field_u64(writer, "number", batch->number);
    field_u64(writer, "first_sequence", batch->first_sequence);
    field_u64(writer, "last_sequence", batch->last_sequence);
    field_i64(writer, "time_us", batch->time_us);
    field_hash(writer, "root", batch->root);
    field_tallies(writer, &batch->registry, &batch->tokens);
    field_hash(writer, "hash", batch->hash);
    json_close_object(writer);
}

static void write_path(struct json_writer *writer, const struct proof *proof)
{
    json_write_key(writer, SLICE("path"));
    json_open_array(writer);
    for (unsigned i = 0; i < proof->path_count; i++)
        field_hash(writer, NULL, proof->path[i]);
    json_close_array(writer);
}

static void write_following(struct json_writer *writer, const struct proof *proof)
{
    json_write_key(writer, SLICE("following"));
    json_open_array(writer);
    for (uint64_t i = 0; i < proof->following_count; i++) {
        const struct proof_link *link = &proof->following[i];
        json_open_object(writer);
        field_u64(writer, "first_sequence", link->first_sequence);
        field_u64(writer, "last_sequence", link->last_sequence);
        field_i64(writer, "time_us", link->time_us);
        field_hash(writer, "root", link->root);
        field_tallies(writer, &link->registry, &link->tokens);
        json_close_object(writer);
    }
    json_close_array(writer);
}

static void write_head(struct json_writer *writer, const struct journal_head *head)
{
    json_write_key(writer, SLICE("head"));
    json_open_object(writer);
    field_u64(writer, "sequence", head->sequence);
    field_u64(writer, "batches", head->batches);
    field_i64(writer, "time_us", head->time_us);
    field_hash(writer, "hash", head->hash);
    json_close_object(writer);
}

void proof_print(const struct proof *proof, struct buffer *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    field_u64(&writer, "bursar_proof", PROOF_VERSION);
    field_u64(&writer, "sequence", proof->sequence);
    field_base64(&writer, "entry", proof->entry);
    write_batch(&writer, &proof->batch);
    write_path(&writer, proof);
    field_hash(&writer, "previous", proof->previous);
    write_following(&writer, proof);
    write_head(&writer, &proof->head);
    json_close_object(&writer);
}

/* Reading it back ------------------------------------------------------------------------------ */

static void read_batch(struct strict *strict, struct batch *ret_batch)
{
    struct batch batch = {0};
    strict_open_object(strict, "batch");
    batch.number = strict_u64(strict, "number");
    batch.first_sequence = strict_u64(strict, "first_sequence");
    batch.last_sequence = strict_u64(strict, "last_sequence");
    batch.time_us = strict_i64(strict, "time_us");
    strict_hex(strict, "root", batch.root, CHAIN_SIZE);
    strict_tallies(strict, &batch.registry, &batch.tokens);
    strict_hex(strict, "hash", batch.hash, CHAIN_SIZE);
    strict_close_object(strict);
    *ret_batch = batch;
}

static void read_path(struct strict *strict, struct proof *proof)
{
    strict_open_array(strict, "path");
    while (strict_more(strict)) {
        if (proof->path_count == MERKLE_PATH_MAX) {
            strict_fail(strict, "path");
            return;
        }
        strict_hex(strict, NULL, proof->path[proof->path_count++], CHAIN_SIZE);
    }
}

/* The arena is not told how many will come: twice as much whenever it is full. */
static bool grow_following(struct strict *strict, struct proof *proof, uint64_t *cap)
{
    uint64_t more = *cap > 0 ? 2 * *cap : 16;
    struct proof_link *links = arena_take_array(strict->arena, more, sizeof *links);
    if (!links)
        return false;
    if (proof->following_count > 0)
        memcpy(links, proof->following, proof->following_count * sizeof *links);
    proof->following = links;
    *cap = more;
    return true;
}

static struct proof_link read_link(struct strict *strict)
{
    struct proof_link link = {0};
    strict_open_object(strict, NULL);
    link.first_sequence = strict_u64(strict, "first_sequence");
    link.last_sequence = strict_u64(strict, "last_sequence");
    link.time_us = strict_i64(strict, "time_us");
    strict_hex(strict, "root", link.root, CHAIN_SIZE);
    strict_tallies(strict, &link.registry, &link.tokens);
    strict_close_object(strict);
    return link;
}

static void read_links(struct strict *strict, struct proof *proof)
{
    uint64_t cap = 0;
    strict_open_array(strict, "following");
    while (strict_more(strict)) {
        if (proof->following_count == cap && !grow_following(strict, proof, &cap)) {
            strict_fail(strict, "no memory");
            return;
        }
        proof->following[proof->following_count++] = read_link(strict);
    }
}

static void read_head(struct strict *strict, struct journal_head *ret_head)
{
    struct journal_head head = {0};
    strict_open_object(strict, "head");
    head.sequence = strict_u64(strict, "sequence");
    head.batches = strict_u64(strict, "batches");
    head.time_us = strict_i64(strict, "time_us");
    strict_hex(strict, "hash", head.hash, CHAIN_SIZE);
    strict_close_object(strict);
    *ret_head = head;
}

static void read_proof(struct strict *strict, struct proof *ret_proof)
{
    struct proof proof = {0};
    strict_open_object(strict, NULL);
    if (strict_u64(strict, "bursar_proof") != PROOF_VERSION)
        strict_fail(strict, "bursar_proof: a version that is not known");
    proof.sequence = strict_u64(strict, "sequence");
    proof.entry = strict_base64(strict, "entry");
    read_batch(strict, &proof.batch);
    read_path(strict, &proof);
    strict_hex(strict, "previous", proof.previous, CHAIN_SIZE);
    read_links(strict, &proof);
    read_head(strict, &proof.head);
    strict_close_object(strict);
    *ret_proof = proof;
}

/* Is the text the one way to write this proof? */
static bool is_canonical(const struct proof *proof, struct slice text)
{
    struct buffer again;
    buffer_init(&again, text.len + 1);
    proof_print(proof, &again);
    bool same = buffer_ok(&again) && slice_equal(buffer_slice(&again), text);
    buffer_done(&again);
    return same;
}

struct status proof_parse(struct slice text, struct arena *arena, struct fault *fault,
                          struct proof *ret_proof)
{
    struct strict strict;
    struct proof proof;
    if (text.len > 0 && text.at[text.len - 1] == '\n')
        text.len--;
    strict_begin(&strict, text, arena);
    read_proof(&strict, &proof);
    if (!strict_end(&strict))
        return arena->lack == LACK_MEMORY
                   ? fault_raise(fault, STATUS_MEMORY, "no memory to read the proof")
                   : fault_raise(fault, STATUS_INVALID, "this is not a proof of bursar: %s",
                                 strict.wrong);
    if (!is_canonical(&proof, text))
        return fault_raise(fault, STATUS_INVALID,
                           "this is not a proof as bursar writes it: it was edited");
    *ret_proof = proof;
    return STATUS_DONE;
}
