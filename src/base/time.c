#include "airpicture/time.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* time + ns; false when that is no time. */
static bool add_ns(ap_utc_ns time, int64_t ns, ap_utc_ns *sum)
{
    if (ns > 0 ? time > INT64_MAX - ns : time < INT64_MIN + 1 - ns)
        return false;
    *sum = time + ns;
    return true;
}

int64_t ap_ns_between(ap_utc_ns from, ap_utc_ns to)
{
    uint64_t span = to >= from ? (uint64_t)to - (uint64_t)from : (uint64_t)from - (uint64_t)to;
    int64_t size = span < (uint64_t)INT64_MAX ? (int64_t)span : INT64_MAX;
    return to >= from ? size : -size;
}

ap_utc_ns ap_utc_add_ns(ap_utc_ns time, int64_t step_ns)
{
    ap_utc_ns sum;
    if (add_ns(time, step_ns, &sum))
        return sum;
    return step_ns > 0 ? INT64_MAX : INT64_MIN + 1;
}

ap_utc_ns ap_utc_add_s(ap_utc_ns time, double dt_s)
{
    const double limit_ns = 9223372036854775808.0; /* 2^63 */
    double dt_ns = nearbyint(dt_s * 1e9);
    ap_utc_ns sum;
    bool exact = dt_ns > -limit_ns && dt_ns < limit_ns && add_ns(time, (int64_t)dt_ns, &sum);
    if (exact)
        return sum;
    return dt_ns > 0 ? INT64_MAX : INT64_MIN + 1;
}

/* Number of the day of `time`, also before 1970. */
static int64_t day_of(ap_utc_ns time)
{
    return time / AP_NS_PER_DAY - (time % AP_NS_PER_DAY < 0);
}

static int64_t in_day_ns(ap_utc_ns time)
{
    int64_t in_day = time % AP_NS_PER_DAY;
    return in_day < 0 ? in_day + AP_NS_PER_DAY : in_day;
}

ap_err ap_utc_from_tod(ap_utc_ns near, uint32_t tod_128th_s, ap_utc_ns *time)
{
    if (near == AP_UTC_UNKNOWN)
        return AP_ERR_ARGUMENT;
    if (tod_128th_s >= AP_TOD_128TH_PER_DAY)
        return AP_ERR_RANGE;
    int64_t off = (int64_t)tod_128th_s * AP_NS_PER_TOD_128TH - in_day_ns(near);
    if (off > AP_NS_PER_DAY / 2)
        off -= AP_NS_PER_DAY;
    else if (off < -AP_NS_PER_DAY / 2)
        off += AP_NS_PER_DAY;
    return add_ns(near, off, time) ? AP_OK : AP_ERR_RANGE;
}

/* Everything is reckoned from `near`. */
ap_err ap_utc_from_tod_512(ap_utc_ns near, uint16_t tod_128th_s, ap_utc_ns *time)
{
    if (near == AP_UTC_UNKNOWN)
        return AP_ERR_ARGUMENT;
    const int64_t period = INT64_C(512) * AP_NS_PER_S;
    int64_t best = INT64_MAX;
    for (int day = -1; day <= 1; day++) {
        int64_t start = day * AP_NS_PER_DAY - in_day_ns(near);
        int64_t turn = -start / period;
        for (int64_t k = turn - 1; k <= turn + 1; k++) {
            int64_t off = start + k * period + (int64_t)tod_128th_s * AP_NS_PER_TOD_128TH;
            bool in_day = off >= start && off < start + AP_NS_PER_DAY;
            if (in_day && (best == INT64_MAX || llabs(off) < llabs(best)))
                best = off;
        }
    }
    return best != INT64_MAX && add_ns(near, best, time) ? AP_OK : AP_ERR_RANGE;
}

uint32_t ap_tod_from_utc(ap_utc_ns time)
{
    int64_t units = (in_day_ns(time) + AP_NS_PER_TOD_128TH / 2) / AP_NS_PER_TOD_128TH;
    return (uint32_t)(units % AP_TOD_128TH_PER_DAY);
}

/* Days since 1970-01-01 of a proleptic Gregorian date; March-based years make leap days last. */
static int64_t days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_index + 2) / 5 + 1);
    *month = (int)(month_index + (month_index < 10 ? 3 : -9));
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* `count` digits at *text, advancing it; -1 when one is missing. */
static int take_digits(const char **text, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool take_char(const char **text, char wanted)
{
    if (**text != wanted)
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* ".123456789" at *text to nanoseconds; further digits are cut. */
static bool take_fraction(const char **text, int64_t *ns)
{
    int64_t scale = AP_NS_PER_S / 10;
    *ns = 0;
    if (**text < '0' || **text > '9')
        return false;
    for (; **text >= '0' && **text <= '9'; (*text)++, scale /= 10)
        *ns += (**text - '0') * scale;
    return true;
}

static ap_err parse_clock(const char *text, int64_t *ns)
{
    int hour = take_digits(&text, 2);
    if (hour < 0 || hour > 23 || !take_char(&text, ':'))
        return AP_ERR_MALFORMED;
    int minute = take_digits(&text, 2);
    if (minute < 0 || minute > 59 || !take_char(&text, ':'))
        return AP_ERR_MALFORMED;
    int second = take_digits(&text, 2);
    int64_t fraction_ns = 0;
    if (second < 0 || second > 59)
        return AP_ERR_MALFORMED;
    if (take_char(&text, '.') && !take_fraction(&text, &fraction_ns))
        return AP_ERR_MALFORMED;
    if (!take_char(&text, 'Z') || *text != '\0')
        return AP_ERR_MALFORMED;
    *ns = (hour * INT64_C(3600) + minute * 60 + second) * AP_NS_PER_S + fraction_ns;
    return AP_OK;
}

ap_err ap_utc_parse(const char *text, ap_utc_ns *time)
{
    int year = take_digits(&text, 4);
    if (year < 1700 || year > 2200 || !take_char(&text, '-'))
        return AP_ERR_MALFORMED;
    int month = take_digits(&text, 2);
    if (month < 1 || month > 12 || !take_char(&text, '-'))
        return AP_ERR_MALFORMED;
    int day = take_digits(&text, 2);
    if (day < 1 || day > days_in_month(year, month))
        return AP_ERR_MALFORMED;
    int64_t ns = 0;
    if (*text != '\0' && (!take_char(&text, 'T') || parse_clock(text, &ns) != AP_OK))
        return AP_ERR_MALFORMED;
    *time = days_from_civil(year, month, day) * AP_NS_PER_DAY + ns;
    return AP_OK;
}

static char *put_digits(char *at, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + count;
}

void ap_utc_text(ap_utc_ns time, char text[AP_UTC_TEXT_SIZE])
{
    if (time == AP_UTC_UNKNOWN) {
        memcpy(text, "-", 2);
        return;
    }
    int64_t year, ms = in_day_ns(time) / AP_NS_PER_MS;
    int month, day;
    civil_from_days(day_of(time), &year, &month, &day);
    char *at = put_digits(text, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    at = put_digits(at, day, 2);
    *at++ = 'T';
    at = put_digits(at, ms / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, ms / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, ms / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, ms % 1000, 3);
    *at++ = 'Z';
    *at = '\0';
}
