/* The chart (cmd/chart.h). Owns nothing. Main thread.
 *
 * 1. A column shows the balance at the end of its part of the time: what holds from then on.
 * 2. The highest value fills all rows, the lowest an eighth of one; between them it is in
 *    proportion. Only whole numbers are computed with. */
#include "cmd/chart.h"

#include "codec/decimal.h"
#include "codec/timestamp.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 512, EIGHTHS = 8, LABEL_BYTES = 40 };

struct chart {
    const struct chart_point *points;
    size_t count;
    size_t columns, rows; /* of the drawing, without labels */
    int64_t low, high;
    char top[LABEL_BYTES], bottom[LABEL_BYTES];
    size_t label; /* columns of the wider one */
};

static void print_label(char label[LABEL_BYTES], int64_t micros)
{
    struct buffer text;
    buffer_init_fixed(&text, label, LABEL_BYTES - 1);
    decimal_print_units(&text, (struct amount){micros});
    label[text.len] = '\0';
}

static void measure(struct chart *chart)
{
    chart->low = chart->high = chart->points[0].amount.micros;
    for (size_t i = 1; i < chart->count; i++) {
        int64_t micros = chart->points[i].amount.micros;
        chart->low = micros < chart->low ? micros : chart->low;
        chart->high = micros > chart->high ? micros : chart->high;
    }
    print_label(chart->top, chart->high);
    print_label(chart->bottom, chart->low);
    size_t top = strlen(chart->top), bottom = strlen(chart->bottom);
    chart->label = top > bottom ? top : bottom;
}

/* The amount at the end of each column. */
static void sample(const struct chart *chart, int64_t *ret_micros)
{
    int64_t first = chart->points[0].time_us;
    int64_t span = chart->points[chart->count - 1].time_us - first;
    size_t at = 0;
    for (size_t c = 0; c < chart->columns; c++) {
        int64_t part = span / (int64_t)chart->columns;
        int64_t rest = span % (int64_t)chart->columns;
        int64_t until =
            first + part * (int64_t)(c + 1) + rest * (int64_t)(c + 1) / (int64_t)chart->columns;
        while (at + 1 < chart->count && chart->points[at + 1].time_us <= until)
            at++;
        ret_micros[c] = chart->points[at].amount.micros;
    }
}

/* In eighths of a row, 1 to EIGHTHS * rows. */
static size_t level_of(const struct chart *chart, int64_t micros)
{
    uint64_t span = (uint64_t)chart->high - (uint64_t)chart->low;
    uint64_t above = (uint64_t)micros - (uint64_t)chart->low;
    size_t levels = EIGHTHS * chart->rows;
    if (span == 0)
        return levels / 2;
    /* scaled down together, so that the product fits */
    while (span > UINT64_MAX / (levels + 1)) {
        span /= 2;
        above /= 2;
    }
    return 1 + (size_t)(above * (levels - 1) / span);
}

static void draw_block(size_t eighths, struct buffer *out)
{
    static const char *const blocks[EIGHTHS + 1] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    buffer_text(out, blocks[eighths > EIGHTHS ? EIGHTHS : eighths]);
}

static void draw_row(const struct chart *chart, const int64_t *micros, size_t row, bool colour,
                     struct buffer *out)
{
    size_t below = EIGHTHS * (chart->rows - 1 - row);
    bool red = false;
    buffer_printf(out, "%*s ", (int)chart->label,
                  row == 0                 ? chart->top
                  : row + 1 == chart->rows ? chart->bottom
                                           : "");
    for (size_t c = 0; c < chart->columns; c++) {
        size_t level = level_of(chart, micros[c]);
        bool wants_red = colour && micros[c] < 0;
        if (wants_red != red)
            buffer_text(out, wants_red ? "\033[31m" : "\033[0m");
        red = wants_red;
        draw_block(level > below ? level - below : 0, out);
    }
    buffer_text(out, red ? "\033[0m\n" : "\n");
}

/* "2026-11-23 13:00" below either end. */
static void draw_times(const struct chart *chart, struct buffer *out)
{
    enum { TIME_COLUMNS = 16 };
    char first[LABEL_BYTES], last[LABEL_BYTES];
    struct buffer text;
    buffer_init_fixed(&text, first, sizeof first);
    timestamp_print_plain(&text, chart->points[0].time_us);
    buffer_init_fixed(&text, last, sizeof last);
    timestamp_print_plain(&text, chart->points[chart->count - 1].time_us);
    size_t gap = chart->columns > 2 * TIME_COLUMNS ? chart->columns - 2 * TIME_COLUMNS : 1;
    buffer_printf(out, "%*s %.*s%*s%.*s\n", (int)chart->label, "", TIME_COLUMNS, first, (int)gap,
                  "", TIME_COLUMNS, last);
}

void chart_draw(const struct chart_point *points, size_t count, size_t columns, size_t rows,
                bool colour, struct buffer *out)
{
    int64_t micros[COLUMNS_MAX] = {0};
    struct chart chart = {.points = points, .count = count, .rows = rows};
    if (count < 2 || rows == 0)
        return;
    measure(&chart);
    if (columns < chart.label + 40)
        columns = chart.label + 40;
    chart.columns = columns - chart.label - 1;
    chart.columns = chart.columns > COLUMNS_MAX ? COLUMNS_MAX : chart.columns;
    sample(&chart, micros);
    for (size_t row = 0; row < rows; row++)
        draw_row(&chart, micros, row, colour, out);
    draw_times(&chart, out);
}
