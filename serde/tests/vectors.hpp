// Files of vectors, and a registry in memory that holds their schemas.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/text.h"
#include "serde/json/tree.h"
#include "serde/registry/registry.h"
#include "serde/tests/serde_test.hpp"

namespace serde_test
{

inline std::string bytes_of_hex(const std::string &hex)
{
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

inline std::string hex_of(const std::string &bytes)
{
    std::string hex;
    char digits[3];
    for (char byte : bytes) {
        snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
        hex += digits;
    }
    return hex;
}

// Skips its tests where the vectors are not.
class VectorTest : public testing::Test
{
protected:
    void SetUp() override
    {
        const char *folder = std::getenv("TG_VECTORS_DIR");
        folder_ = folder != nullptr ? folder : TG_SOURCE_DIR "/../shared/vectors";
        if (load("registry.json") == nullptr)
            GTEST_SKIP() << "no vectors in " << folder_;
        registry_ = tg_registry_open_memory();
        const tg_json_tree *schemas = load("registry.json");
        for (uint32_t i = 0; i < schemas->count; i++)
            import(schemas->items[i]);
    }
    ~VectorTest() override
    {
        tg_registry_close(registry_);
        tg_arena_free(arena_);
    }
    // NULL: there is no such file.
    const tg_json_tree *load(const std::string &name)
    {
        tg_buffer text = {};
        tg_error error;
        const tg_json_tree *tree = nullptr;
        if (tg_read_file((folder_ + "/" + name).c_str(), 1 << 24, &text, &error) == TG_OK) {
            tg_slice kept = tg_arena_copy(arena_, tg_buffer_slice(&text));
            EXPECT_EQ(tg_json_tree_parse(arena_, kept, &tree, &error), TG_OK) << error.message;
        }
        tg_buffer_done(&text);
        return tree;
    }
    // A JSON value as text again.
    tg_slice text_of_tree(const tg_json_tree *tree)
    {
        tg_buffer text = {};
        tg_json_tree_write(tree, &text);
        tg_slice copy = tg_arena_copy(arena_, tg_buffer_slice(&text));
        tg_buffer_done(&text);
        return copy;
    }
    void import(const tg_json_tree *entry)
    {
        tg_registry_schema schema = {};
        tg_error error;
        std::string type = tg_json_tree_text(tg_json_tree_get(entry, "schemaType"));
        schema.type = type == "AVRO"   ? TG_REGISTRY_AVRO
                      : type == "JSON" ? TG_REGISTRY_JSON
                                       : TG_REGISTRY_PROTOBUF;
        schema.id = static_cast<int32_t>(tg_json_tree_int64(tg_json_tree_get(entry, "id"), 0));
        schema.version = static_cast<int32_t>(tg_json_tree_int64(tg_json_tree_get(entry, "version"), 0));
        schema.text = tg_json_tree_get(entry, "schema")->text;
        const tg_json_tree *list = tg_json_tree_get(entry, "references");
        std::vector<tg_registry_reference> references;
        for (uint32_t i = 0; i < tg_json_tree_count(list); i++)
            references.push_back(
                {tg_json_tree_text(tg_json_tree_get(list->items[i], "name")),
                 tg_json_tree_text(tg_json_tree_get(list->items[i], "subject")),
                 static_cast<int32_t>(tg_json_tree_int64(tg_json_tree_get(list->items[i], "version"), 0))});
        schema.references = references.data();
        schema.reference_count = static_cast<uint32_t>(references.size());
        EXPECT_EQ(tg_registry_import(registry_, tg_json_tree_text(tg_json_tree_get(entry, "subject")),
                                     &schema, &error),
                  TG_OK)
            << error.message;
    }
    std::string folder_;
    tg_arena *arena_ = tg_arena_new(0);
    tg_registry *registry_ = nullptr;
};

} // namespace serde_test
