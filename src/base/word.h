/* Word: eight bytes of text looked at as one number, the first byte lowest on every machine. */
#ifndef BASE_WORD_H
#define BASE_WORD_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { WORD_BYTES = 8 };
/* The same byte eight times. */
#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (byte))

static inline uint64_t word_load(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static inline void word_store(char *at, uint64_t word)
{
    word = htole64(word);
    memcpy(at, &word, sizeof word);
}

static inline uint64_t word_load_half(const char *at)
{
    uint32_t half;
    memcpy(&half, at, sizeof half);
    return le32toh(half);
}

/* Up to eight bytes, zeros behind them; reads no others. */
static inline uint64_t word_load_part(const char *at, size_t len)
{
    if (len == 0)
        return 0;
    if (len == WORD_BYTES)
        return word_load(at);
    if (len >= 4)
        return word_load_half(at) | word_load_half(at + len - 4) << 8 * (len - 4);
    /* First, middle and last of one to three are all there are. */
    uint64_t word = (unsigned char)at[0];
    word |= (uint64_t)(unsigned char)at[len / 2] << 8 * (len / 2);
    return word | (uint64_t)(unsigned char)at[len - 1] << 8 * (len - 1);
}

/* Capitals made small: those whose addition carries into the top bit from 'A' on but not from 'Z'
 * on. All other bytes stay. */
static inline uint64_t word_lower(uint64_t word)
{
    uint64_t sevens = word & WORD_OF(0x7F);
    uint64_t from_a = sevens + WORD_OF(0x80 - 'A');
    uint64_t past_z = sevens + WORD_OF(0x7F - 'Z');
    uint64_t capitals = (from_a ^ past_z) & ~word & WORD_OF(0x80);
    return word | capitals >> 2;
}

#endif
