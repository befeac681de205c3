/* JSON and DELIMITED told from their bytes. */
#include "service/infer/infer_internal.h"

#include "base/text.h"
#include "serde/delimited/delimited.h"

#include <inttypes.h>

/* Some records may be spoilt: this part of them has to be readable. */
enum { READABLE_PARTS = 10, READABLE_LEAST = 9, CELLS_MAX = 512 };

static void note_times(struct tg_inferred_half *half, const char *name, const struct tg_shape *shape)
{
    const char *format = tg_shape_time_format(shape);
    if (half->time_column != NULL || format == NULL)
        return;
    half->time_column = name;
    half->time_format = format;
}

static const char *describe(const struct tg_infer_bytes *bytes, const struct tg_shape *shape, uint64_t total)
{
    struct tg_buffer words = {0};
    tg_shape_describe(shape, total, &words);
    const char *text = tg_arena_text(bytes->arena, tg_buffer_slice(&words));
    tg_buffer_done(&words);
    return text;
}

/* ROWTIME and its like: no column can be called so. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {"ROWTIME", "ROWPARTITION", "ROWOFFSET", "WINDOWSTART", "WINDOWEND"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return name[0] == '\0';
}

static void add_members(const struct tg_infer_bytes *bytes, const struct tg_shape *root,
                        struct tg_inferred_half *half, struct tg_buffer *left_out)
{
    half->columns = tg_arena_alloc_zero(bytes->arena, root->member_count + 1, sizeof *half->columns);
    for (uint32_t i = 0; i < root->member_count; i++) {
        const struct tg_shape_member *member = &root->members[i];
        if (is_reserved(member->name)) {
            tg_buffer_printf(left_out, "; the member '%s' is left out: no column can have that name",
                             member->name);
            continue;
        }
        half->columns[half->column_count++] = (struct tg_inferred_column){
            .name = member->name,
            .type = tg_shape_type(bytes->arena, member->shape, bytes->options->style),
            .note = describe(bytes, member->shape, root->objects),
        };
        note_times(half, member->name, member->shape);
    }
}

struct json_reading {
    struct tg_shape *root;
    uint32_t readable;
    uint32_t first_bad; /* index of the first record that is no JSON */
    struct tg_error fault;
};

static void read_json(const struct tg_infer_bytes *bytes, struct json_reading *reading)
{
    struct tg_shaper *shaper = tg_shaper_new(bytes->arena);
    struct tg_arena *scratch = tg_arena_new(0);
    reading->root = tg_shape_new(shaper);
    for (uint32_t i = 0; i < bytes->count; i++) {
        const struct tg_json_tree *tree = NULL;
        struct tg_error error = {0};
        tg_arena_reset(scratch);
        if (tg_json_tree_parse(scratch, bytes->bytes[i], &tree, &error) == TG_OK) {
            tg_shape_add_json(shaper, reading->root, tree);
            reading->readable++;
        } else if (reading->readable == i) {
            reading->first_bad = i;
            reading->fault = error;
        }
    }
    tg_arena_free(scratch);
}

static bool is_most(uint64_t part, uint64_t all)
{
    return part > 0 && part * READABLE_PARTS >= all * READABLE_LEAST;
}

bool tg_infer_json(const struct tg_infer_bytes *bytes, struct tg_inferred_half *ret_half)
{
    struct json_reading reading = {.first_bad = 0};
    read_json(bytes, &reading);
    const struct tg_shape *root = reading.root;
    bool are_objects = is_most(root->objects, bytes->count) && root->member_count > 0;
    bool are_values =
        !bytes->is_key && reading.readable == bytes->count && root->objects == 0 && tg_shape_values(root) > 0;
    struct tg_buffer note = {0};
    if (!are_objects && !are_values)
        return false;
    ret_half->format = "JSON";
    tg_buffer_printf(&note, "%s: JSON%s", tg_infer_half_word(bytes), are_objects ? " objects" : "");
    if (are_objects)
        add_members(bytes, root, ret_half, &note);
    else
        tg_infer_single(bytes, tg_shape_type(bytes->arena, root, bytes->options->style),
                        describe(bytes, root, bytes->count), ret_half);
    if (reading.readable < bytes->count) {
        const struct tg_sample_record *bad = bytes->records[reading.first_bad];
        tg_buffer_printf(&note, "; %u of %u are no JSON, the first at partition %d, offset %" PRId64 ": %s",
                         bytes->count - reading.readable, bytes->count, bad->partition, bad->offset,
                         reading.fault.message);
    }
    if (are_objects && root->objects < reading.readable)
        tg_buffer_printf(&note, "; %" PRIu64 " are no objects", reading.readable - root->objects);
    ret_half->note = tg_arena_text(bytes->arena, tg_buffer_slice(&note));
    tg_buffer_done(&note);
    return ret_half->column_count > 0;
}

/* ---- DELIMITED ---- */

