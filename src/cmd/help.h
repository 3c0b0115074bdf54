/* Laying out help: paragraphs broken at 80 columns, examples as they are. */
#ifndef CMD_HELP_H
#define CMD_HELP_H

#include "base/slice.h"

/* One paragraph, broken between words, each line `indent` blanks in; a line feed is a blank. */
void help_wrapped(size_t indent, struct slice text);
/* Paragraphs are parted by empty lines; one that begins with a blank is printed as it is. */
void help_paragraphs(const char *text);
void help_examples(const char *text);

#endif
