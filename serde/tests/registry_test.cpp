// The registry client over the stand-in and over a source that fails as told; ids in records.
#include "serde/registry/registry.h"
#include "serde/registry/source.h"
#include "serde/registry/wire.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace
{

tg_registry_schema avro(const char *text)
{
    tg_registry_schema schema{};
    schema.type = TG_REGISTRY_AVRO;
    schema.text = tg_slice_text(text);
    return schema;
}

std::string text_of(const tg_registry_schema *schema)
{
    return std::string(reinterpret_cast<const char *>(schema->text.data), schema->text.length);
}

class Memory : public ::testing::Test
{
protected:
    tg_registry *registry = tg_registry_open_memory();
    tg_arena *arena = tg_arena_new(0);
    tg_error error{};

    int32_t enter(const char *subject, const char *text)
    {
        tg_registry_schema schema = avro(text);
        int32_t id = 0;
        EXPECT_EQ(tg_registry_register(registry, subject, &schema, &id, &error), TG_OK) << error.message;
        return id;
    }

    ~Memory() override
    {
        tg_registry_close(registry);
        tg_arena_free(arena);
    }
};

TEST_F(Memory, GivesOneIdToEqualSchemasAndVersionsToSubjects)
{
    EXPECT_EQ(enter("a-value", "\"int\""), 1);
    EXPECT_EQ(enter("b-value", " \"int\" "), 1) << "white space does not count";
    EXPECT_EQ(enter("a-value", "\"long\""), 2);
    EXPECT_EQ(enter("a-value", "\"int\""), 1);
    const tg_registry_schema *schema = nullptr;
    ASSERT_EQ(tg_registry_get_version(registry, "a-value", 0, arena, &schema, &error), TG_OK);
    EXPECT_EQ(schema->version, 2);
    EXPECT_EQ(text_of(schema), "\"long\"");
    ASSERT_EQ(tg_registry_get_version(registry, "a-value", 1, arena, &schema, &error), TG_OK);
    EXPECT_EQ(schema->id, 1);
    EXPECT_EQ(tg_registry_get_version(registry, "c-value", 0, arena, &schema, &error),
              TG_CODE_SCHEMA_UNKNOWN);
    EXPECT_NE(std::string(error.message).find("c-value"), std::string::npos);
}

TEST_F(Memory, ImportsIdsAndRefusesTakenOnes)
{
    tg_registry_schema schema = avro("\"int\"");
    schema.id = 41;
    ASSERT_EQ(tg_registry_import(registry, "a-value", &schema, &error), TG_OK);
    schema.text = tg_slice_text("\"long\"");
    EXPECT_EQ(tg_registry_import(registry, "a-value", &schema, &error), TG_CODE_USAGE);
    EXPECT_EQ(enter("a-value", "\"string\""), 42);
    EXPECT_EQ(tg_registry_ask(registry, 41), TG_REGISTRY_KNOWN);
    EXPECT_EQ(tg_registry_ask(registry, 40), TG_REGISTRY_ABSENT);
}

TEST_F(Memory, BringsWhatASchemaNeeds)
{
    enter("inner", R"({"type":"fixed","name":"F","size":2})");
    tg_registry_reference reference{"F", "inner", 1};
    tg_registry_schema schema = avro("\"F\"");
    schema.reference_count = 1;
    schema.references = &reference;
    int32_t id = 0;
    ASSERT_EQ(tg_registry_register(registry, "outer", &schema, &id, &error), TG_OK);
    const tg_registry_schema *found = nullptr;
    ASSERT_EQ(tg_registry_get(registry, id, arena, &found, &error), TG_OK);
    ASSERT_EQ(found->reference_count, 1U);
    EXPECT_EQ(found->referenced[0]->id, 1);
}

/* A registry that is away until told otherwise. */
struct flaky {
    tg_registry_source base;
    std::atomic<tg_code> answer{TG_CODE_REGISTRY_UNREACHABLE};
    std::atomic<int> calls{0};
};

tg_code flaky_get(tg_registry_source *self, const tg_registry_key *key, tg_arena *,
                  tg_registry_schema *schema, tg_error *reterr)
{
    auto *source = reinterpret_cast<flaky *>(self);
    source->calls++;
    if (source->answer != TG_OK)
        return tg_fail(reterr, source->answer, "away");
    *schema = avro("\"int\"");
    schema->id = key->id;
    return TG_OK;
}

void flaky_close(tg_registry_source *)
{
}

TEST(Asking, GoesOnUntilTheRegistryAnswersAndNeverWaits)
{
    tg_registry_source_kind kind{};
    kind.waits = true;
    kind.get = flaky_get;
    kind.close = flaky_close;
    flaky source;
    source.base.kind = &kind;
    source.base.address = "flaky";
    tg_registry *registry = tg_registry_of_source(&source.base);
    EXPECT_EQ(tg_registry_ask(registry, 7), TG_REGISTRY_ASKED);
    while (source.calls < 2)
        std::this_thread::yield();
    EXPECT_EQ(tg_registry_ask(registry, 7), TG_REGISTRY_ASKED);
    tg_buffer trouble{};
    tg_registry_trouble(registry, &trouble);
    EXPECT_STREQ(tg_buffer_text(&trouble), "away");
    tg_buffer_done(&trouble);
    source.answer = TG_OK;
    while (tg_registry_ask(registry, 7) == TG_REGISTRY_ASKED)
        std::this_thread::yield();
    EXPECT_EQ(tg_registry_ask(registry, 7), TG_REGISTRY_KNOWN);
    source.answer = TG_CODE_SCHEMA_UNKNOWN;
    while (tg_registry_ask(registry, 8) == TG_REGISTRY_ASKED)
        std::this_thread::yield();
    EXPECT_EQ(tg_registry_ask(registry, 8), TG_REGISTRY_ABSENT);
    tg_registry_close(registry);
}

TEST(Wire, FindsTheIdInPrefixOrHeader)
{
    tg_registry *registry = tg_registry_open_memory();
    struct row {
        std::string record, header;
        int32_t id;
        size_t payload, rest;
    };
    std::string guid = std::string(1, '\1') + std::string(16, 'g');
    const row rows[] = {
        {std::string("\0\0\0\0\7x", 6), "", 7, 1, 0},
        {std::string("\0\0\0\0\7", 5), "", 7, 0, 0},
        {std::string("\0\0\0\7", 4), "", 0, 4, 0},
        {std::string("\1\0\0\0\7x", 6), "", 0, 6, 0},
        {std::string("\0\xff\0\0\7x", 6), "", 0, 6, 0},
        {"bare", std::string("\0\0\0\1\0", 5), 256, 4, 0},
        {"bare", guid, -1, 4, 0},
        {guid + "xy", "", -1, 2,
         0}, /* a GUID before the record, as some clients write it, and stores keep it */
        {guid.substr(0, 16), "", 0, 16, 0},
        {"bare", guid + "ab", -1, 4, 2},
        {"bare", std::string("\1\0\0\0\7", 5), 0, 4, 5},
        {"bare", std::string("\2"), 0, 4, 1},
    };
    for (const row &row : rows) {
        tg_slice record = tg_slice_of(row.record.data(), row.record.size());
        tg_slice header = tg_slice_of(row.header.empty() ? nullptr : row.header.data(), row.header.size());
        tg_decode_call call{};
        call.records = &record;
        call.schema_headers = &header;
        call.count = 1;
        tg_wire_record found = tg_wire_read(registry, &call, 0);
        EXPECT_EQ(found.id, row.id) << row.record;
        EXPECT_EQ(found.payload.length, row.payload);
        EXPECT_EQ(found.rest.length, row.rest);
        EXPECT_EQ(found.fault == nullptr, row.id != 0);
    }
    tg_registry_close(registry);
}

} // namespace
