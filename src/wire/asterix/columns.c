#include "wire/asterix/columns.h"

#include "wire/asterix/value.h"
#include "wire/asterix/walk.h"
#include "wire/json.h"

#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

typedef struct name_text {
    char plain[AP_ASTERIX_COLUMN_NAME_CAP];
    size_t size;
} name_text;

static void name_add(name_text *name, const char *plain, size_t size)
{
    if (size > sizeof name->plain - 1 - name->size)
        size = sizeof name->plain - 1 - name->size;
    memcpy(name->plain + name->size, plain, size);
    name->size += size;
    name->plain[name->size] = '\0';
}

static void name_add_key(name_text *name, const ap_asterix_key key, uint8_t key_size)
{
    size_t size;
    const char *plain = ap_asterix_key_name(key, key_size, &size);
    name_add(name, "/", 1);
    name_add(name, plain, size);
}

static void name_add_unit(name_text *name, uint8_t unit)
{
    const char *suffix = ap_asterix_unit_suffixes[unit];
    if (suffix[0] == '\0')
        return;
    name_add(name, "_", 1);
    name_add(name, suffix, strlen(suffix));
}

/* ---- plans ---- */

/* Number of the column of this name, from 1; made if there is none. 0 when it cannot be. */
static uint16_t column_of(ap_asterix_columns *columns, const name_text *name)
{
    for (uint16_t k = 0; k < columns->count; k++)
        if (strcmp(columns->column[k].name, name->plain) == 0)
            return (uint16_t)(k + 1);
    if (columns->head_is_out || columns->count == AP_ASTERIX_COLUMN_CAP)
        return 0;
    ap_asterix_column *column = &columns->column[columns->count++];
    *column = (ap_asterix_column){ .bits = NULL };
    memcpy(column->name, name->plain, sizeof column->name);
    return columns->count;
}

/* Columns of an item that is no compound one; `name` is that of the item. */
static void plan_item(ap_asterix_columns *columns, ap_asterix_plan *plan,
                      const ap_asterix_item *item, name_text name)
{
    const ap_asterix_spec *spec = plan->spec;
    plan->wants[item - spec->items] = true;
    for (unsigned k = item->first; k < item->first + (unsigned)item->count; k++) {
        const ap_asterix_bits *bits = &spec->bits[k];
        if (bits->op == AP_BITS_OPEN)
            name_add_key(&name, bits->key, bits->key_size);
        if (bits->op == AP_BITS_CLOSE) {
            name.size = (size_t)(strrchr(name.plain, '/') - name.plain);
            name.plain[name.size] = '\0';
        }
        if (!ap_asterix_has_value(bits))
            continue;
        name_text full = name;
        if (!item->is_single)
            name_add_key(&full, bits->key, bits->key_size);
        name_add_unit(&full, spec->words[k].unit);
        plan->of_bits[k] = column_of(columns, &full);
    }
    if (columns->with_raw || item->kind == AP_ITEM_EXPLICIT || item->kind == AP_ITEM_RANDOM) {
        name_add(&name, "_hex", 4);
        plan->of_item[item - spec->items] = column_of(columns, &name);
    }
}

static void plan_chosen(ap_asterix_columns *columns, ap_asterix_plan *plan,
                        const ap_asterix_item *item)
{
    const ap_asterix_spec *spec = plan->spec;
    name_text name = { .size = 0 };
    const char head[] = { 'I', (char)('0' + spec->category / 100),
                          (char)('0' + spec->category / 10 % 10),
                          (char)('0' + spec->category % 10) };
    name_add(&name, head, sizeof head);
    name_add_key(&name, item->key, item->key_size);
    plan->wants[item - spec->items] = true;
    if (item->kind != AP_ITEM_COMPOUND) {
        plan_item(columns, plan, item, name);
        return;
    }
    for (unsigned k = item->first; k < item->first + (unsigned)item->count; k++) {
        const ap_asterix_item *sub = &spec->items[k];
        if (sub->kind == AP_ITEM_UNUSED)
            continue;
        name_text full = name;
        name_add_key(&full, sub->key, sub->key_size);
        plan_item(columns, plan, sub, full);
    }
}

/* The item of this name, or NULL. */
static const ap_asterix_item *find_item(const ap_asterix_spec *spec, const char *name)
{
    for (unsigned u = 0; u < spec->uap_count; u++)
        for (unsigned k = 0; k < spec->uap[u].count; k++) {
            const ap_asterix_item *item = &spec->items[spec->uap[u].items[k]];
            if (item->kind != AP_ITEM_UNUSED && strcmp(item->name, name) == 0)
                return item;
        }
    return NULL;
}

