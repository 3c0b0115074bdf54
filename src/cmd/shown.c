/* Text from elsewhere, harmless (cmd/shown.h). Keeps nothing but the last text of shown_wrong. Main
 * thread.
 *
 * 1. What was escaped may have been a secret: its memory is wiped. */
#include "cmd/shown.h"

#include "crypto/digest.h"

#include <stdlib.h>

/* Without memory for better: what is not printable ASCII is left out. */
static void write_ascii(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        fputc(text.at[i] >= ' ' && text.at[i] <= '~' ? text.at[i] : '?', out);
}

void shown_write(FILE *out, struct slice text, enum text_escape_style style)
{
    struct buffer shown;
    if (text.len == 0)
        return;
    buffer_init(&shown, TEXT_ESCAPE_FACTOR * text.len);
    text_escape(text, style, &shown);
    if (buffer_ok(&shown))
        fwrite(shown.at, 1, shown.len, out);
    else
        write_ascii(out, text);
    if (shown.at)
        wipe(shown.at, shown.cap);
    buffer_done(&shown);
}

void shown_vprintf(FILE *out, const char *format, va_list arguments)
{
    char *text = NULL;
    int len = vasprintf(&text, format, arguments);
    if (len < 0) {
        fputs("no memory to say more", out);
        return;
    }
    shown_write(out, slice_of(text, (size_t)len), TEXT_ESCAPE_ALL);
    wipe(text, (size_t)len);
    free(text);
}

const char *shown_wrong(const struct text_wrong *wrong)
{
    static char said[256];
    struct buffer out;
    buffer_init_fixed(&out, said, sizeof said);
    text_wrong_say(wrong, false, &out);
    buffer_char(&out, '\0');
    return said;
}
