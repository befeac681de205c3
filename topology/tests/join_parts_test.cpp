// Parts of the stream-stream join: the ordered counts of times against a map, rows as bytes and back.
#include "topology/join/time_set.h"
#include "topology/rows/row_bytes.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace
{

void expect_equal(const time_set &set, const std::map<int64_t, uint64_t> &model, int64_t from)
{
    auto next = model.lower_bound(from);
    EXPECT_EQ(time_set_next(&set, from), next == model.end() ? INT64_MAX : next->first);
    auto found = model.find(from);
    EXPECT_EQ(time_set_count(&set, from), found == model.end() ? 0 : found->second);
    EXPECT_EQ(time_set_last(&set), model.empty() ? INT64_MIN : model.rbegin()->first);
}

TEST(TimeSet, IsWhatAMapIs)
{
    for (unsigned seed = 0; seed < 4; seed++) {
        std::mt19937 random(seed);
        time_set set = {};
        std::map<int64_t, uint64_t> model;
        int64_t now = 0;
        for (int i = 0; i < 5000; i++) {
            now += static_cast<int64_t>(random() % 3);
            int64_t time = now - static_cast<int64_t>(seed < 2 ? random() % 20 : random() % 3000);
            if (random() % 5 < 3) {
                time_set_add(&set, time);
                model[time]++;
            } else {
                int64_t taken =
                    seed % 2 == 0 ? time_set_next(&set, time - 5) : time_set_next(&set, INT64_MIN);
                uint64_t count = 1 + random() % 3;
                time_set_take(&set, taken, count);
                auto found = model.find(taken);
                if (found != model.end() && found->second <= count)
                    model.erase(found);
                else if (found != model.end())
                    found->second -= count;
            }
            expect_equal(set, model, now - static_cast<int64_t>(random() % 50));
        }
        time_set_clear(&set);
        EXPECT_EQ(time_set_next(&set, INT64_MIN), INT64_MAX);
        time_set_done(&set);
    }
}

TEST(RowBytes, ValuesOfEveryTypeComeBack)
{
    tg_arena *arena = tg_arena_new(0);
    tg_error error = {};
    const tg_type *type = nullptr;
    ASSERT_EQ(
        tg_type_parse(arena,
                      tg_slice_text("STRUCT<A BOOLEAN, B INTEGER, C BIGINT, D DOUBLE, E DECIMAL(20, 2), F "
                                    "STRING, G BYTES, H TIME, I DATE, J TIMESTAMP, K ARRAY<STRING>, L "
                                    "MAP<STRING, ARRAY<INTEGER>>>"),
                      &type, &error),
        TG_OK);
    tg_column *column = tg_column_new(type);
    tg_column_resize(column, 2);
    tg_column_set_null(column, 0);
    column->valid[1] = 1;
    for (uint32_t i = 0; i < column->child_count; i++)
        column->children[i]->valid[1] = i != 5;
    column->children[0]->values.boolean[1] = 1;
    column->children[1]->values.int32[1] = -7;
    column->children[2]->values.int64[1] = INT64_MIN;
    column->children[3]->values.float64[1] = -0.5;
    column->children[4]->values.decimal[1] = -((tg_int128)1 << 100);
    column->children[6]->values.bytes[1] = tg_slice_of("\0\1", 2);
    column->children[7]->values.int32[1] = 1;
    column->children[8]->values.int32[1] = -2;
    column->children[9]->values.int64[1] = 3;
    column->children[10]->values.range[1] = {0, 2};
    for (const char *element : {"x", ""}) {
        uint32_t at = tg_column_extend(column->children[10]->children[0]);
        column->children[10]->children[0]->valid[at] = 1;
        column->children[10]->children[0]->values.bytes[at] = tg_slice_text(element);
    }
    column->children[11]->values.range[1] = {0, 1};
    tg_column *map_key = column->children[11]->children[0], *map_value = column->children[11]->children[1];
    (void)tg_column_extend(map_key);
    (void)tg_column_extend(map_value);
    (void)tg_column_extend(map_value->children[0]);
    map_key->values.bytes[0] = tg_slice_text("key");
    map_key->valid[0] = map_value->valid[0] = 1;
    map_value->values.range[0] = {0, 1};
    map_value->children[0]->valid[0] = 0;

    tg_buffer bytes = {};
    tg_row_bytes_append(&bytes, column, 0);
    tg_row_bytes_append(&bytes, column, 1);
    tg_row_bytes_append(&bytes, nullptr, 0);
    tg_column *read = tg_column_new(type);
    tg_column_resize(read, 3);
    tg_slice rest = tg_buffer_slice(&bytes);
    for (uint32_t row = 0; row < 3; row++)
        ASSERT_EQ(tg_row_bytes_read(&rest, read, row, &error), TG_OK) << error.message;
    EXPECT_EQ(rest.length, 0u);
    EXPECT_FALSE(read->valid[0]);
    EXPECT_TRUE(tg_column_row_equal(read, 1, column, 1));
    EXPECT_FALSE(read->valid[2]);
    rest = tg_buffer_slice(&bytes);
    for (uint32_t row = 0; row < 3; row++)
        ASSERT_EQ(tg_row_bytes_skip(&rest, type, &error), TG_OK) << error.message;
    EXPECT_EQ(rest.length, 0u);
    for (size_t length = 0; length < bytes.length - 1; length++) {
        tg_column_clear(read);
        tg_column_resize(read, 3);
        rest = tg_slice_of(bytes.data, length);
        tg_code code = TG_OK;
        for (uint32_t row = 0; row < 3 && code == TG_OK; row++)
            code = tg_row_bytes_read(&rest, read, row, &error);
        EXPECT_EQ(code, TG_CODE_CORRUPT) << length;
    }
    tg_buffer_done(&bytes);
    tg_column_free(column);
    tg_column_free(read);
    tg_arena_free(arena);
}

} // namespace
