/* Moments and their text, by the proleptic Gregorian calendar; no time zone but UTC, no locale.
 *
 * 1. Only moments from 1970-01-01T00:00:00Z to the last microsecond of 9999 are parsed or printed.
 * 2. Leap seconds (:60) are refused: microseconds since 1970 cannot name them.
 *
 * Owns nothing. Any thread. */
#include "codec/timestamp.h"

#include "base/check.h"

#define US_PER_SECOND INT64_C(1000000)
#define SECONDS_PER_DAY INT64_C(86400)
#define SECONDS_END INT64_C(253402300800) /* 10000-01-01T00:00:00Z */

struct civil {
    unsigned year;
    unsigned month; /* 1..12 */
    unsigned day;   /* 1..31 */
    unsigned hour;
    unsigned minute;
    unsigned second;
};

/* Days are counted in years that begin in March, so that the leap day comes last; 400 such years
 * (an era) have 146,097 days, and 719,468 lie between 0000-03-01 and 1970-01-01. */
static int64_t days_of(const struct civil *civil)
{
    int64_t year = (int64_t)civil->year - (civil->month <= 2);
    int64_t month = (civil->month + 9) % 12;
    int64_t day_of_year = (153 * month + 2) / 5 + civil->day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719468;
}

static struct civil civil_of(int64_t seconds)
{
    CHECK(seconds >= 0 && seconds < SECONDS_END);
    int64_t days = seconds / SECONDS_PER_DAY + 719468;
    int64_t era = days / 146097;
    int64_t day_of_era = days % 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t rest = seconds % SECONDS_PER_DAY;
    return (struct civil){
        .year = (unsigned)(era * 400 + year_of_era + (month >= 10)),
        .month = (unsigned)(month < 10 ? month + 3 : month - 9),
        .day = (unsigned)(day_of_year - (153 * month + 2) / 5 + 1),
        .hour = (unsigned)(rest / 3600),
        .minute = (unsigned)(rest / 60 % 60),
        .second = (unsigned)(rest % 60),
    };
}

