/* Plays scripts of commands on a real draft and book, as the committer does: settle, decide, take
 * the entries through their bytes, apply. Scripts come as lines on the standard input, a batch up
 * to a line "."; what became of each comes back on the standard output, and then ".". README.md has
 * the lines.
 *
 * 1. What does not hold (a fault, a check) ends the program with a text on the standard error.
 *
 * One thread. */
#include "lines.h"
#include "past.h"

#include "base/check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 1 << 28, OUTPUT_BYTES_MAX = 1 << 28, BOOK_SEED = 42 };

struct play {
    struct reader reader;
    struct buffer out;
    struct arena arena; /* of one group */
    struct book *book;
    struct draft *draft;
    struct past past;
    struct buffer bytes; /* of one entry */
};

static void ok(struct status status, const struct fault *fault)
{
    if (status_ok(status))
        return;
    fprintf(stderr, "play: %s\n", fault->text);
    exit(3);
}

/* A life -------------------------------------------------------------------------------------- */

static void life_end(struct play *play)
{
    if (!play->book)
        return;
    draft_free(play->draft);
    book_free(play->book);
    past_done(&play->past);
}

static void life_begin(struct play *play)
{
    life_end(play);
    play->book = book_new(BOOK_SEED);
    play->draft = draft_new(play->book);
    past_init(&play->past);
    CHECK(play->book && play->draft);
}

static void play_text(struct play *play)
{
    struct buffer text;
    uint64_t number = read_u64(&play->reader);
    CHECK(number < TEXTS_MAX && *play->reader.at == ' ');
    buffer_init(&text, 1 << 16); /* never freed: texts are for ever */
    for (play->reader.at++; *play->reader.at != '\n'; play->reader.at += 2) {
        char digits[3] = {play->reader.at[0], play->reader.at[1], 0};
        buffer_char(&text, (char)strtoul(digits, NULL, 16));
    }
    play->reader.texts[number] = buffer_slice(&text);
}

/* A group ------------------------------------------------------------------------------------- */

static void publish(struct play *play)
{
    struct fault fault = {{0}};
    for (size_t i = 0; i < draft_entry_count(play->draft); i++) {
        struct entry entry;
        buffer_clear(&play->bytes);
        entry_encode(draft_entry(play->draft, i), &play->bytes);
        CHECK(buffer_ok(&play->bytes));
        past_add(&play->past, buffer_slice(&play->bytes));
        past_read(&play->past, play->past.count, &entry);
        ok(book_apply(play->book, &entry, &fault), &fault);
    }
    draft_clear(play->draft);
}

static void settle(struct play *play, int64_t now_us, size_t entries_max)
{
    struct fault fault = {{0}};
    for (bool more = true; more;) {
        ok(draft_settle(play->draft, now_us, entries_max, &fault, &more), &fault);
        for (size_t i = 0; i < draft_entry_count(play->draft); i++)
            write_entry(&play->out, draft_entry(play->draft, i));
        if (more)
            publish(play);
    }
}

/* The first time is read from the entries that it made. */
static enum refusal replay(struct play *play, struct command *command)
{
    struct entry request;
    struct replaying replaying;
    past_read(&play->past, command->replay_of, &request);
    enum refusal refusal = command_replay_begin(command, &request, &replaying);
    for (uint64_t i = 0; refusal == REFUSAL_NONE && i < request.made; i++) {
        struct entry entry;
        past_read(&play->past, request.sequence - request.made + i, &entry);
        CHECK(command_replay_entry(command, &replaying, &entry));
    }
    return refusal;
}

