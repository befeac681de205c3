#include "data/column.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "base/memory.h"
#include "data/batch.h"

class ColumnTest : public testing::Test
{
protected:
    void SetUp() override
    {
        arena = tg_arena_new(0);
    }
    void TearDown() override
    {
        tg_arena_free(arena);
    }
    struct tg_column *make(const char *type_text)
    {
        const struct tg_type *type = nullptr;
        EXPECT_EQ(tg_type_parse(arena, tg_slice_text(type_text), &type, nullptr), TG_OK);
        return tg_column_new(type);
    }
    struct tg_arena *arena = nullptr;
};

/* STRUCT<ID BIGINT, TAGS ARRAY<STRING>, PRICES MAP<STRING, DECIMAL(9,2)>>: a row of every kind of nesting. */
static const char *const nested = "STRUCT<ID BIGINT, TAGS ARRAY<STRING>, PRICES MAP<STRING, DECIMAL(9,2)>>";

static void put_text(struct tg_column *column, uint32_t row, const char *text)
{
    column->valid[row] = text != nullptr;
    if (text != nullptr)
        column->values.bytes[row] = tg_slice_text(text);
}

static void put_nested(struct tg_column *column, uint32_t row, int64_t id, bool reversed)
{
    tg_column_resize(column, row + 1);
    column->valid[row] = 1;
    column->children[0]->valid[row] = 1;
    column->children[0]->values.int64[row] = id;
    struct tg_column *tags = column->children[1];
    tags->valid[row] = 1;
    tags->values.range[row] = {tags->children[0]->length, 2};
    put_text(tags->children[0], tg_column_extend(tags->children[0]), "a");
    put_text(tags->children[0], tg_column_extend(tags->children[0]), nullptr);
    struct tg_column *prices = column->children[2];
    prices->valid[row] = 1;
    prices->values.range[row] = {prices->children[0]->length, 2};
    for (int i = 0; i < 2; i++) {
        bool first = (i == 0) != reversed;
        put_text(prices->children[0], tg_column_extend(prices->children[0]), first ? "x" : "y");
        uint32_t element = tg_column_extend(prices->children[1]);
        prices->children[1]->valid[element] = 1;
        prices->children[1]->values.decimal[element] = first ? 100 : 250;
    }
}

TEST_F(ColumnTest, ReservesForEveryType)
{
    const struct {
        const char *type;
        size_t bytes;
    } cases[] = {{"BOOLEAN", 1},
                 {"INT", 4},
                 {"BIGINT", 8},
                 {"DOUBLE", 8},
                 {"DECIMAL(5,1)", 16},
                 {"STRING", sizeof(struct tg_slice)},
                 {"BYTES", sizeof(struct tg_slice)},
                 {"TIME", 4},
                 {"DATE", 4},
                 {"TIMESTAMP", 8},
                 {"ARRAY<INT>", 8},
                 {"MAP<STRING, INT>", 8},
                 {"STRUCT<A INT>", 0}};
    for (const auto &item : cases) {
        struct tg_column *column = make(item.type);
        EXPECT_EQ(tg_type_value_bytes(column->type), item.bytes) << item.type;
        tg_column_resize(column, 1000);
        EXPECT_EQ(column->length, 1000U);
        EXPECT_GE(column->capacity, 1000U);
        memset(column->valid, 1, 1000);
        if (item.bytes > 0)
            memset(column->values.any, 1, 1000 * item.bytes);
        else
            EXPECT_EQ(column->children[0]->length, 1000U);
        tg_column_set_null(column, 999);
        EXPECT_EQ(column->valid[999], 0);
        tg_column_free(column);
    }
    tg_column_free(nullptr);
}

TEST_F(ColumnTest, StopsAllocatingAfterWarmUp)
{
    struct tg_column *column = make(nested);
    struct tg_column *copy = make(nested);
    uint64_t before = 0;
    for (int round = 0; round < 5; round++) {
        if (round == 1)
            before = tg_allocation_count();
        tg_column_clear(column);
        tg_column_clear(copy);
        EXPECT_EQ(column->children[1]->children[0]->length, 0U);
        for (uint32_t row = 0; row < 500; row++) {
            put_nested(column, row, row, false);
            tg_column_resize(copy, row + 1);
            tg_column_copy_row(copy, row, column, row);
        }
        tg_column_reserve(column, 500);
    }
    EXPECT_EQ(tg_allocation_count(), before);
    tg_column_free(column);
    tg_column_free(copy);
}

