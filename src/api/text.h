/* Text that people read: what may come in, and how it is shown.
 *
 * One rule for names and reasons, wherever they come from (docs/adr/0014-text.md):
 *   - well-formed UTF-8 of at most TEXT_BYTES_MAX bytes, in normalization form NFC;
 *   - no control characters (Cc), no line or paragraph separators (Zl, Zp), no format characters
 * (Cf) and nothing else that is invisible (Default_Ignorable_Code_Point) or no character at all;
 *   - but U+200D (ZWJ) between letters or between emoji, U+200C (ZWNJ) between letters, and
 *     variation selectors behind a character that can be seen;
 *   - no blanks (Zs, U+2800) at either end, and not blanks alone.
 * Whether a text may be empty, and how long it may be, is for whoever takes it to say. */
#ifndef API_TEXT_H
#define API_TEXT_H

#include "base/buffer.h"

enum { TEXT_BYTES_MAX = 1024 };

enum text_wrong_kind {
    TEXT_NOT_UTF8,
    TEXT_TOO_LONG, /* than TEXT_BYTES_MAX */
    TEXT_CONTROL,
    TEXT_SEPARATOR,
    TEXT_INVISIBLE,
    TEXT_MISPLACED, /* a joiner or variation selector */
    TEXT_ONLY_BLANKS,
    TEXT_BLANK_AT_END, /* at either end */
    TEXT_NOT_NFC,
};

struct text_wrong {
    enum text_wrong_kind kind;
    uint32_t character; /* which, counted from 1, for the kinds that are about one */
    uint32_t code;      /* its code point */
};

/* Empty text is clean. False: *ret_wrong says what is wrong with it first. */
bool text_is_clean(struct slice text, struct text_wrong *ret_wrong);

/* "character 5 is U+0085, a control character": the end of a sentence, without a full stop. */
void text_wrong_say(const struct text_wrong *wrong, bool chinese, struct buffer *out);

/* For a terminal: what the rule would not have in a text becomes \u{202E}, bytes that are not UTF-8
 * become \x{FF}. Blanks and what is not NFC stay. At most TEXT_ESCAPE_FACTOR times as many bytes.
 */
enum { TEXT_ESCAPE_FACTOR = 6 };
enum text_escape_style {
    TEXT_ESCAPE_ALL,
    TEXT_ESCAPE_LINES, /* line feeds stay */
    TEXT_ESCAPE_JSON,  /* they do, and escapes are JSON's, so that JSON stays what it says */
};
void text_escape(struct slice text, enum text_escape_style style, struct buffer *out);

#endif