static void play_command(struct play *play, int64_t now_us)
{
    struct fault fault = {{0}};
    struct command *command = arena_take_array(&play->arena, 1, sizeof *command);
    enum refusal refusal = REFUSAL_COUNT;
    uint32_t item = 0;
    CHECK(command);
    read_command(&play->reader, *play->reader.at++, &play->arena, command);
    CHECK(*play->reader.at++ == '\n');
    size_t before = draft_entry_count(play->draft);
    ok(decide(play->draft, command, now_us, &fault, &refusal, &item), &fault);
    bool is_known = command->replay_of != 0;
    if (is_known)
        refusal = replay(play, command);
    bool is_replay = refusal == REFUSAL_NONE && command->entry_count > 0 &&
                     draft_entry_count(play->draft) == before;
    write_outcome(&play->out, command, refusal, item, is_replay);
}

/* Each member and organisation that the entries touched, in the order in which they did first. */
static void write_touched(struct play *play, uint64_t first)
{
    uint64_t count = play->past.count - first;
    const struct member **members = arena_take_array(&play->arena, count * 2, sizeof *members);
    size_t member_count = 0, organisation_count = 0;
    uint32_t *organisations = arena_take_array(&play->arena, count, sizeof *organisations);
    CHECK(count == 0 || (members && organisations));
    for (uint64_t sequence = first + 1; sequence <= play->past.count; sequence++) {
        struct entry entry;
        size_t at = 0;
        past_read(&play->past, sequence, &entry);
        for (uint32_t i = 0; i < entry.touch_count; i++) {
            const struct member *member =
                book_find_member(play->book, entry.organisation, entry.touches[i].uin);
            for (at = 0; at < member_count && members[at] != member; at++)
                continue;
            if (at < member_count)
                continue;
            members[member_count++] = member;
            write_fields(&play->out, play->book, member, book_time_us(play->book));
        }
        for (at = 0; at < organisation_count && organisations[at] != entry.organisation; at++)
            continue;
        if (at == organisation_count)
            organisations[organisation_count++] = entry.organisation;
    }
    for (size_t i = 0; i < organisation_count; i++)
        write_sums(&play->out, book_organisation(play->book, organisations[i]));
}

/* "g now settle_max commands entries": that many lines follow. */
static void play_group(struct play *play)
{
    uint64_t first = play->past.count;
    int64_t now_us = read_i64(&play->reader);
    uint64_t settle_max = read_u64(&play->reader);
    uint64_t commands = read_u64(&play->reader);
    bool shows_entries = read_u64(&play->reader) == 1;
    CHECK(*play->reader.at++ == '\n');
    settle(play, now_us, settle_max);
    for (size_t settled = draft_entry_count(play->draft); commands > 0; commands--) {
        play_command(play, now_us);
        if (commands == 1 && shows_entries)
            for (; settled < draft_entry_count(play->draft); settled++)
                write_entry(&play->out, draft_entry(play->draft, settled));
    }
    publish(play);
    play->reader.at--; /* at the end of the last line */
    write_touched(play, first);
    buffer_printf(&play->out, "G %llu %lld %lld %u %llu\n",
                  (unsigned long long)book_sequence(play->book),
                  (long long)book_time_us(play->book), (long long)book_next_due_us(play->book),
                  book_hold_count(play->book), (unsigned long long)book_request_count(play->book));
    arena_reset(&play->arena);
}

/* The rest ------------------------------------------------------------------------------------ */

/* "f t organisation uin" */
static void play_fields(struct play *play)
{
    int64_t t_us = read_i64(&play->reader);
    uint32_t organisation = (uint32_t)read_u64(&play->reader);
    const struct member *member =
        book_find_member(play->book, organisation, read_uin(&play->reader));
    if (member)
        write_fields(&play->out, play->book, member, t_us);
    else
        buffer_text(&play->out, "F none\n");
}

/* "n sequence organisation uin" */
static void play_name(struct play *play)
{
    uint64_t sequence = read_u64(&play->reader);
    uint32_t organisation = (uint32_t)read_u64(&play->reader);
    const struct member *member =
        book_find_member(play->book, organisation, read_uin(&play->reader));
    buffer_text(&play->out, member ? "N " : "N none");
    if (member) {
        struct slice name = book_name_at(play->book, member, sequence);
        buffer_hex(&play->out, name.at, name.len);
    }
    buffer_char(&play->out, '\n');
}