TEST_F(ColumnTest, CopiesNestedRows)
{
    struct tg_column *source = make(nested);
    struct tg_column *target = make(nested);
    put_nested(source, 0, 7, false);
    put_nested(source, 1, 8, true);
    tg_column_resize(source, 3);
    tg_column_set_null(source, 2);
    tg_column_resize(target, 4);
    tg_column_copy_row(target, 3, source, 0);
    tg_column_copy_row(target, 0, source, 2);
    tg_column_copy_row(target, 1, source, 1);
    tg_column_copy_row(target, 2, target, 3);
    EXPECT_TRUE(tg_column_row_equal(target, 3, source, 0));
    EXPECT_TRUE(tg_column_row_equal(target, 2, source, 0));
    EXPECT_TRUE(tg_column_row_equal(target, 1, source, 1));
    EXPECT_TRUE(tg_column_row_equal(target, 0, source, 2));
    EXPECT_FALSE(tg_column_row_equal(target, 0, source, 0));
    EXPECT_FALSE(tg_column_row_equal(target, 1, source, 0));
    EXPECT_EQ(target->children[1]->values.range[1].count, 2U);
    EXPECT_EQ(target->children[0]->valid[0], 0) << "the fields of a NULL row are NULL";
    tg_column_free(source);
    tg_column_free(target);
}

TEST_F(ColumnTest, CopyIntoOwnsItsTexts)
{
    struct tg_column *source = make("ARRAY<STRING>");
    struct tg_column *target = make("ARRAY<STRING>");
    char text[] = "hello";
    tg_column_resize(source, 1);
    source->valid[0] = 1;
    source->values.range[0] = {0, 1};
    put_text(source->children[0], tg_column_extend(source->children[0]), text);
    tg_column_resize(target, 1);
    tg_column_copy_row_into(target, 0, source, 0, arena);
    EXPECT_TRUE(tg_column_row_equal(source, 0, target, 0));
    text[0] = 'j';
    EXPECT_TRUE(tg_slice_is(target->children[0]->values.bytes[0], "hello"));
    EXPECT_FALSE(tg_column_row_equal(source, 0, target, 0));
    tg_column_free(source);
    tg_column_free(target);
}

TEST_F(ColumnTest, MapsAreEqualInAnyOrder)
{
    struct tg_column *column = make(nested);
    put_nested(column, 0, 1, false);
    put_nested(column, 1, 1, true);
    put_nested(column, 2, 2, true);
    put_nested(column, 3, 1, true);
    struct tg_column *prices = column->children[2];
    prices->children[1]->values.decimal[prices->values.range[3].start] = 251;
    EXPECT_TRUE(tg_column_row_equal(column, 0, column, 1));
    EXPECT_FALSE(tg_column_row_equal(column, 0, column, 2));
    EXPECT_FALSE(tg_column_row_equal(column, 0, column, 3));
    prices->values.range[3].count = 1;
    EXPECT_FALSE(tg_column_row_equal(prices, 0, prices, 3));
    tg_column_free(column);
}