/* How many cells every line has; 0: they differ, or are one cell each. */
static uint32_t cells_by(const struct tg_infer_bytes *bytes, uint8_t delimiter, struct tg_csv_cell *cells)
{
    uint32_t common = 0;
    for (uint32_t i = 0; i < bytes->count; i++) {
        struct tg_csv_fault fault = {0};
        uint32_t count = 0;
        if (!tg_csv_split(bytes->bytes[i], delimiter, cells, CELLS_MAX, &count, &fault))
            return 0;
        if (count < 2 || count > CELLS_MAX || (common != 0 && count != common))
            return 0;
        common = count;
    }
    return common;
}

/* The record with the lowest offset of partition 0. */
static uint32_t oldest_record(const struct tg_infer_bytes *bytes)
{
    uint32_t oldest = 0;
    for (uint32_t i = 1; i < bytes->count; i++) {
        const struct tg_sample_record *a = bytes->records[i];
        const struct tg_sample_record *b = bytes->records[oldest];
        if (a->partition < b->partition || (a->partition == b->partition && a->offset < b->offset))
            oldest = i;
    }
    return oldest;
}

static void name_cells(const struct tg_infer_bytes *bytes, uint32_t header, const struct tg_csv_cell *cells,
                       struct tg_inferred_half *half)
{
    for (uint32_t i = 0; i < half->column_count; i++) {
        struct tg_slice name = cells[i].raw;
        bool is_usable = bytes->options->header && header < bytes->count && name.length > 0;
        half->columns[i].name =
            is_usable ? tg_arena_text(bytes->arena, name) : tg_arena_printf(bytes->arena, "COL%u", i + 1);
    }
    for (uint32_t i = 0; i < half->column_count; i++) {
        bool is_again = is_reserved(half->columns[i].name);
        for (uint32_t j = 0; j < i; j++)
            is_again = is_again || tg_slice_equal_nocase(tg_slice_text(half->columns[i].name),
                                                         tg_slice_text(half->columns[j].name));
        if (is_again)
            half->columns[i].name = tg_arena_printf(bytes->arena, "COL%u", i + 1);
    }
}

static void shape_cells(const struct tg_infer_bytes *bytes, uint32_t header, struct tg_csv_cell *cells,
                        struct tg_inferred_half *half)
{
    struct tg_shaper *shaper = tg_shaper_new(bytes->arena);
    uint32_t count = half->column_count;
    struct tg_csv_fault fault = {0};
    struct tg_shape **shapes = tg_arena_alloc_zero(bytes->arena, count, sizeof(struct tg_shape *));
    for (uint32_t i = 0; i < count; i++)
        shapes[i] = tg_shape_new(shaper);
    for (uint32_t row = 0; row < bytes->count; row++) {
        if (row == header ||
            !tg_csv_split(bytes->bytes[row], (uint8_t)half->delimiter, cells, CELLS_MAX, &count, &fault))
            continue;
        for (uint32_t i = 0; i < half->column_count; i++)
            tg_shape_add_cell(shaper, shapes[i], cells[i].raw);
    }
    uint64_t total = bytes->count - (header < bytes->count);
    for (uint32_t i = 0; i < half->column_count; i++) {
        half->columns[i].type = tg_shape_type(bytes->arena, shapes[i], (struct tg_shape_style){0});
        half->columns[i].note = describe(bytes, shapes[i], total);
        note_times(half, half->columns[i].name, shapes[i]);
    }
}

bool tg_infer_delimited(const struct tg_infer_bytes *bytes, struct tg_inferred_half *ret_half)
{
    static const char delimiters[] = {',', '\t', ';', '|'};
    struct tg_csv_cell *cells = tg_arena_alloc_zero(bytes->arena, CELLS_MAX, sizeof *cells);
    struct tg_csv_fault fault = {0};
    uint32_t count = 0;
    for (size_t i = 0; i < sizeof delimiters && count == 0; i++) {
        count = cells_by(bytes, (uint8_t)delimiters[i], cells);
        ret_half->delimiter = delimiters[i];
    }
    if (count == 0) {
        ret_half->delimiter = 0;
        return false;
    }
    uint32_t header = bytes->options->header ? oldest_record(bytes) : UINT32_MAX;
    ret_half->format = "DELIMITED";
    ret_half->column_count = count;
    ret_half->columns = tg_arena_alloc_zero(bytes->arena, count, sizeof *ret_half->columns);
    if (header < bytes->count &&
        !tg_csv_split(bytes->bytes[header], (uint8_t)ret_half->delimiter, cells, CELLS_MAX, &count, &fault))
        header = UINT32_MAX;
    name_cells(bytes, header, cells, ret_half);
    shape_cells(bytes, header, cells, ret_half);
    ret_half->note = tg_arena_printf(
        bytes->arena, "%s: DELIMITED, %u cells%s", tg_infer_half_word(bytes), ret_half->column_count,
        header < bytes->count ? ", named by the oldest record, which is read as a row, too" : "");
    return true;
}
