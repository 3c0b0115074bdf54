/* Laying out help on standard output. Owns nothing; the main thread. */
#include "cmd/help.h"

#include <stdio.h>

enum { LINE_COLUMNS = 80 };

void help_wrapped(size_t indent, struct slice text)
{
    while (text.len > 0) {
        size_t len = text.len;
        if (len > LINE_COLUMNS - indent) {
            len = LINE_COLUMNS - indent;
            while (len > 0 && text.at[len] != ' ' && text.at[len] != '\n')
                len--;
            if (len == 0)
                len = slice_find(text, ' ');
        }
        printf("%*s", (int)indent, "");
        for (size_t i = 0; i < len; i++)
            putchar(text.at[i] == '\n' ? ' ' : text.at[i]);
        putchar('\n');
        text = slice_trim_lines(slice_of(text.at + len, text.len - len));
    }
}

void help_paragraphs(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end ? (size_t)(end - text) : strlen(text);
        if (*text == ' ')
            printf("%.*s\n", (int)len, text);
        else
            help_wrapped(2, slice_of(text, len));
        text += len;
        text += strspn(text, "\n");
        if (*text)
            putchar('\n');
    }
}

void help_examples(const char *text)
{
    while (*text) {
        size_t len = strcspn(text, "\n");
        printf("%s%.*s\n", *text == ' ' ? "" : "  ", (int)len, text);
        text += len;
        text += *text == '\n';
    }
}
