/* The counted B+-tree behind paging.
 *
 * 1. The leaves, followed through `next`, hold the members in strictly ascending order of uin.
 * 2. An inner node's size[i] counts the members below child[i]; a root's `count` counts all.
 * 3. For i > 0 no uin below child[i] is under low[i], and all below child[i - 1] are under it.
 *    low[0] means nothing: what is under low[1] belongs to child[0].
 * 4. All leaves are at the same depth. A node that removal leaves with less than a quarter of its
 *    places taken joins or shares with a neighbour; no leaf is empty, the root has two children.
 *
 * Owns its nodes. Readers beside readers; a writer alone. */
#include "ledger/listing.h"

#include "base/check.h"

#include <string.h>

enum {
    LEAF_ITEMS = 126,
    INNER_ITEMS = 64,
    LEVELS_MAX = 12, /* 2^32 members, at worst 16 children a node */
    LEAF_SHIFT = 8,
    INNER_SHIFT = 4,
};

struct leaf {
    uint32_t next; /* leaf to the right, POOL_NONE at the end */
    uint32_t count;
    uint32_t items[LEAF_ITEMS];
};

struct inner {
    uint32_t count;
    uint32_t child[INNER_ITEMS];
    uint32_t size[INNER_ITEMS];
    struct uin low[INNER_ITEMS];
};

/* The way from the root down to a leaf: inner nodes and which of their children was taken. */
struct path {
    struct inner *inner[LEVELS_MAX];
    uint32_t at[LEVELS_MAX];
    uint32_t depth;
    uint32_t leaf;
};

/* What a split hands up: the new right half. */
struct split {
    uint32_t node;
    uint32_t size;
    struct uin low;
    bool happened;
};

void listing_init(struct listing *listing, const struct pool *members)
{
    pool_init(&listing->leaves, sizeof(struct leaf), LEAF_SHIFT);
    pool_init(&listing->inners, sizeof(struct inner), INNER_SHIFT);
    listing->members = members;
}

void listing_done(struct listing *listing)
{
    pool_done(&listing->leaves);
    pool_done(&listing->inners);
}

static struct leaf *leaf_at(const struct listing *listing, uint32_t index)
{
    return pool_at(&listing->leaves, index);
}

static struct inner *inner_at(const struct listing *listing, uint32_t index)
{
    return pool_at(&listing->inners, index);
}

static const struct member *member_at(const struct listing *listing, uint32_t index)
{
    return pool_at(listing->members, index);
}