TEST_F(ColumnTest, SimpleValuesCompareByTheirType)
{
    struct tg_column *doubles = make("DOUBLE");
    const double values[] = {0.0, -0.0, std::nan(""), -std::nan(""), 1.0};
    tg_column_resize(doubles, 5);
    for (uint32_t i = 0; i < 5; i++) {
        doubles->valid[i] = 1;
        doubles->values.float64[i] = values[i];
    }
    EXPECT_TRUE(tg_column_row_equal(doubles, 0, doubles, 1));
    EXPECT_TRUE(tg_column_row_equal(doubles, 2, doubles, 3));
    EXPECT_FALSE(tg_column_row_equal(doubles, 0, doubles, 4));
    EXPECT_FALSE(tg_column_row_equal(doubles, 0, doubles, 2));
    tg_column_free(doubles);
    for (const char *type : {"BOOLEAN", "INT", "BIGINT", "DECIMAL(9,0)", "DATE", "TIME", "TIMESTAMP"}) {
        struct tg_column *column = make(type);
        tg_column_resize(column, 3);
        size_t bytes = tg_type_value_bytes(column->type);
        memset(column->values.any, 0, 3 * bytes);
        memset(column->valid, 1, 3);
        static_cast<uint8_t *>(column->values.any)[2 * bytes] = 1;
        EXPECT_TRUE(tg_column_row_equal(column, 0, column, 1)) << type;
        EXPECT_FALSE(tg_column_row_equal(column, 0, column, 2)) << type;
        tg_column_copy_row(column, 0, column, 2);
        EXPECT_TRUE(tg_column_row_equal(column, 0, column, 2)) << type;
        tg_column_free(column);
    }
}

TEST(Batch, MemoryIsReusedAndHasOnlyNeededColumns)
{
    struct tg_arena *arena = tg_arena_new(0);
    const struct tg_schema_column columns[] = {{"A", &tg_type_int, TG_COLUMN_KEY, nullptr},
                                               {"B", &tg_type_string, TG_COLUMN_VALUE, nullptr}};
    const struct tg_schema *schema = tg_schema_new(arena, columns, 2);
    const bool needed[] = {true, false};
    struct tg_batch_memory memory = {};
    tg_batch_memory_init(&memory, schema, needed);
    EXPECT_NE(memory.batch.columns[0], nullptr);
    EXPECT_EQ(memory.batch.columns[1], nullptr);
    EXPECT_EQ(memory.batch.stream_time_ms, -1);
    uint64_t before = 0;
    const uint32_t selection[] = {5, 9};
    for (int round = 0; round < 3; round++) {
        if (round == 1)
            before = tg_allocation_count();
        tg_batch_memory_clear(&memory);
        EXPECT_EQ(memory.batch.rows->count, 0U);
        EXPECT_EQ(memory.batch.selection, nullptr);
        EXPECT_EQ(tg_batch_row(&memory.batch, 1), 1U);
        tg_rows_reserve(memory.batch.rows, TG_BATCH_ROWS_MAX);
        tg_column_resize(memory.batch.columns[0], TG_BATCH_ROWS_MAX);
        memory.batch.rows->count = TG_BATCH_ROWS_MAX;
        memory.batch.selection = selection;
        memory.batch.selected = 2;
        EXPECT_EQ(tg_batch_row(&memory.batch, 1), 9U);
    }
    EXPECT_EQ(tg_allocation_count(), before);
    tg_batch_memory_done(&memory);
    tg_batch_memory_done(&memory);
    tg_batch_memory_init(&memory, schema, nullptr);
    EXPECT_NE(memory.batch.columns[1], nullptr);
    tg_batch_memory_done(&memory);
    tg_arena_free(arena);
}

TEST(Batch, RowMarksAreCopiedWhole)
{
    struct tg_rows source = {};
    struct tg_rows target = {};
    tg_rows_reserve(&source, 2);
    tg_rows_reserve(&target, 2);
    struct tg_header header = {tg_slice_text("h"), tg_slice_text("v")};
    source.rowtime_ms[1] = 11;
    source.offset[1] = 12;
    source.flags[1] = TG_ROW_UNDO | TG_ROW_KEY_NULL;
    source.headers[1] = {&header, 1};
    source.raw_key[1] = tg_slice_text("k");
    source.raw_value[1] = tg_slice_text("w");
    tg_rows_copy(&target, 0, &source, 1);
    EXPECT_EQ(target.rowtime_ms[0], 11);
    EXPECT_EQ(target.offset[0], 12);
    EXPECT_EQ(target.flags[0], TG_ROW_UNDO | TG_ROW_KEY_NULL);
    EXPECT_EQ(target.headers[0].headers, &header);
    EXPECT_TRUE(tg_slice_is(target.raw_key[0], "k"));
    EXPECT_TRUE(tg_slice_is(target.raw_value[0], "w"));
    tg_rows_done(&source);
    tg_rows_done(&target);
    EXPECT_EQ(target.capacity, 0U);
}
