/* The rule for text that people read (api/text.h), by the properties of libutf8proc's Unicode.
 *
 * 1. The rule is asked when text comes in and when it is shown, never of what the journal holds: a
 *    library of another Unicode version must not make a journal unreadable. There (ledger/entry.h)
 *    text is UTF-8 without control characters, which no version of Unicode will change.
 * 2. Printable ASCII, which most text is, is told from the rest eight bytes at a time.
 * 3. Work is linear: marks that are not in canonical order are no NFC, and are found before the
 *    library would sort them.
 *
 * Owns nothing. Pure. Any thread. */
#include "api/text.h"

#include "base/check.h"
#include "base/word.h"

#include <utf8proc.h>

/* How a character stands to the rule, whatever is beside it. */
enum sort {
    SORT_NOTHING, /* there is no character */
    SORT_CONTROL,
    SORT_SEPARATOR,
    SORT_INVISIBLE,
    SORT_BLANK,
    SORT_LETTER,
    SORT_MARK,
    SORT_EMOJI,
    SORT_SKIN, /* a skin tone, which belongs to the emoji before it */
    SORT_VARIATION,
    SORT_JOINER,
    SORT_NON_JOINER,
    SORT_OTHER,
};

/* A walk over the characters of a text. */
struct walk {
    struct slice rest;
    enum sort base;   /* of the last character that is no mark, skin tone or variation of another */
    enum sort before; /* of the last character */
    uint32_t character; /* the current one: which, its code, its sort, its bytes */
    uint32_t code;
    enum sort sort;
    struct slice bytes;
};

static bool is_variation(utf8proc_int32_t code)
{
    return (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0xE0100 && code <= 0xE01EF) ||
           (code >= 0x180B && code <= 0x180D) || code == 0x180F;
}