/* The child that `uin` belongs to. */
static uint32_t inner_find(const struct inner *inner, struct uin uin)
{
    uint32_t low = 0, high = inner->count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (uin_compare(inner->low[middle], uin) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first item with a uin that is not smaller. */
static uint32_t leaf_find(const struct listing *listing, const struct leaf *leaf, struct uin uin)
{
    uint32_t low = 0, high = leaf->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (uin_compare(member_at(listing, leaf->items[middle])->uin, uin) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void descend(const struct listing *listing, const struct listing_root *root, struct uin uin,
                    bool last, struct path *ret_path)
{
    uint32_t node = root->root;
    ret_path->depth = root->height - 1;
    CHECK(ret_path->depth < LEVELS_MAX);
    for (uint32_t i = 0; i < ret_path->depth; i++) {
        struct inner *inner = inner_at(listing, node);
        uint32_t at = last ? inner->count - 1 : inner_find(inner, uin);
        ret_path->inner[i] = inner;
        ret_path->at[i] = at;
        node = inner->child[at];
    }
    ret_path->leaf = node;
}

/* Appending leaves the left leaf full, so that ascending loads waste nothing. */
static bool leaf_split(struct listing *listing, struct leaf *leaf, uint32_t at, uint32_t *ret_right)
{
    uint32_t index = pool_take(&listing->leaves);
    if (index == POOL_NONE)
        return false;
    struct leaf *right = leaf_at(listing, index);
    uint32_t keep = at == leaf->count && leaf->next == POOL_NONE ? leaf->count : leaf->count / 2;
    right->count = leaf->count - keep;
    memcpy(right->items, leaf->items + keep, right->count * sizeof *right->items);
    right->next = leaf->next;
    leaf->next = index;
    leaf->count = keep;
    *ret_right = index;
    return true;
}

static void leaf_put(struct leaf *leaf, uint32_t at, uint32_t member)
{
    memmove(leaf->items + at + 1, leaf->items + at, (leaf->count - at) * sizeof *leaf->items);
    leaf->items[at] = member;
    leaf->count++;
}

static bool leaf_insert(struct listing *listing, uint32_t index, uint32_t at, uint32_t member,
                        struct split *ret_split)
{
    struct leaf *leaf = leaf_at(listing, index);
    ret_split->happened = leaf->count == LEAF_ITEMS;
    if (!ret_split->happened) {
        leaf_put(leaf, at, member);
        return true;
    }
    if (!leaf_split(listing, leaf, at, &ret_split->node))
        return false;
    struct leaf *right = leaf_at(listing, ret_split->node);
    if (at < leaf->count || (at == leaf->count && right->count > 0))
        leaf_put(leaf, at, member);
    else
        leaf_put(right, at - leaf->count, member);
    ret_split->size = right->count;
    ret_split->low = member_at(listing, right->items[0])->uin;
    return true;
}

static void inner_put(struct inner *inner, uint32_t at, const struct split *split)
{
    uint32_t behind = inner->count - at;
    memmove(inner->child + at + 1, inner->child + at, behind * sizeof *inner->child);
    memmove(inner->size + at + 1, inner->size + at, behind * sizeof *inner->size);
    memmove(inner->low + at + 1, inner->low + at, behind * sizeof *inner->low);
    inner->child[at] = split->node;
    inner->size[at] = split->size;
    inner->low[at] = split->low;
    inner->count++;
}

static void inner_move(struct inner *to, const struct inner *from, uint32_t first)
{
    uint32_t count = from->count - first;
    memcpy(to->child + to->count, from->child + first, count * sizeof *to->child);
    memcpy(to->size + to->count, from->size + first, count * sizeof *to->size);
    memcpy(to->low + to->count, from->low + first, count * sizeof *to->low);
    to->count += count;
}

static uint32_t inner_size(const struct inner *inner)
{
    uint32_t size = 0;
    for (uint32_t i = 0; i < inner->count; i++)
        size += inner->size[i];
    return size;
}

/* Takes in the right half of a split child, right of child `at`; may split in its turn. */
static bool inner_insert(struct listing *listing, struct inner *inner, uint32_t at, bool is_last,
                         struct split *split)
{
    inner->size[at] -= split->size;
    if (inner->count < INNER_ITEMS) {
        inner_put(inner, at + 1, split);
        split->happened = false;
        return true;
    }
    uint32_t index = pool_take(&listing->inners);
    if (index == POOL_NONE)
        return false;
    struct inner *right = inner_at(listing, index);
    uint32_t keep = is_last && at + 1 == inner->count ? inner->count - 1 : inner->count / 2;
    inner_move(right, inner, keep);
    inner->count = keep;
    if (at < keep)
        inner_put(inner, at + 1, split);
    else
        inner_put(right, at - keep + 1, split);
    *split = (struct split){index, inner_size(right), right->low[0], true};
    return true;
}

static bool root_split(struct listing *listing, struct listing_root *root,
                       const struct split *split)
{
    uint32_t index = pool_take(&listing->inners);
    if (index == POOL_NONE)
        return false;
    struct inner *inner = inner_at(listing, index);
    inner->count = 1;
    inner->child[0] = root->root;
    inner->size[0] = root->count - split->size;
    inner_put(inner, 1, split);
    root->root = index;
    root->height++;
    return true;
}

static bool insert_first(struct listing *listing, struct listing_root *root, uint32_t member)
{
    uint32_t index = pool_take(&listing->leaves);
    if (index == POOL_NONE)
        return false;
    struct leaf *leaf = leaf_at(listing, index);
    *leaf = (struct leaf){.next = POOL_NONE, .count = 1, .items = {member}};
    struct uin uin = member_at(listing, member)->uin;
    *root = (struct listing_root){.root = index, .height = 1, .count = 1, .high = uin};
    return true;
}

bool listing_insert(struct listing *listing, struct listing_root *root, uint32_t member)
{
    if (root->height == 0)
        return insert_first(listing, root, member);
    struct uin uin = member_at(listing, member)->uin;
    bool is_last = uin_compare(uin, root->high) > 0;
    struct path path;
    struct split split = {0};
    descend(listing, root, uin, is_last, &path);
    struct leaf *leaf = leaf_at(listing, path.leaf);
    uint32_t at = is_last ? leaf->count : leaf_find(listing, leaf, uin);
    if (!leaf_insert(listing, path.leaf, at, member, &split))
        return false;
    root->count++;
    if (is_last)
        root->high = uin;
    for (uint32_t i = path.depth; i-- > 0;) {
        path.inner[i]->size[path.at[i]]++;
        if (split.happened && !inner_insert(listing, path.inner[i], path.at[i], is_last, &split))
            return false;
    }
    return !split.happened || root_split(listing, root, &split);
}

static void inner_cut(struct inner *inner, uint32_t at)
{
    uint32_t behind = inner->count - at - 1;
    memmove(inner->child + at, inner->child + at + 1, behind * sizeof *inner->child);
    memmove(inner->size + at, inner->size + at + 1, behind * sizeof *inner->size);
    memmove(inner->low + at, inner->low + at + 1, behind * sizeof *inner->low);
    inner->count--;
}

/* Puts the items of two neighbours into the left one if they fit, else half into each. Returns
 * whether the right one is gone; else *ret_low is where it begins now. */
static bool leaves_join(struct listing *listing, uint32_t left_index, uint32_t right_index,
                        struct uin *ret_low)
{
    struct leaf *left = leaf_at(listing, left_index), *right = leaf_at(listing, right_index);
    uint32_t all[2 * LEAF_ITEMS], count = left->count + right->count;
    memcpy(all, left->items, left->count * sizeof *all);
    memcpy(all + left->count, right->items, right->count * sizeof *all);
    bool fits = count <= LEAF_ITEMS;
    left->count = fits ? count : count / 2;
    memcpy(left->items, all, left->count * sizeof *all);
    if (fits) {
        left->next = right->next;
        pool_give(&listing->leaves, right_index);
        return true;
    }
    right->count = count - left->count;
    memcpy(right->items, all + left->count, right->count * sizeof *all);
    *ret_low = member_at(listing, right->items[0])->uin;
    return false;
}

/* The same for inner nodes; `right_low` is the separator between them. */
static bool inners_join(struct listing *listing, uint32_t left_index, uint32_t right_index,
                        struct uin right_low, struct uin *ret_low)
{
    struct inner *left = inner_at(listing, left_index), *right = inner_at(listing, right_index);
    right->low[0] = right_low; /* it comes to mean something */
    if (left->count + right->count <= INNER_ITEMS) {
        inner_move(left, right, 0);
        pool_give(&listing->inners, right_index);
        return true;
    }
    struct inner old_right = *right;
    uint32_t half = (left->count + right->count) / 2;
    right->count = 0;
    if (left->count > half) {
        inner_move(right, left, half);
        inner_move(right, &old_right, 0);
        left->count = half;
    } else {
        uint32_t moved = half - left->count;
        inner_move(right, &old_right, moved);
        old_right.count = moved;
        inner_move(left, &old_right, 0);
    }
    *ret_low = right->low[0];
    return false;
}

/* Gives a sparse child a share of its neighbour's items, or its own to the neighbour. */
static void even_out(struct listing *listing, struct inner *parent, uint32_t which, bool of_leaves)
{
    if (parent->count < 2)
        return;
    uint32_t at = which > 0 ? which - 1 : 0;
    uint32_t left = parent->child[at], right = parent->child[at + 1];
    uint32_t both = parent->size[at] + parent->size[at + 1];
    bool joined =
        of_leaves ? leaves_join(listing, left, right, &parent->low[at + 1])
                  : inners_join(listing, left, right, parent->low[at + 1], &parent->low[at + 1]);
    if (joined)
        inner_cut(parent, at + 1);
    parent->size[at] =
        of_leaves ? leaf_at(listing, left)->count : inner_size(inner_at(listing, left));
    if (!joined)
        parent->size[at + 1] = both - parent->size[at];
}

static bool is_sparse(const struct listing *listing, uint32_t node, bool is_leaf)
{
    return is_leaf ? leaf_at(listing, node)->count < LEAF_ITEMS / 4
                   : inner_at(listing, node)->count < INNER_ITEMS / 4;
}

static void shrink_root(struct listing *listing, struct listing_root *root)
{
    while (root->height > 1 && inner_at(listing, root->root)->count == 1) {
        uint32_t old = root->root;
        root->root = inner_at(listing, old)->child[0];
        root->height--;
        pool_give(&listing->inners, old);
    }
    if (root->count == 0) {
        CHECK(root->height == 1);
        pool_give(&listing->leaves, root->root);
        *root = (struct listing_root){0};
    }
}

void listing_remove(struct listing *listing, struct listing_root *root, uint32_t member)
{
    struct path path;
    struct uin uin = member_at(listing, member)->uin;
    CHECK(root->height > 0);
    descend(listing, root, uin, false, &path);
    struct leaf *leaf = leaf_at(listing, path.leaf);
    uint32_t at = leaf_find(listing, leaf, uin);
    CHECK(at < leaf->count && leaf->items[at] == member);
    leaf->count--;
    memmove(leaf->items + at, leaf->items + at + 1, (leaf->count - at) * sizeof *leaf->items);
    root->count--;
    for (uint32_t i = path.depth; i-- > 0;) {
        struct inner *parent = path.inner[i];
        uint32_t which = path.at[i];
        bool of_leaves = i + 1 == path.depth;
        parent->size[which]--;
        if (is_sparse(listing, parent->child[which], of_leaves))
            even_out(listing, parent, which, of_leaves);
    }
    shrink_root(listing, root);
}

static const struct leaf *find_rank(const struct listing *listing, const struct listing_root *root,
                                    uint32_t rank, uint32_t *ret_at)
{
    uint32_t node = root->root;
    for (uint32_t level = root->height; level > 1; level--) {
        const struct inner *inner = inner_at(listing, node);
        uint32_t i = 0;
        for (; rank >= inner->size[i]; i++)
            rank -= inner->size[i];
        node = inner->child[i];
    }
    *ret_at = rank;
    return leaf_at(listing, node);
}

size_t listing_read(const struct listing *listing, const struct listing_root *root, uint64_t first,
                    size_t count, const struct member **ret_members)
{
    if (first >= root->count)
        return 0;
    if (count > root->count - first)
        count = (size_t)(root->count - first);
    uint32_t at = 0;
    const struct leaf *leaf = find_rank(listing, root, (uint32_t)first, &at);
    for (size_t i = 0; i < count; i++, at++) {
        if (at == leaf->count) {
            leaf = leaf_at(listing, leaf->next);
            at = 0;
        }
        ret_members[i] = member_at(listing, leaf->items[at]);
    }
    return count;
}

uint32_t listing_rank(const struct listing *listing, const struct listing_root *root,
                      struct uin uin)
{
    if (root->height == 0)
        return 0;
    uint32_t node = root->root, rank = 0;
    for (uint32_t level = root->height; level > 1; level--) {
        const struct inner *inner = inner_at(listing, node);
        uint32_t at = inner_find(inner, uin);
        for (uint32_t i = 0; i < at; i++)
            rank += inner->size[i];
        node = inner->child[at];
    }
    return rank + leaf_find(listing, leaf_at(listing, node), uin);
}

/* A walk over the whole tree from left to right. */
struct tour {
    const struct listing *listing;
    const struct leaf *expected; /* leaf that `next` of the one before led to */
    struct uin before;
    bool sound;
};

static uint32_t tour_leaf(struct tour *tour, uint32_t index, struct uin low)
{
    const struct leaf *leaf = leaf_at(tour->listing, index);
    tour->sound &= leaf->count > 0 && leaf->count <= LEAF_ITEMS;
    tour->sound &= !tour->expected || tour->expected == leaf;
    for (uint32_t i = 0; tour->sound && i < leaf->count; i++) {
        struct uin uin = member_at(tour->listing, leaf->items[i])->uin;
        tour->sound &= uin_compare(tour->before, uin) < 0 && uin_compare(low, uin) <= 0;
        tour->before = uin;
    }
    tour->expected = leaf->next == POOL_NONE ? NULL : leaf_at(tour->listing, leaf->next);
    return leaf->count;
}

static uint32_t tour_node(struct tour *tour, uint32_t index, uint32_t height, struct uin low)
{
    if (height == 1)
        return tour_leaf(tour, index, low);
    const struct inner *inner = inner_at(tour->listing, index);
    uint32_t size = 0;
    tour->sound &= inner->count > 0 && inner->count <= INNER_ITEMS;
    for (uint32_t i = 0; tour->sound && i < inner->count; i++) {
        tour->sound &= i == 0 || uin_compare(tour->before, inner->low[i]) < 0;
        uint32_t below = tour_node(tour, inner->child[i], height - 1, i ? inner->low[i] : low);
        tour->sound &= below == inner->size[i];
        size += below;
    }
    return size;
}

bool listing_is_sound(const struct listing *listing, const struct listing_root *root)
{
    if (root->height == 0)
        return root->count == 0;
    struct tour tour = {.listing = listing, .sound = root->height <= LEVELS_MAX};
    uint32_t size = tour.sound ? tour_node(&tour, root->root, root->height, (struct uin){0, 0}) : 0;
    return tour.sound && size == root->count && tour.expected == NULL &&
           uin_compare(tour.before, root->high) <= 0;
}