/* The plan of a definition, made when it is met first; NULL when there are too many. */
static ap_asterix_plan *plan_of(ap_asterix_columns *columns, const ap_asterix_spec *spec)
{
    for (unsigned k = 0; k < columns->plan_count; k++)
        if (columns->plan[k].spec == spec)
            return &columns->plan[k];
    if (columns->plan_count == AP_ASTERIX_PLAN_CAP)
        return NULL;
    ap_asterix_plan *plan = &columns->plan[columns->plan_count++];
    *plan = (ap_asterix_plan){ .spec = spec };
    for (unsigned k = 0; k < columns->choice_count; k++) {
        const ap_asterix_item *item = columns->choice[k].category == spec->category
                                          ? find_item(spec, columns->choice[k].item)
                                          : NULL;
        if (item && !plan->wants[item - spec->items])
            plan_chosen(columns, plan, item);
    }
    return plan;
}

ap_err ap_asterix_columns_choose(ap_asterix_columns *columns, uint8_t category, const char *item)
{
    bool known = false;
    for (unsigned k = 0; k < ap_asterix_spec_count; k++)
        if (ap_asterix_specs[k]->category == category && find_item(ap_asterix_specs[k], item))
            known = true;
    if (!known)
        return AP_ERR_UNKNOWN;
    if (columns->choice_count == AP_ASTERIX_CHOICE_CAP)
        return AP_ERR_FULL;
    columns->choice[columns->choice_count].category = category;
    memcpy(columns->choice[columns->choice_count].item, item, strlen(item) + 1);
    columns->choice_count++;
    return AP_OK;
}

ap_err ap_asterix_columns_learn(ap_asterix_columns *columns, const ap_asterix_spec *spec)
{
    return plan_of(columns, spec) && columns->count < AP_ASTERIX_COLUMN_CAP ? AP_OK : AP_ERR_FULL;
}

ap_err ap_asterix_columns_learn_all(ap_asterix_columns *columns, uint8_t category)
{
    ap_err err = AP_OK;
    for (unsigned k = ap_asterix_spec_count; k > 0 && !err; k--)
        if (ap_asterix_specs[k - 1]->category == category)
            err = ap_asterix_columns_learn(columns, ap_asterix_specs[k - 1]);
    return err;
}

const ap_asterix_choice *ap_asterix_columns_missing(const ap_asterix_columns *columns)
{
    for (unsigned k = 0; k < columns->choice_count; k++) {
        const ap_asterix_choice *choice = &columns->choice[k];
        bool is_found = false;
        for (unsigned j = 0; j < columns->plan_count; j++)
            if (columns->plan[j].spec->category == choice->category &&
                find_item(columns->plan[j].spec, choice->item))
                is_found = true;
        if (!is_found)
            return choice;
    }
    return NULL;
}

/* ---- names that are like one ---- */

static int number_of(const char *item)
{
    enum { BEYOND_NUMBERS = 10000 };
    int number = 0;
    if (*item < '0' || *item > '9')
        return BEYOND_NUMBERS;
    for (; *item >= '0' && *item <= '9' && number < BEYOND_NUMBERS; item++)
        number = 10 * number + (*item - '0');
    return number;
}

/* Puts a name where its distance says, once, into those found. */
static unsigned insert_near(const char *item, const char *name,
                            const char *near[AP_ASTERIX_NEAR_CAP], unsigned count)
{
    int distance = abs(number_of(name) - number_of(item));
    unsigned at = 0;
    while (at < count && strcmp(near[at], name) != 0 &&
           abs(number_of(near[at]) - number_of(item)) <= distance)
        at++;
    if (at == AP_ASTERIX_NEAR_CAP || (at < count && strcmp(near[at], name) == 0))
        return count;
    if (count < AP_ASTERIX_NEAR_CAP)
        count++;
    memmove(near + at + 1, near + at, (count - 1 - at) * sizeof near[0]);
    near[at] = name;
    return count;
}

unsigned ap_asterix_columns_near(uint8_t category, const char *item,
                                 const char *near[AP_ASTERIX_NEAR_CAP])
{
    unsigned count = 0;
    for (unsigned s = 0; s < ap_asterix_spec_count; s++) {
        const ap_asterix_spec *spec = ap_asterix_specs[s];
        for (unsigned u = 0; spec->category == category && u < spec->uap_count; u++)
            for (unsigned k = 0; k < spec->uap[u].count; k++) {
                const ap_asterix_item *one = &spec->items[spec->uap[u].items[k]];
                if (one->kind != AP_ITEM_UNUSED)
                    count = insert_near(item, one->name, near, count);
            }
    }
    return count;
}

void ap_asterix_columns_head(ap_asterix_columns *columns, ap_writer *text)
{
    columns->head_is_out = true;
    for (unsigned k = 0; k < columns->count; k++) {
        ap_write_u8(text, ',');
        ap_text_str(text, columns->column[k].name);
    }
}

/* ---- rows ---- */

