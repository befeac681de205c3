// JSON as a tree: what is read, what is refused and where.
#include <gtest/gtest.h>

#include "serde/json/tree.h"
#include "serde/tests/serde_test.hpp"

namespace
{

using namespace serde_test;

class JsonTree : public testing::Test
{
protected:
    ~JsonTree() override
    {
        tg_arena_free(arena_);
    }
    std::string parse(const std::string &text)
    {
        const tg_tree *tree = nullptr;
        tg_error error;
        if (tg_tree_parse(arena_, slice_of(text), &tree, &error) != TG_OK)
            return std::string("error: ") + error.message;
        return render(tree);
    }
    const tg_tree *tree_of(const std::string &text)
    {
        const tg_tree *tree = nullptr;
        tg_error error;
        return tg_tree_parse(arena_, slice_of(text), &tree, &error) == TG_OK ? tree : nullptr;
    }
    static std::string render(const tg_tree *tree)
    {
        std::string out;
        switch (tree->kind) {
        case TG_TREE_NULL:
            return "null";
        case TG_TREE_BOOLEAN:
            return tree->boolean ? "true" : "false";
        case TG_TREE_NUMBER:
            return "#" + text_of(tree->text);
        case TG_TREE_STRING:
            return "'" + text_of(tree->text) + "'";
        case TG_TREE_ARRAY:
        case TG_TREE_OBJECT:
            for (const tg_tree *member = tree->first; member != nullptr; member = member->next)
                out += (out.empty() ? "" : ",") +
                       (tree->kind == TG_TREE_OBJECT ? text_of(member->name) + ":" : "") + render(member);
            return (tree->kind == TG_TREE_OBJECT ? "{" : "[") + out +
                   (tree->kind == TG_TREE_OBJECT ? "}" : "]");
        }
        return "?";
    }
    tg_arena *arena_ = tg_arena_new(0);
};

TEST_F(JsonTree, KeepsWhatIsWritten)
{
    EXPECT_EQ(parse(R"( {"a" : [1, -2.50e3, true, false, null, "x\n\u00e9"], "b\"": {}, "c": [] } )"),
              "{a:[#1,#-2.50e3,true,false,null,'x\n\xc3\xa9'],b\":{},c:[]}");
    EXPECT_EQ(parse("\"alone\""), "'alone'");
}

TEST_F(JsonTree, RefusesWhatIsNotJson)
{
    EXPECT_EQ(parse("{\"a\":tru}"), "error: not JSON at byte 5: a value is needed: an object, array, string, "
                                    "number, true, false or null");
    EXPECT_EQ(parse("[1] x").substr(0, 26), "error: not JSON at byte 4:");
    EXPECT_EQ(parse("").substr(0, 26), "error: not JSON at byte 0:");
    EXPECT_EQ(parse(std::string(300, '[')).substr(0, 28), "error: not JSON at byte 256:");
}

TEST_F(JsonTree, FindsMembers)
{
    const tg_tree *tree = tree_of(R"({"n": 7, "t": "text", "f": 1.5, "n": 8})");
    int64_t value = 0;
    EXPECT_STREQ(tg_tree_member_text(tree, "t"), "text");
    EXPECT_EQ(tg_tree_member_text(tree, "n"), nullptr);
    EXPECT_TRUE(tg_tree_member_integer(tree, "n", 0, 10, &value));
    EXPECT_EQ(value, 8);
    EXPECT_FALSE(tg_tree_member_integer(tree, "n", 0, 7, &value));
    EXPECT_FALSE(tg_tree_member_integer(tree, "f", 0, 10, &value));
    EXPECT_FALSE(tg_tree_member_integer(tree, "absent", 0, 10, &value));
    EXPECT_EQ(tg_tree_member(tree->first, "n"), nullptr);
}

} // namespace
