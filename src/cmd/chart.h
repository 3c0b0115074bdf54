/* A small chart of a balance over time, drawn with block characters. */
#ifndef CMD_CHART_H
#define CMD_CHART_H

#include "base/amount.h"
#include "base/buffer.h"

struct chart_point {
    int64_t time_us;
    struct amount amount; /* from here on */
};

/* Draws `count` points, ascending by time, `columns` wide (labels included) and `rows` high; with
 * `colour`, what is below zero is red. Fewer than two points draw nothing. */
void chart_draw(const struct chart_point *points, size_t count, size_t columns, size_t rows,
                bool colour, struct buffer *out);

#endif
