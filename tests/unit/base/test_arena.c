/* Arenas: pieces never overlap, ceilings hold, a reset gives everything back. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PIECES = 200 };

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

/* No machine has so much; a sanitizer would not even try. */
void *__wrap_malloc(size_t size)
{
    return size < SIZE_MAX / 4 ? __real_malloc(size) : NULL;
}

static void pieces_do_not_overlap(void **state)
{
    struct arena arena;
    char *pieces[PIECES];
    (void)state;
    assert_true(arena_init(&arena, 1024, 1 << 20));
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < PIECES; i++) {
            pieces[i] = arena_take(&arena, i + 1);
            assert_non_null(pieces[i]);
            assert_int_equal((uintptr_t)pieces[i] % 16, 0);
            memset(pieces[i], (int)i, i + 1);
        }
        for (size_t i = 0; i < PIECES; i++)
            for (size_t at = 0; at <= i; at++)
                assert_int_equal((unsigned char)pieces[i][at], i);
        arena_reset(&arena);
    }
    arena_done(&arena);
}

static void the_first_block_is_reused(void **state)
{
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 256, 4096));
    void *first = arena_take(&arena, 100);
    assert_non_null(arena_take(&arena, 1000)); /* a block of its own */
    arena_reset(&arena);
    assert_ptr_equal(arena_take(&arena, 100), first);
    arena_done(&arena);
    arena_done(&arena);
}

/* A ceiling and memory that cannot be had are told apart; the first is remembered. */
static void a_lack_is_remembered_until_the_reset(void **state)
{
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 64, SIZE_MAX - 64));
    assert_int_equal(arena.lack, LACK_NONE);
    assert_null(arena_take(&arena, SIZE_MAX / 2));
    assert_int_equal(arena.lack, LACK_MEMORY);
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
    assert_int_equal(arena.lack, LACK_MEMORY);
    assert_non_null(arena_take(&arena, 10));
    assert_int_equal(arena.lack, LACK_MEMORY);
    arena_reset(&arena);
    assert_int_equal(arena.lack, LACK_NONE);
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
    assert_int_equal(arena.lack, LACK_ROOM);
    arena_done(&arena);
    assert_true(arena_init(&arena, 64, 256));
    assert_null(arena_take(&arena, 257));
    assert_int_equal(arena.lack, LACK_ROOM);
    arena_done(&arena);
}

static void the_ceiling_holds(void **state)
{
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 64, 256));
    for (int i = 0; i < 4; i++)
        assert_non_null(arena_take(&arena, 64));
    assert_null(arena_take(&arena, 1));
    arena_reset(&arena);
    assert_null(arena_take(&arena, 257));
    assert_non_null(arena_take(&arena, 256));
    arena_reset(&arena);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 15));
    assert_null(arena_take_array(&arena, SIZE_MAX / 2, 3));
    arena_done(&arena);
}

static void fixed_memory_is_never_passed(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < 16; skew++) {
        char *memory = malloc(skew + 100);
        struct arena arena;
        size_t taken = 0;
        assert_non_null(memory);
        arena_init_fixed(&arena, memory + skew, 100);
        for (char *piece; (piece = arena_take(&arena, 16)); taken += 16) {
            assert_int_equal((uintptr_t)piece % 16, 0);
            memset(piece, 1, 16);
        }
        assert_in_range(taken, 80, 96);
        arena_done(&arena);
        free(memory);
    }
}

static void no_memory_at_all(void **state)
{
    struct arena arena;
    (void)state;
    arena_init_fixed(&arena, NULL, 0);
    assert_null(arena_take(&arena, 1));
    arena_done(&arena);
}

static void arrays_are_zeroed_and_copies_are_copies(void **state)
{
    struct arena arena;
    (void)state;
    assert_true(arena_init(&arena, 1024, 1024));
    memset(arena_take(&arena, 512), 0xAA, 512);
    arena_reset(&arena);
    unsigned char *zeroed = arena_take_array(&arena, 32, 16);
    assert_non_null(zeroed);
    for (int i = 0; i < 512; i++)
        assert_int_equal(zeroed[i], 0);
    char text[] = "text";
    struct slice copy = arena_copy(&arena, slice_of(text, 4));
    text[0] = 'n';
    assert_true(slice_equal(copy, SLICE("text")));
    assert_non_null(arena_copy(&arena, SLICE("")).at);
    char large[600] = {0};
    assert_null(arena_copy(&arena, slice_of(large, sizeof large)).at);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_do_not_overlap),
        cmocka_unit_test(the_first_block_is_reused),
        cmocka_unit_test(a_lack_is_remembered_until_the_reset),
        cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(fixed_memory_is_never_passed),
        cmocka_unit_test(no_memory_at_all),
        cmocka_unit_test(arrays_are_zeroed_and_copies_are_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