static bool is_noncharacter(utf8proc_int32_t code)
{
    return (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
}

/* Default_Ignorable_Code_Point of what no version of the library may know yet as a character. */
static bool is_reserved_invisible(utf8proc_int32_t code)
{
    return code == 0x2065 || (code >= 0xFFF0 && code <= 0xFFF8) ||
           (code >= 0xE0000 && code <= 0xE0FFF);
}

static enum sort sort_by_category(const utf8proc_property_t *property)
{
    switch (property->category) {
    case UTF8PROC_CATEGORY_CC:
        return SORT_CONTROL;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return SORT_SEPARATOR;
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
        return SORT_INVISIBLE;
    case UTF8PROC_CATEGORY_ZS:
        return SORT_BLANK;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
        return SORT_LETTER;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return SORT_MARK;
    default:
        return property->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC ? SORT_EMOJI
                                                                                 : SORT_OTHER;
    }
}

static enum sort sort_of(utf8proc_int32_t code)
{
    enum {
        ZWNJ = 0x200C,
        ZWJ = 0x200D,
        BRAILLE_BLANK = 0x2800,
        SKIN_1 = 0x1F3FB,
        SKIN_5 = 0x1F3FF
    };
    if (code == ZWJ || code == ZWNJ)
        return code == ZWJ ? SORT_JOINER : SORT_NON_JOINER;
    if (is_variation(code))
        return SORT_VARIATION;
    if (code >= SKIN_1 && code <= SKIN_5)
        return SORT_SKIN;
    if (code == BRAILLE_BLANK)
        return SORT_BLANK;
    const utf8proc_property_t *property = utf8proc_get_property(code);
    if (is_noncharacter(code) || is_reserved_invisible(code) || property->ignorable)
        return SORT_INVISIBLE;
    return sort_by_category(property);
}

/* SORT_NOTHING and no bytes at the end; SORT_NOTHING and one byte where there is no UTF-8. */
static enum sort look_at(struct slice text, uint32_t *ret_code, struct slice *ret_bytes)
{
    utf8proc_int32_t code = 0;
    utf8proc_ssize_t len = 0;
    if (text.len > 0)
        len =
            utf8proc_iterate((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &code);
    *ret_bytes = slice_of(text.at, len > 0 ? (size_t)len : text.len > 0);
    *ret_code = len > 0 ? (uint32_t)code : 0;
    return len > 0 ? sort_of(code) : SORT_NOTHING;
}

static struct walk walk_begin(struct slice text)
{
    return (struct walk){.rest = text, .base = SORT_NOTHING, .sort = SORT_NOTHING};
}

static bool variation_is_in_place(const struct walk *walk)
{
    return walk->before == SORT_LETTER || walk->before == SORT_MARK || walk->before == SORT_EMOJI ||
           walk->before == SORT_OTHER;
}

/* The base for what follows the current character. */
static enum sort base_after(const struct walk *walk)
{
    if (walk->sort == SORT_SKIN)
        return SORT_EMOJI;
    bool is_mark = walk->sort == SORT_MARK && walk->base != SORT_NOTHING;
    bool belongs = walk->sort == SORT_VARIATION && variation_is_in_place(walk);
    return is_mark || belongs ? walk->base : walk->sort;
}

/* False at the end. */
static bool walk_next(struct walk *walk)
{
    walk->base = base_after(walk);
    walk->before = walk->sort;
    walk->sort = look_at(walk->rest, &walk->code, &walk->bytes);
    walk->rest = slice_of(walk->rest.at + walk->bytes.len, walk->rest.len - walk->bytes.len);
    walk->character++;
    return walk->bytes.len > 0;
}

static bool joiner_is_in_place(const struct walk *walk)
{
    uint32_t code;
    struct slice bytes;
    enum sort next = look_at(walk->rest, &code, &bytes);
    bool is_between_letters =
        walk->base == SORT_LETTER && (next == SORT_LETTER || next == SORT_MARK);
    if (walk->sort == SORT_NON_JOINER)
        return is_between_letters;
    return is_between_letters || (walk->base == SORT_EMOJI && next == SORT_EMOJI);
}

/* What is wrong with the current character where it stands. */
static bool character_is_clean(const struct walk *walk, enum text_wrong_kind *ret_kind)
{
    switch (walk->sort) {
    case SORT_NOTHING:
        *ret_kind = TEXT_NOT_UTF8;
        return false;
    case SORT_CONTROL:
        *ret_kind = TEXT_CONTROL;
        return false;
    case SORT_SEPARATOR:
        *ret_kind = TEXT_SEPARATOR;
        return false;
    case SORT_INVISIBLE:
        *ret_kind = TEXT_INVISIBLE;
        return false;
    case SORT_JOINER:
    case SORT_NON_JOINER:
        *ret_kind = TEXT_MISPLACED;
        return joiner_is_in_place(walk);
    case SORT_VARIATION:
        *ret_kind = TEXT_MISPLACED;
        return variation_is_in_place(walk);
    case SORT_BLANK:
    case SORT_LETTER:
    case SORT_MARK:
    case SORT_EMOJI:
    case SORT_SKIN:
    case SORT_OTHER:
        break;
    }
    return true;
}

/* ---- normalization ---- */

/* No character decomposes into more than 1.5 code points a byte of its own: U+0390 gives three for
 * two. */
enum { DECOMPOSED_MAX = TEXT_BYTES_MAX * 3 / 2 };

/* Invariant 3. */
static bool is_in_canonical_order(struct slice text)
{
    int last = 0;
    while (text.len > 0) {
        utf8proc_int32_t code;
        utf8proc_ssize_t len =
            utf8proc_iterate((const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, &code);
        int class = utf8proc_get_property(code)->combining_class;
        if (class != 0 && class < last)
            return false;
        last = class;
        text = slice_of(text.at + len, text.len - (size_t)len);
    }
    return true;
}

static bool is_nfc(struct slice text)
{
    const utf8proc_option_t nfc = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_int32_t codes[DECOMPOSED_MAX];
    if (!is_in_canonical_order(text))
        return false;
    utf8proc_ssize_t count = utf8proc_decompose(
        (const utf8proc_uint8_t *)text.at, (utf8proc_ssize_t)text.len, codes, DECOMPOSED_MAX, nfc);
    CHECK(count >= 0 && count <= DECOMPOSED_MAX);
    count = utf8proc_normalize_utf32(codes, count, nfc);
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t len = utf8proc_encode_char(codes[i], bytes);
        if (!slice_starts_with(text, slice_of((const char *)bytes, (size_t)len)))
            return false;
        text = slice_of(text.at + len, text.len - (size_t)len);
    }
    return text.len == 0;
}

/* ---- the rule ---- */

/* Invariant 2. Of bytes without the top bit, 0x20 and above get it by adding 0x60, DEL alone by
 * adding 1. */
static bool word_is_printable(uint64_t word)
{
    uint64_t low = word & WORD_OF(0x7F);
    return (((low + WORD_OF(0x60)) & ~(low + WORD_OF(0x01)) & ~word) & WORD_OF(0x80)) ==
           WORD_OF(0x80);
}

static bool is_printable_ascii(struct slice text)
{
    size_t i = 0;
    for (; text.len - i >= WORD_BYTES; i += WORD_BYTES)
        if (!word_is_printable(word_load(text.at + i)))
            return false;
    for (; i < text.len; i++)
        if ((unsigned char)(text.at[i] - 0x20) >= 0x5F)
            return false;
    return true;
}

static bool wrong_with_whole(enum text_wrong_kind kind, struct text_wrong *ret_wrong)
{
    *ret_wrong = (struct text_wrong){.kind = kind};
    return false;
}

static bool judge(struct slice text, struct text_wrong *ret_wrong)
{
    struct walk walk = walk_begin(text);
    enum sort first = SORT_NOTHING, last = SORT_NOTHING;
    bool seen = false;
    while (walk_next(&walk)) {
        enum text_wrong_kind kind;
        if (!character_is_clean(&walk, &kind)) {
            *ret_wrong = (struct text_wrong){kind, walk.character, walk.code};
            return false;
        }
        first = first == SORT_NOTHING ? walk.sort : first;
        last = walk.sort;
        seen |= walk.sort != SORT_BLANK;
    }
    if (!seen)
        return wrong_with_whole(TEXT_ONLY_BLANKS, ret_wrong);
    if (first == SORT_BLANK || last == SORT_BLANK)
        return wrong_with_whole(TEXT_BLANK_AT_END, ret_wrong);
    return is_nfc(text) || wrong_with_whole(TEXT_NOT_NFC, ret_wrong);
}

bool text_is_clean(struct slice text, struct text_wrong *ret_wrong)
{
    if (text.len == 0)
        return true;
    if (text.len > TEXT_BYTES_MAX)
        return wrong_with_whole(TEXT_TOO_LONG, ret_wrong);
    if (is_printable_ascii(text) && text.at[0] != ' ' && text.at[text.len - 1] != ' ')
        return true;
    return judge(text, ret_wrong);
}

/* ---- in words ---- */

struct words {
    const char *english, *chinese;
};

static const struct words words[] = {
    [TEXT_NOT_UTF8] = {"it is not UTF-8", "不是 UTF-8 文本"},
    [TEXT_TOO_LONG] = {"it is longer than 1,024 bytes", "超过 1024 字节"},
    [TEXT_CONTROL] = {"a control character", "是控制字符"},
    [TEXT_SEPARATOR] = {"a line or paragraph separator", "是行或段落分隔符"},
    [TEXT_INVISIBLE] = {"which is invisible or changes how the text around it is shown",
                        "不可见或会改变文本的显示方式"},
    [TEXT_MISPLACED] = {"which is invisible and does not belong there", "不可见且位置不当"},
    [TEXT_ONLY_BLANKS] = {"it holds nothing but blanks", "只包含空白字符"},
    [TEXT_BLANK_AT_END] = {"it begins or ends with a blank", "首尾不能有空白字符"},
    [TEXT_NOT_NFC] = {"it is not in Unicode's normalization form NFC",
                      "不是 Unicode 规范化形式 NFC"},
};

void text_wrong_say(const struct text_wrong *wrong, bool chinese, struct buffer *out)
{
    const char *what = chinese ? words[wrong->kind].chinese : words[wrong->kind].english;
    bool is_about_one = wrong->kind == TEXT_CONTROL || wrong->kind == TEXT_SEPARATOR ||
                        wrong->kind == TEXT_INVISIBLE || wrong->kind == TEXT_MISPLACED;
    if (is_about_one && chinese)
        buffer_printf(out, "第 %u 个字符 U+%04X ", wrong->character, wrong->code);
    else if (is_about_one)
        buffer_printf(out, "character %u is U+%04X, ", wrong->character, wrong->code);
    buffer_text(out, what);
}

/* JSON writes what is beyond the Basic Multilingual Plane as two surrogates. */
static void put_json_escape(uint32_t code, struct buffer *out)
{
    if (code > 0xFFFF)
        buffer_printf(out, "\\u%04X\\u%04X", 0xD800 + ((code - 0x10000) >> 10),
                      0xDC00 + (code & 0x3FF));
    else
        buffer_printf(out, "\\u%04X", code);
}

static void put_escape(const struct walk *walk, enum text_escape_style style, struct buffer *out)
{
    enum { REPLACEMENT = 0xFFFD };
    bool is_character = walk->sort != SORT_NOTHING;
    if (style == TEXT_ESCAPE_JSON)
        put_json_escape(is_character ? walk->code : REPLACEMENT, out);
    else if (is_character)
        buffer_printf(out, "\\u{%02X}", walk->code);
    else
        buffer_printf(out, "\\x{%02X}", (unsigned char)walk->bytes.at[0]);
}

void text_escape(struct slice text, enum text_escape_style style, struct buffer *out)
{
    struct walk walk = walk_begin(text);
    if (is_printable_ascii(text)) {
        buffer_append(out, text);
        return;
    }
    while (walk_next(&walk)) {
        enum text_wrong_kind kind;
        bool is_line_feed = walk.sort == SORT_CONTROL && walk.code == '\n';
        if (character_is_clean(&walk, &kind) || (is_line_feed && style != TEXT_ESCAPE_ALL))
            buffer_append(out, walk.bytes);
        else
            put_escape(&walk, style, out);
    }
}