static unsigned days_in_month(unsigned year, unsigned month)
{
    static const unsigned char days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

/* `count` digits off the front. */
static bool take_number(struct slice *rest, size_t count, unsigned *ret_value)
{
    uint64_t value;
    if (rest->len < count || !slice_to_u64(slice_of(rest->at, count), &value))
        return false;
    *rest = slice_of(rest->at + count, rest->len - count);
    *ret_value = (unsigned)value;
    return true;
}

static bool take_char(struct slice *rest, char c)
{
    if (rest->len == 0 || rest->at[0] != c)
        return false;
    *rest = slice_of(rest->at + 1, rest->len - 1);
    return true;
}

static bool take_date(struct slice *rest, struct civil *civil)
{
    return take_number(rest, 4, &civil->year) && take_char(rest, '-') &&
           take_number(rest, 2, &civil->month) && take_char(rest, '-') &&
           take_number(rest, 2, &civil->day) && civil->year >= 1970 && civil->month >= 1 &&
           civil->month <= 12 && civil->day >= 1 &&
           civil->day <= days_in_month(civil->year, civil->month);
}

static bool take_time(struct slice *rest, struct civil *civil)
{
    return take_number(rest, 2, &civil->hour) && take_char(rest, ':') &&
           take_number(rest, 2, &civil->minute) && take_char(rest, ':') &&
           take_number(rest, 2, &civil->second) && civil->hour <= 23 && civil->minute <= 59 &&
           civil->second <= 59;
}

static int64_t seconds_of(const struct civil *civil)
{
    return days_of(civil) * SECONDS_PER_DAY + civil->hour * 3600 + civil->minute * 60 +
           civil->second;
}

/* [.1 to .6 digits]; no more than microseconds. */
static bool take_fraction(struct slice *rest, int64_t *ret_us)
{
    int64_t us = 0;
    int64_t digit_us = US_PER_SECOND / 10;
    if (take_char(rest, '.')) {
        if (rest->len == 0 || rest->at[0] < '0' || rest->at[0] > '9')
            return false;
        for (; rest->len && rest->at[0] >= '0' && rest->at[0] <= '9'; digit_us /= 10) {
            if (digit_us == 0)
                return false;
            us += (rest->at[0] - '0') * digit_us;
            *rest = slice_of(rest->at + 1, rest->len - 1);
        }
    }
    *ret_us = us;
    return true;
}

/* "Z", or +hh:mm, -hh:mm. */
static bool take_offset(struct slice *rest, int64_t *ret_seconds)
{
    unsigned hours;
    unsigned minutes;
    *ret_seconds = 0;
    if (take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    bool is_west = take_char(rest, '-');
    if ((!is_west && !take_char(rest, '+')) || !take_number(rest, 2, &hours) ||
        !take_char(rest, ':') || !take_number(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    int64_t seconds = hours * 3600 + minutes * 60;
    *ret_seconds = is_west ? -seconds : seconds;
    return true;
}

bool timestamp_parse_rfc3339(struct slice text, int64_t *ret_us)
{
    struct civil civil;
    int64_t us;
    int64_t offset;
    if (!take_date(&text, &civil) || !(take_char(&text, 'T') || take_char(&text, 't')) ||
        !take_time(&text, &civil) || !take_fraction(&text, &us) || !take_offset(&text, &offset) ||
        text.len)
        return false;
    int64_t seconds = seconds_of(&civil) - offset;
    if (seconds < 0 || seconds >= SECONDS_END)
        return false;
    *ret_us = seconds * US_PER_SECOND + us;
    return true;
}

bool timestamp_parse_plain(struct slice text, int64_t *ret_us)
{
    struct civil civil;
    if (!take_date(&text, &civil) || !take_char(&text, ' ') || !take_time(&text, &civil) ||
        text.len)
        return false;
    *ret_us = seconds_of(&civil) * US_PER_SECOND;
    return true;
}

static char *put_number(char *at, unsigned value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + digits;
}

static char *put_date(char *at, const struct civil *civil)
{
    at = put_number(at, civil->year, 4);
    *at++ = '-';
    at = put_number(at, civil->month, 2);
    *at++ = '-';
    return put_number(at, civil->day, 2);
}

static char *put_time(char *at, const struct civil *civil)
{
    at = put_number(at, civil->hour, 2);
    *at++ = ':';
    at = put_number(at, civil->minute, 2);
    *at++ = ':';
    return put_number(at, civil->second, 2);
}

/* Date, separator and time, 19 bytes. */
static void print_moment(struct buffer *out, int64_t us, char separator)
{
    struct civil civil = civil_of(us / US_PER_SECOND);
    char text[19];
    char *at = put_date(text, &civil);
    *at++ = separator;
    (void)put_time(at, &civil);
    buffer_bytes(out, text, sizeof text);
}

void timestamp_print_rfc3339(struct buffer *out, int64_t us)
{
    char fraction[7] = ".";
    print_moment(out, us, 'T');
    if (us % US_PER_SECOND) {
        (void)put_number(fraction + 1, (unsigned)(us % US_PER_SECOND), 6);
        buffer_bytes(out, fraction, sizeof fraction);
    }
    buffer_char(out, 'Z');
}

void timestamp_print_plain(struct buffer *out, int64_t us)
{
    print_moment(out, us, ' ');
}

void timestamp_print_date(char at[10], int64_t unix_seconds)
{
    struct civil civil = civil_of(unix_seconds);
    (void)put_date(at, &civil);
}

void timestamp_print_http(char at[29], int64_t unix_seconds)
{
    static const char weekdays[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil civil = civil_of(unix_seconds);
    memcpy(at, weekdays + 3 * (unix_seconds / SECONDS_PER_DAY % 7), 3);
    memcpy(at + 3, ", ", 2);
    at = put_number(at + 5, civil.day, 2);
    *at++ = ' ';
    memcpy(at, months + 3 * (civil.month - 1), 3);
    at[3] = ' ';
    at = put_number(at + 4, civil.year, 4);
    *at++ = ' ';
    at = put_time(at, &civil);
    memcpy(at, " GMT", 4);
}