static void play_dump(struct play *play)
{
    const struct member *listed[64];
    for (uint32_t i = 0; i < book_member_count(play->book); i++)
        write_member(&play->out, play->book, book_member(play->book, i));
    for (uint32_t id = 1; id <= book_organisation_count(play->book); id++) {
        write_sums(&play->out, book_organisation(play->book, id));
        write_registry(&play->out, play->book, id);
        size_t count = book_list(play->book, id, 0, sizeof listed / sizeof *listed, listed);
        buffer_printf(&play->out, "L %u %llu", id,
                      (unsigned long long)book_listed_count(play->book, id));
        for (size_t i = 0; i < count; i++) {
            buffer_char(&play->out, ' ');
            write_uin(&play->out, listed[i]->uin);
        }
        buffer_char(&play->out, '\n');
    }
}

static void play_verify(struct play *play)
{
    const char *wrong = past_verify(&play->past, play->book);
    buffer_printf(&play->out, "V %s\n", wrong ? wrong : "ok");
}

static void play_line(struct play *play)
{
    char letter = *play->reader.at++;
    switch (letter) {
    case 'l':
        life_begin(play);
        break;
    case 't':
        play_text(play);
        break;
    case 'g':
        play_group(play);
        break;
    case 'f':
        play_fields(play);
        break;
    case 'n':
        play_name(play);
        break;
    case 'd':
        play_dump(play);
        break;
    case 'c':
        past_mark(&play->past, play->book);
        break;
    case 'k':
        past_take(&play->past, play->book, read_u64(&play->reader));
        break;
    case 'v':
        play_verify(play);
        break;
    default:
        fprintf(stderr, "play: a line begins with '%c'\n", letter);
        exit(2);
    }
    CHECK(*play->reader.at++ == '\n');
}

/* Batches ------------------------------------------------------------------------------------- */

static void write_batch(const struct buffer *out)
{
    CHECK(buffer_ok(out));
    for (size_t at = 0; at < out->len;) {
        ssize_t put = write(STDOUT_FILENO, out->at + at, out->len - at);
        if (put < 0 && errno != EINTR)
            exit(1);
        at += put > 0 ? (size_t)put : 0;
    }
}

static void play_batch(struct play *play)
{
    buffer_clear(&play->out);
    while (*play->reader.at != '.')
        play_line(play);
    play->reader.at += 2; /* ".\n" */
    buffer_text(&play->out, ".\n");
    write_batch(&play->out);
}

static bool ends_batch(const struct buffer *in)
{
    return in->len >= 2 && memcmp(in->at + in->len - 2, ".\n", 2) == 0 &&
           (in->len == 2 || in->at[in->len - 3] == '\n');
}

/* One batch or several; false at the end of the input. */
static bool read_batch(struct buffer *in)
{
    buffer_clear(in);
    while (!ends_batch(in)) {
        CHECK(buffer_reserve(in, 1 << 16));
        ssize_t got = read(STDIN_FILENO, in->at + in->len, 1 << 16);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        in->len += (size_t)got;
    }
    return true;
}

int main(void)
{
    static struct play play;
    struct buffer in;
    buffer_init(&in, INPUT_BYTES_MAX);
    buffer_init(&play.out, OUTPUT_BYTES_MAX);
    buffer_init(&play.bytes, 1 << 20);
    CHECK(arena_init(&play.arena, 1 << 20, 1 << 28));
    while (read_batch(&in)) {
        for (play.reader.at = in.at; play.reader.at < in.at + in.len;)
            play_batch(&play);
    }
    life_end(&play);
    buffer_done(&in);
    buffer_done(&play.out);
    buffer_done(&play.bytes);
    arena_done(&play.arena);
    return 0;
}