static void set_cell(ap_asterix_columns *columns, uint16_t number, const ap_asterix_bits *bits,
                     const uint8_t *p, size_t offset, size_t count, size_t stride)
{
    if (number == 0)
        return;
    ap_asterix_column *column = &columns->column[number - 1];
    column->row = columns->row;
    column->bits = bits;
    column->p = p;
    column->offset = (uint32_t)offset;
    column->count = (uint32_t)count;
    column->stride = (uint32_t)stride;
}

/* Cells of the rows of `count` elements at p. */
static void set_rows(ap_asterix_columns *columns, const ap_asterix_plan *plan,
                     const ap_asterix_item *item, const uint8_t *p, size_t count)
{
    const ap_asterix_bits *bits = plan->spec->bits + item->first;
    const uint16_t *number = plan->of_bits + item->first;
    size_t offset = 0;
    for (unsigned k = 0; k < item->count; k++, offset += bits->size, bits++, number++) {
        if (bits->op == AP_BITS_FX && !ap_asterix_bits_at(p, offset, 1))
            return;
        set_cell(columns, *number, bits, p, offset, count, item->size);
    }
}

/* Any item in [p, end) but a compound one. */
static void set_part(ap_asterix_columns *columns, const ap_asterix_plan *plan,
                     const ap_asterix_item *item, const uint8_t *p, const uint8_t *end)
{
    size_t size = (size_t)(end - p);
    set_cell(columns, plan->of_item[item - plan->spec->items], NULL, p, 0, size, 0);
    if (item->kind == AP_ITEM_FIXED || item->kind == AP_ITEM_EXTENDED)
        set_rows(columns, plan, item, p, 1);
    else if (item->kind == AP_ITEM_REPEAT && size > item->count_size)
        set_rows(columns, plan, item, p + item->count_size, (size - item->count_size) / item->size);
    else if (item->kind == AP_ITEM_REPEAT_FX)
        set_rows(columns, plan, item, p, size / item->size);
}

static void set_compound(ap_asterix_columns *columns, const ap_asterix_plan *plan,
                         const ap_asterix_item *item, const uint8_t *p, const uint8_t *end)
{
    const ap_asterix_item *part;
    const uint8_t *start;
    ap_asterix_parts parts = ap_asterix_parts_of(plan->spec, item, p, end);
    while (ap_asterix_parts_next(&parts, &part, &start))
        set_part(columns, plan, part, start, parts.p);
}

/* Characters in quotes, those doubled, controls as '?'. */
static void put_ascii(ap_writer *text, const uint8_t *p, size_t size)
{
    ap_write_u8(text, '"');
    for (size_t k = 0; k < size; k++) {
        if (p[k] == '"')
            ap_write_u8(text, '"');
        ap_write_u8(text, p[k] >= ' ' && p[k] < 0x7F ? p[k] : '?');
    }
    ap_write_u8(text, '"');
}

/* A number, or the characters of a string, of which none needs quotes. */
static void put_plain(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_bits *bits,
                      const uint8_t *p, size_t offset)
{
    size_t from = text->size;
    ap_asterix_value_json(text, spec, bits, p, offset);
    if (text->bad || text->data[from] != '"')
        return;
    text->size -= 2;
    memmove(text->data + from, text->data + from + 1, text->size - from);
}

static void put_cell(ap_writer *text, const ap_asterix_spec *spec, const ap_asterix_column *column)
{
    if (column->bits == NULL) {
        ap_text_hex(text, column->p, column->count);
        return;
    }
    for (uint32_t k = 0; k < column->count; k++) {
        const uint8_t *p = column->p + (size_t)k * column->stride;
        if (k > 0)
            ap_write_u8(text, ';');
        if (column->bits->op == AP_BITS_ASCII)
            put_ascii(text, p + column->offset / 8, column->bits->size / 8);
        else
            put_plain(text, spec, column->bits, p, column->offset);
    }
}

ap_err ap_asterix_columns_row(ap_asterix_columns *columns, const ap_asterix_spec *spec,
                              const uint8_t *data, size_t size, ap_writer *text)
{
    ap_asterix_walker walker;
    const ap_asterix_item *item;
    const uint8_t *start;
    const ap_asterix_plan *plan = plan_of(columns, spec);
    if (plan == NULL)
        return AP_ERR_FULL;
    if (!ap_asterix_walker_open(&walker, spec, data, size))
        return AP_ERR_MALFORMED;
    columns->row++;
    while (ap_asterix_walker_next(&walker, &item, &start)) {
        if (!plan->wants[item - spec->items])
            continue;
        if (item->kind == AP_ITEM_COMPOUND)
            set_compound(columns, plan, item, start, walker.p);
        else
            set_part(columns, plan, item, start, walker.p);
    }
    if (walker.failed)
        return AP_ERR_MALFORMED;
    for (unsigned k = 0; k < columns->count; k++) {
        ap_write_u8(text, ',');
        if (columns->column[k].row == columns->row)
            put_cell(text, spec, &columns->column[k]);
    }
    return text->bad ? AP_ERR_FULL : AP_OK;
}
