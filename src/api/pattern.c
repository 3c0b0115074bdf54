/* Patterns of policies: `*` and `?`, whatever the case.
 *
 * Owns nothing. Any thread. */
#include "api/policy_rules.h"

/* Greedy with one point to come back to: linear for patterns of people, bounded for all. */
bool pattern_matches(struct slice pattern, struct slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.len && (pattern.at[p] == '?' ||
                                       ascii_lower(pattern.at[p]) == ascii_lower(text.at[t]))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}

/* As above, on a text in which `*` and `?` stand for anything: only a `*` takes a `*`. */
bool pattern_covers(struct slice outer, struct slice inner)
{
    size_t o = 0, i = 0, star = SIZE_MAX, resume = 0;
    while (i < inner.len) {
        bool is_star = inner.at[i] == '*';
        if (o < outer.len && outer.at[o] == '*') {
            star = o++;
            resume = i;
        } else if (o < outer.len && !is_star &&
                   (outer.at[o] == '?' || ascii_lower(outer.at[o]) == ascii_lower(inner.at[i]))) {
            o++;
            i++;
        } else if (star != SIZE_MAX) {
            o = star + 1;
            i = ++resume;
        } else {
            return false;
        }
    }
    while (o < outer.len && outer.at[o] == '*')
        o++;
    return o == outer.len;
}
