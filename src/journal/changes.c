/* A set of small numbers as bits (changes.h).
 *
 * 1. While `everything` is set the bits mean nothing.
 *
 * Owns its words. One thread at a time. */
#include "journal/changes.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, FIRST_WORDS = 16 };

void changes_done(struct changes *changes)
{
    free(changes->words);
    *changes = (struct changes){0};
}

static bool grow(struct changes *changes, uint32_t word)
{
    uint32_t count = changes->word_count ? changes->word_count : FIRST_WORDS;
    while (count <= word)
        count *= 2;
    uint64_t *words = realloc(changes->words, (size_t)count * sizeof *words);
    if (!words)
        return false;
    memset(words + changes->word_count, 0, (count - changes->word_count) * sizeof *words);
    changes->words = words;
    changes->word_count = count;
    return true;
}

void changes_add(struct changes *changes, uint32_t number)
{
    uint32_t word = number / WORD_BITS;
    if (word >= changes->word_count && !grow(changes, word))
        changes->everything = true;
    else
        changes->words[word] |= UINT64_C(1) << (number % WORD_BITS);
}

void changes_clear(struct changes *changes)
{
    if (changes->words)
        memset(changes->words, 0, (size_t)changes->word_count * sizeof *changes->words);
    changes->everything = false;
}

static uint32_t find_bit(const struct changes *changes, uint32_t from)
{
    uint32_t word = from / WORD_BITS;
    if (word >= changes->word_count)
        return CHANGES_END;
    uint64_t bits = changes->words[word] & (UINT64_MAX << (from % WORD_BITS));
    while (bits == 0) {
        if (++word >= changes->word_count)
            return CHANGES_END;
        bits = changes->words[word];
    }
    return word * WORD_BITS + (uint32_t)__builtin_ctzll(bits);
}

uint32_t changes_next(const struct changes *changes, uint32_t from, uint32_t limit)
{
    uint32_t found = changes->everything ? from : find_bit(changes, from);
    return found < limit ? found : CHANGES_END;
}
